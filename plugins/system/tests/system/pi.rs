//! A Raspberry Pi 5, made from the kernel's documentation.

use crate::tree::{Tree, keys, number};

/// The tree with the links that it has below /sys/class.
pub fn pi5() -> Tree {
    let tree = Tree::of("pi5");
    tree.link("sys/class/thermal/thermal_zone0", "../../devices/virtual/thermal/thermal_zone0");
    let chips = [
        "virtual/thermal/thermal_zone0",
        "platform/axi/1000120000.pcie/1f000c8000.adc/hwmon",
        "platform/cooling_fan/hwmon",
        "platform/soc/soc:firmware/raspberrypi-hwmon/hwmon",
    ];
    for (number, folder) in chips.iter().enumerate() {
        tree.link(&format!("sys/class/hwmon/hwmon{number}"), &format!("../../devices/{folder}/hwmon{number}"));
    }
    for resource in ["cpu", "io", "memory"] {
        tree.unreadable(&format!("proc/pressure/{resource}"));
    }
    tree.file("boot/firmware/config.txt", "");
    tree
}

#[test]
fn everything_a_pi_tells() {
    let all = "collect = ['cpu', 'memory', 'swap', 'load', 'disk', 'network', 'temperature', 'uptime', 'pressure', \
               'throttle', 'wifi', 'frequency']";
    let round = pi5().second(all, 1.0, |tree| {
        tree.file("proc/loadavg", "1.00 0.50 0.25 1/231 5121\n");
    });
    for (key, value) in [
        ("temperature_cpu_thermal", 46.3),
        ("temperature_rp1_adc", 53.729),
        ("wifi_wlan0_signal_dbm", -52.0),
        ("cpu_frequency_mhz", 1500.0),
        ("memory_used_percent", 13.638),
        ("swap_used_percent", 0.0),
        ("uptime_seconds", 3681.0),
        ("load1", 1.0),
        ("net_wlan0_rx_bytes_per_s", 0.0),
        ("disk_boot_firmware_write_bytes_per_s", 0.0),
    ] {
        assert_eq!(number(&round, key), Some(value), "{key}");
    }
    assert!(number(&round, "disk_root_total_bytes").is_some());
    assert!(!keys(&round).iter().any(|key| key.contains("_run") || key.contains("volt_") || key.contains("pwmfan")));
    assert_eq!(round.remarks().len(), 1, "{:?}", round.remarks());
}

#[test]
fn the_firmwares_word_is_read_bit_by_bit() {
    let states = ["undervoltage", "frequency_capped", "throttled", "temperature_limited"];
    let tree = pi5();
    let file = "sys/devices/platform/soc/soc:firmware/get_throttled";
    for (text, word) in [("50000", 0x50000_u32), ("0x50005\n", 0x50005), ("0\n", 0), ("e0008", 0xe0008)] {
        tree.file(file, text);
        let lines = tree.first("collect = ['throttle']").lines();
        let expected = states.iter().enumerate().flat_map(|(bit, state)| {
            let is = |bit: usize| word >> bit & 1 == 1;
            [format!("throttle_{state} {}", is(bit)), format!("throttle_{state}_occurred {}", is(bit + 16))]
        });
        assert_eq!(lines, expected.collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn under_voltage_from_the_alarm_where_there_is_no_word() {
    let tree = pi5();
    tree.remove("sys/devices/platform/soc/soc:firmware/get_throttled");
    tree.file("sys/devices/platform/soc/soc:firmware/raspberrypi-hwmon/hwmon/hwmon3/in0_lcrit_alarm", "1\n");
    assert_eq!(tree.first("collect = ['throttle']").lines(), ["throttle_undervoltage true"]);
    let round = Tree::empty().first("collect = ['throttle']");
    assert!(round.is_empty() && round.remarks().len() == 1);
}
