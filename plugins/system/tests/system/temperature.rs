//! Temperatures, and the names of their sensors.

use crate::tree::{Tree, keys, number, refused};

const TEMPERATURE: &str = "collect = ['temperature']";

/// The links that the two trees of hwmon-twins have below /sys/class.
fn twins(root: &str, probes: [&str; 2]) -> Tree {
    let tree = Tree::of(&format!("field/hwmon-twins/{root}"));
    chip(&tree, 0, "virtual/thermal/thermal_zone0");
    for (number, probe) in probes.iter().enumerate() {
        let device = format!("w1_bus_master1/{probe}/hwmon");
        chip(&tree, number + 1, &device);
        tree.link(&format!("sys/devices/{device}/hwmon{}/device", number + 1), &format!("../../../{probe}"));
    }
    let volt = "platform/soc/soc-firmware/raspberrypi-hwmon/hwmon";
    chip(&tree, 3, volt);
    tree.link(&format!("sys/devices/{volt}/hwmon3/device"), "../../../raspberrypi-hwmon");
    tree
}

fn chip(tree: &Tree, number: usize, folder: &str) {
    tree.link(&format!("sys/class/hwmon/hwmon{number}"), &format!("../../devices/{folder}/hwmon{number}"));
}

/// A hwmon chip with its name and temperatures.
fn made(tree: &Tree, number: usize, folder: &str, name: &str, files: &[(&str, &str)]) {
    let at = format!("sys/devices/{folder}/hwmon{number}");
    tree.file(&format!("{at}/name"), format!("{name}\n"));
    for (file, text) in files {
        tree.file(&format!("{at}/{file}"), format!("{text}\n"));
    }
    chip(tree, number, folder);
}

fn zone(tree: &Tree, number: usize, kind: &str, temperature: &str) {
    let at = format!("sys/devices/virtual/thermal/thermal_zone{number}");
    tree.file(&format!("{at}/type"), format!("{kind}\n")).file(&format!("{at}/temp"), format!("{temperature}\n"));
    tree.link(
        &format!("sys/class/thermal/thermal_zone{number}"),
        &format!("../../devices/virtual/thermal/thermal_zone{number}"),
    );
}

#[test]
fn two_probes_keep_their_keys_whatever_the_kernel_numbers_them() {
    let roots =
        [("root", ["28-0000000d000a", "28-0000000d000b"]), ("root-swapped", ["28-0000000d000b", "28-0000000d000a"])];
    for (root, probes) in roots {
        let mut lines = twins(root, probes).first("collect = ['temperature', 'throttle']").lines();
        lines.sort();
        assert_eq!(
            lines,
            [
                "temperature_cpu_thermal 48.312",
                "temperature_w1_slave_temp_28-0000000d000a 4.812",
                "temperature_w1_slave_temp_28-0000000d000b 14.687",
                "throttle_undervoltage false",
            ],
            "{root}"
        );
    }
}

#[test]
fn a_probe_that_is_pulled_and_numbered_anew_is_found_again() {
    let tree = twins("root", ["28-0000000d000a", "28-0000000d000b"]);
    let mut input = tree.input(TEMPERATURE);
    assert_eq!(input.round().items().len(), 3);
    let home = "sys/devices/w1_bus_master1/28-0000000d000a/hwmon";
    tree.remove(&format!("{home}/hwmon1")).remove("sys/class/hwmon/hwmon1");
    assert_eq!(input.round().items().len(), 2);
    made(&tree, 7, "w1_bus_master1/28-0000000d000a/hwmon", "w1_slave_temp", &[("temp1_input", "5000")]);
    tree.link(&format!("{home}/hwmon7/device"), "../../../28-0000000d000a").wait(60.0);
    assert_eq!(number(&input.round(), "temperature_w1_slave_temp_28-0000000d000a"), Some(5.0));
    // Alone it is called the same.
    tree.remove("sys/class/hwmon/hwmon2").wait(60.0);
    assert_eq!(number(&input.round(), "temperature_w1_slave_temp_28-0000000d000a"), Some(5.0));
}

#[test]
fn what_no_sensor_can_measure_is_refused() {
    for (text, kept) in [
        ("-5250", Some(-5.25)),
        ("0", Some(0.0)),
        ("-55000", Some(-55.0)),
        ("-55001", None),
        ("-127000", None),
        ("200000", Some(200.0)),
        ("200001", None),
        ("2147483647", None),
        ("99999999999999999999", None),
        ("warm", None),
    ] {
        let tree = Tree::empty();
        zone(&tree, 0, "cpu-thermal", text);
        let round = tree.first(TEMPERATURE);
        assert_eq!(number(&round, "temperature_cpu_thermal"), kept, "{text}");
        assert_eq!(refused(&round).len(), usize::from(kept.is_none()), "{text}");
    }
}

