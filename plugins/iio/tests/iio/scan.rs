//! Looking around.

use streamer_plugin::Found;

use crate::tree::Tree;

#[test]
fn each_device_that_measures_is_told_under_a_name_that_reads_it() {
    let tree = Tree::new();
    let files = [("in_temp_input", "21500"), ("in_pressure_input", "101.325")];
    tree.placed(0, "platform/soc/fe804000.i2c/i2c-1/1-0076", "bme280", &files);
    tree.hwmon(0, "virtual/thermal/thermal_zone0", Some("cpu_thermal"), &[("temp1_input", "48312")]);
    tree.hwmon(1, "w1_bus_master1/28-0000000d000a", Some("w1_slave_temp"), &[("temp1_input", "4812")]);
    let found = tree.scan();
    let told: Vec<(&str, &str)> = found
        .iter()
        .map(|found| match found {
            Found::Input { about, options } => (about.as_str(), options.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    let [(bme, bme_options), (cpu, cpu_options)] = told[..] else { panic!("{told:?}") };
    assert_eq!(bme, "bme280 at 1-0076, read by an IIO driver: pressure, temperature");
    assert_eq!(bme_options, "device = \"bme280_1-0076\"");
    assert!(cpu.starts_with("cpu_thermal") && cpu.ends_with("read by a hwmon driver: temperature"), "{cpu}");
    assert_eq!(tree.lines(bme_options).len(), 2);
    assert_eq!(tree.lines(cpu_options), ["cpu_thermal_temperature 48.312"]);
}
