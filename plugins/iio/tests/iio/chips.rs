//! What hwmon chips show.

use crate::tree::{Tree, refused};

#[test]
fn every_kind_in_its_unit() {
    let tree = Tree::new();
    let files = [
        ("in0_input", "5012"),
        ("in1_input", "-12"),
        ("temp1_input", "-5250"),
        ("curr1_input", "1500"),
        ("power1_input", "7518000"),
        ("power2_average", "2000000"),
        ("power1_average", "1"),
        ("energy1_input", "3600000000"),
        ("humidity1_input", "45123"),
        ("fan1_input", "1200"),
        ("freq1_input", "500000000"),
        ("fan1_pulses", "2"),
        ("pwm1", "128"),
        ("in0_max", "6000"),
        ("in0_max_alarm", "1"),
        ("update_interval", "1000"),
    ];
    tree.hwmon(0, "platform/board.0", Some("board"), &files);
    assert_eq!(
        tree.lines(""),
        [
            "board_current 1.5",
            "board_energy 3600",
            "board_fan 1200",
            "board_frequency 500000000",
            "board_humidity 45.123",
            "board_in0_max_alarm true",
            "board_power1 7.518",
            "board_power2 2",
            "board_temperature -5.25",
            "board_voltage0 5.012",
            "board_voltage1 -0.012",
        ]
    );
}

#[test]
fn labels_name_and_those_that_meet_keep_their_numbers() {
    let tree = Tree::new();
    let files = [
        ("temp1_input", "40000"),
        ("temp1_label", "Package id 0"),
        ("temp2_input", "41000"),
        ("temp2_label", "Core 0"),
        ("temp3_input", "42000"),
        ("temp3_label", "Core/0"),
        ("temp10_input", "43000"),
        ("in1_input", "12000"),
        ("in1_label", "12V"),
        ("curr1_input", "2000"),
        ("curr1_label", "12V"),
        ("fan1_input", "900"),
        ("fan1_label", ""),
    ];
    tree.hwmon(0, "platform/coretemp.0", Some("coretemp"), &files);
    assert_eq!(
        tree.lines(""),
        [
            "coretemp_12V_current 2",
            "coretemp_12V_voltage 12",
            "coretemp_Core_0_temperature2 41",
            "coretemp_Core_0_temperature3 42",
            "coretemp_Package_id_0_temperature 40",
            "coretemp_fan 900",
            "coretemp_temperature10 43",
        ]
    );
}

#[test]
fn a_broken_sensor_is_refused_and_an_alarm_is_a_state_or_nothing() {
    let tree = Tree::new();
    let files = [
        ("temp1_input", "85000"),
        ("temp1_fault", "1"),
        ("temp2_input", "20000"),
        ("temp2_fault", "0"),
        ("in0_alarm", ""),
        ("in1_alarm", "2"),
        ("in2_min_alarm", "0"),
        ("temp3_input", "-127000"),
    ];
    tree.hwmon(0, "platform/x.0", Some("chip"), &files);
    let round = tree.first("");
    assert_eq!(round.lines(), ["chip_temperature2 20", "chip_in2_min_alarm false"]);
    assert_eq!(
        refused(&round),
        [
            ("chip_temperature1", "fault"),
            ("chip_temperature3", "range"),
            ("chip_in0_alarm", "unreadable"),
            ("chip_in1_alarm", "number"),
        ]
    );
}

#[test]
fn old_drivers_keep_their_files_with_the_device() {
    let tree = Tree::new();
    tree.hwmon(0, "i2c-1/1-004c", None, &[]);
    tree.files("sys/devices/i2c-1/1-004c", &[("name", "lm90"), ("temp1_input", "31000")]);
    assert_eq!(tree.lines(""), ["lm90_1-004c_temperature 31"]);
}