#[test]
fn a_zone_that_cannot_be_read_is_said_once_and_never_a_zero() {
    let tree = Tree::empty();
    zone(&tree, 0, "cpu-thermal", "50000");
    zone(&tree, 1, "gpu-thermal", "0");
    zone(&tree, 2, "pmic", "0");
    // What reading a disabled zone gives differs by driver: an error, or a zero.
    let at = "sys/devices/virtual/thermal/thermal_zone";
    tree.remove(&format!("{at}1/temp")).unreadable(&format!("{at}1/temp")).file(&format!("{at}1/mode"), "disabled\n");
    tree.file(&format!("{at}2/mode"), "disabled\n").file(&format!("{at}0/mode"), "enabled\n");
    let mut input = tree.input(TEMPERATURE);
    let mut said = std::collections::HashSet::new();
    for _ in 0..20 {
        let round = input.round();
        assert_eq!(round.lines(), ["temperature_cpu_thermal 50"]);
        assert_eq!(round.remarks().len(), 2);
        said.extend(round.remarks().iter().cloned());
        tree.wait(10.0);
    }
    assert_eq!(said.len(), 2);
    assert!(said.iter().all(|(_, words)| words.contains("echo enabled")));
}

#[test]
fn a_zone_and_its_chip_are_one_sensor() {
    let tree = Tree::empty();
    zone(&tree, 0, "cpu-thermal", "46300");
    made(&tree, 0, "virtual/thermal/thermal_zone0", "cpu_thermal", &[("temp1_input", "46300")]);
    assert_eq!(tree.first(TEMPERATURE).lines(), ["temperature_cpu_thermal 46.3"]);
    // Without the class of zones the chip tells it, under the same key.
    tree.remove("sys/class/thermal");
    assert_eq!(tree.first(TEMPERATURE).lines(), ["temperature_cpu_thermal 46.3"]);
}

#[test]
fn labels_that_meet_and_chips_that_are_alike_are_told_apart() {
    let tree = Tree::empty();
    let cores = [
        ("temp1_input", "40000"),
        ("temp1_label", "Package id 0"),
        ("temp2_input", "41000"),
        ("temp2_label", "Core 0"),
        ("temp3_input", "42000"),
        ("temp3_label", "Core/0"),
        ("temp10_input", "43000"),
    ];
    made(&tree, 0, "platform/coretemp.0/hwmon", "coretemp", &cores);
    for (number, slot) in [(1, "0000:01:00.0"), (2, "0000:02:00.0")] {
        let folder = format!("pci0000:00/{slot}/nvme/nvme{number}");
        made(&tree, number, &folder, "nvme", &[("temp1_input", "30000"), ("temp1_label", "Composite")]);
        tree.link(&format!("sys/devices/{folder}/hwmon{number}/device"), &format!("../../nvme{number}"));
    }
    let broken = [("temp1_input", "85000"), ("temp1_fault", "1"), ("temp2_input", "20000"), ("temp2_fault", "0")];
    made(&tree, 3, "platform/soc/i2c-1/1-004c/hwmon", "tmp421", &broken);
    let round = tree.first(TEMPERATURE);
    let mut lines = round.lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            "temperature_coretemp_Core_0_temp2 41",
            "temperature_coretemp_Core_0_temp3 42",
            "temperature_coretemp_Package_id_0 40",
            "temperature_coretemp_temp10 43",
            "temperature_nvme_0000_01_00.0_Composite 30",
            "temperature_nvme_0000_02_00.0_Composite 30",
            "temperature_tmp421_1-004c_temp2 20",
        ]
    );
    assert_eq!(refused(&round), [("temperature_tmp421_1-004c_temp1", "fault")]);
}

#[test]
fn sensors_that_nothing_tells_apart_are_left_out_together() {
    let tree = Tree::empty();
    for number in 0..2 {
        tree.file(&format!("sys/class/hwmon/hwmon{number}/name"), "twin\n");
        tree.file(&format!("sys/class/hwmon/hwmon{number}/temp1_input"), "20000\n");
    }
    // Zones differ by the temperatures at which they act.
    for (number, trip) in [(0, "90000"), (1, "105000")] {
        zone(&tree, number, "acpitz", "30000");
        tree.file(&format!("sys/devices/virtual/thermal/thermal_zone{number}/trip_point_0_temp"), trip);
    }
    let round = tree.first(TEMPERATURE);
    assert_eq!(keys(&round), ["temperature_acpitz_trips_90000", "temperature_acpitz_trips_105000"]);
    assert_eq!(round.remarks().len(), 1);
}
