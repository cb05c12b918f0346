//! Names that stay the same after the next start.

use crate::tree::{Tree, refused};

const TEMP: &str = "in_temp_input";

#[test]
fn devices_of_one_name_are_told_apart_by_where_they_are() {
    let i2c = |address: &str| format!("platform/soc/fe804000.i2c/i2c-1/{address}");
    for [first, second] in [[("1-0076", "20000"), ("1-0077", "30000")], [("1-0077", "30000"), ("1-0076", "20000")]] {
        let tree = Tree::new();
        tree.placed(0, &i2c(first.0), "bme280", &[(TEMP, first.1)]);
        tree.placed(1, &i2c(second.0), "bme280", &[(TEMP, second.1)]);
        tree.placed(2, "platform/dht11@4", "dht11@4", &[(TEMP, "21000")]);
        assert_eq!(
            tree.lines(""),
            ["bme280_1-0076_temperature 20", "bme280_1-0077_temperature 30", "dht11_4_temperature 21"]
        );
    }
    // Alone it is called the same.
    let tree = Tree::new();
    tree.placed(7, &i2c("1-0077"), "bme280", &[(TEMP, "30000")]);
    assert_eq!(tree.lines(""), ["bme280_1-0077_temperature 30"]);
}

#[test]
fn a_label_or_the_device_tree_tells_apart_what_has_no_place() {
    let tree = Tree::new();
    tree.iio(0, "adc", &[("in_voltage0_raw", "1"), ("label", "battery")]);
    tree.iio(1, "adc", &[("in_voltage0_raw", "2"), ("label", "solar")]);
    for (number, node) in [(2, "/soc/adc@40010000"), (3, "/soc/adc@40020000")] {
        let at = tree.iio(number, "twin", &[("in_voltage0_raw", &number.to_string())]);
        tree.file(&format!("{at}/uevent"), format!("DEVTYPE=iio_device\nOF_FULLNAME={node}\n"));
    }
    assert_eq!(
        tree.lines(""),
        [
            "adc_battery_voltage0_raw 1",
            "adc_solar_voltage0_raw 2",
            "twin_soc_adc_40010000_voltage0_raw 2",
            "twin_soc_adc_40020000_voltage0_raw 3",
        ]
    );
}

#[test]
fn what_nothing_tells_apart_is_left_out_together_and_said() {
    let tree = Tree::new();
    tree.iio(0, "adc", &[("in_voltage0_raw", "1")]);
    tree.iio(1, "adc", &[("in_voltage0_raw", "2")]);
    tree.iio(2, "other", &[("in_voltage0_raw", "3")]);
    let round = tree.first("");
    assert_eq!(round.lines(), ["other_voltage0_raw 3"]);
    assert_eq!(round.remarks().len(), 1);
    assert!(round.remarks()[0].1.contains("called adc"));
}

#[test]
fn a_device_without_a_name_is_called_by_its_place() {
    let tree = Tree::new();
    tree.hwmon(0, "platform/soc/i2c-1/1-0048", None, &[("temp1_input", "21000")]);
    tree.hwmon(1, "platform/sensor@1", None, &[("temp1_input", "22000")]);
    assert_eq!(tree.lines(""), ["1-0048_temperature 21", "platform_sensor_1_temperature 22"]);
}

#[test]
fn channels_have_labels_too() {
    let tree = Tree::new();
    let files = [
        ("in_voltage0_raw", "1"),
        ("in_voltage0_label", "VBAT"),
        ("in_voltage1_raw", "2"),
        ("in_voltage1_label", "rail"),
        ("in_voltage2_raw", "3"),
        ("in_voltage2_label", "rail"),
        ("in_voltage3_raw", "4"),
        ("in_voltage_scale", "1000"),
    ];
    tree.iio(0, "adc", &files);
    assert_eq!(tree.lines(""), ["adc_VBAT_voltage 1", "adc_rail_voltage1 2", "adc_rail_voltage2 3", "adc_voltage3 4"]);
}

#[test]
fn devices_that_change_numbers_between_two_rounds_keep_their_keys() {
    let tree = Tree::new();
    let place = |address| format!("platform/soc/i2c-1/{address}");
    tree.placed(0, &place("1-0048"), "lm75", &[(TEMP, "20000")]);
    tree.placed(1, &place("1-0049"), "lm75", &[(TEMP, "30000")]);
    let mut input = tree.input("");
    let lines = |readings: streamer_plugin::Readings| {
        assert_eq!(refused(&readings), [("", ""); 0]);
        let mut lines = readings.lines();
        lines.sort();
        lines
    };
    let then = ["lm75_1-0048_temperature 20", "lm75_1-0049_temperature 30"];
    assert_eq!(lines(input.round()), then);
    for number in [0, 1] {
        tree.remove(&format!("sys/bus/iio/devices/iio:device{number}"));
    }
    tree.remove("sys/devices/platform");
    tree.placed(1, &place("1-0048"), "lm75", &[(TEMP, "20000")]);
    tree.placed(0, &place("1-0049"), "lm75", &[(TEMP, "30000")]);
    assert_eq!(lines(input.round()), then);
    // A tree without links: the folders change places.
    let tree = Tree::new();
    tree.iio(0, "in", &[(TEMP, "20000")]);
    tree.iio(1, "out", &[(TEMP, "-5000")]);
    let mut input = tree.input("");
    let then = ["in_temperature 20", "out_temperature -5"];
    assert_eq!(lines(input.round()), then);
    tree.iio(1, "in", &[(TEMP, "20000")]);
    tree.iio(0, "out", &[(TEMP, "-5000")]);
    assert_eq!(lines(input.round()), then);
}
