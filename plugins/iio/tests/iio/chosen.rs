//! Which devices and channels are read.

use streamer_plugin::InputError;

use crate::tree::Tree;

fn machine() -> Tree {
    let tree = Tree::new();
    let i2c = "platform/soc/i2c-1/1-0076";
    tree.placed(0, i2c, "bme280", &[("in_temp_input", "20000"), ("in_humidityrelative_input", "50000")]);
    tree.iio(1, "adc", &[("in_voltage0_raw", "1"), ("label", "solar")]);
    tree.hwmon(0, "platform/x.0", Some("cpu_thermal"), &[("temp1_input", "50000"), ("temp1_crit_alarm", "0")]);
    tree.file("sys/bus/iio/devices/trigger0/name", "timer\n").file("sys/bus/iio/devices/iio_sysfs_trigger/add", "");
    tree
}

#[test]
fn by_name_place_label_glob_and_bus() {
    let tree = machine();
    let bme280 = ["bme280_1-0076_humidity 50", "bme280_1-0076_temperature 20"];
    let cpu = ["cpu_thermal_temp1_crit_alarm false", "cpu_thermal_temperature 50"];
    for device in ["bme280", "1-0076", "bme280_1-0076", "bme*", "?me280"] {
        assert_eq!(tree.lines(&format!("device = '{device}'")), bme280, "{device}");
    }
    assert_eq!(tree.lines("device = 'solar'"), ["adc_voltage0_raw 1"]);
    assert_eq!(tree.lines("bus = 'hwmon'"), cpu);
    assert_eq!(tree.lines("bus = 'iio'").len(), 3);
    assert_eq!(tree.lines("bus = 'both'").len(), 5);
}

#[test]
fn channels_by_key_or_by_the_kernels_word() {
    let tree = machine();
    assert_eq!(tree.lines("exclude = ['*_alarm']").len(), 4);
    assert_eq!(tree.lines("include = ['in_temp', 'temp1']").len(), 2);
    assert_eq!(tree.lines("include = ['*temperature']\nexclude = ['cpu*']"), ["bme280_1-0076_temperature 20"]);
    let error = tree.input("include = ['nothing']").ask().unwrap_err();
    assert!(matches!(&error, InputError::Misconfigured(words) if words.contains("include")), "{error}");
}

#[test]
fn a_device_that_is_not_there_is_gone_until_it_comes() {
    let tree = machine();
    let mut input = tree.input("device = 'bme680'");
    let error = input.ask().unwrap_err();
    let words = "is called bme680; there are: adc, bme280_1-0076, cpu_thermal";
    assert!(matches!(&error, InputError::Gone(said) if said.contains(words)), "{error}");
    tree.placed(5, "platform/soc/i2c-1/1-0077", "bme680", &[("in_temp_input", "22000")]);
    assert_eq!(input.round().lines(), ["bme680_1-0077_temperature 22"]);
    let error = Tree::new().input("").ask().unwrap_err();
    assert!(matches!(&error, InputError::Gone(said) if said.contains("dtoverlay")), "{error}");
}

#[test]
fn a_root_of_its_own_goes_before_the_agents() {
    let (tree, empty) = (machine(), Tree::new());
    let root = tree.path("");
    assert_eq!(empty.lines(&format!("root = {root:?}")).len(), 5);
    let wrong = tree.trouble("root = '/proc/self'");
    assert!(matches!(&wrong, InputError::Misconfigured(words) if words.contains("root")), "{wrong}");
}
