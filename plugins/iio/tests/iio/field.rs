//! What went wrong for others.

use crate::tree::Tree;

/// analogdevicesinc/pyadi-iio#544, raspberrypi/linux#1765, ArduPilot/ardupilot#3627, zephyrproject-rtos/zephyr#20417: the
/// offset added after the scale, the wrong scale, pressures ten times too small, a chip without a scale.
#[test]
fn four_devices_in_the_kernels_units() {
    let tree = Tree::new();
    let ads1015 = [
        ("in_voltage0_raw", "-15"),
        ("in_voltage1_raw", "13200"),
        ("in_voltage1_scale", "0.187500000"),
        ("in_voltage_scale", "0.125000000"),
    ];
    let si7020 = [
        ("in_humidityrelative_offset", "-786"),
        ("in_humidityrelative_raw", "2259"),
        ("in_humidityrelative_scale", "30.517578125"),
        ("in_temp_offset", "-4368"),
        ("in_temp_raw", "4000"),
        ("in_temp_scale", "10.725097656"),
    ];
    let bme280 =
        [("in_humidityrelative_input", "45123"), ("in_pressure_input", "101.325000000"), ("in_temp_input", "21500")];
    tree.iio(0, "ads1015", &ads1015);
    tree.iio(1, "si7020", &si7020);
    tree.iio(2, "bme280", &bme280);
    tree.iio(3, "TI-am335x-adc", &[("in_voltage0_raw", "2047")]);
    assert_eq!(
        tree.lines(""),
        [
            "TI-am335x-adc_voltage0_raw 2047",
            "ads1015_voltage0 -0.001875",
            "ads1015_voltage1 2.475",
            "bme280_humidity 45.123",
            "bme280_pressure 101.325",
            "bme280_temperature 21.5",
            "si7020_humidity 44.9523925781",
            "si7020_temperature -3.94683593741",
        ]
    );
}

/// lm-sensors/lm-sensors#204, shirou/gopsutil#1696, prometheus/node_exporter#406 and #3673: two probes under one name,
/// whose series flipped after a start; and a voltage where there is only an alarm.
#[test]
fn two_probes_keep_their_keys_whatever_the_kernel_numbers_them() {
    let (a, b) = ("w1_bus_master1/28-0000000d000a", "w1_bus_master1/28-0000000d000b");
    for [first, second] in [[(a, "4812"), (b, "14687")], [(b, "14687"), (a, "4812")]] {
        let tree = Tree::new();
        // A zone's chip has no link to a device.
        let zone = "sys/devices/virtual/thermal/thermal_zone0/hwmon0";
        tree.files(zone, &[("name", "cpu_thermal"), ("temp1_input", "48312")]);
        tree.link("sys/class/hwmon/hwmon0", "../../devices/virtual/thermal/thermal_zone0/hwmon0");
        for (number, (place, text)) in [(1, first), (2, second)] {
            tree.file(&format!("sys/devices/{place}/name"), place.rsplit('/').next().unwrap());
            tree.hwmon(number, place, Some("w1_slave_temp"), &[("temp1_input", text)]);
        }
        let firmware = "platform/soc/soc-firmware/raspberrypi-hwmon";
        tree.hwmon(3, firmware, Some("rpi_volt"), &[("in0_lcrit_alarm", "0")]);
        assert_eq!(
            tree.lines(""),
            [
                "cpu_thermal_temperature 48.312",
                "rpi_volt_in0_lcrit_alarm false",
                "w1_slave_temp_28-0000000d000a_temperature 4.812",
                "w1_slave_temp_28-0000000d000b_temperature 14.687",
            ]
        );
    }
}

/// raspberrypi/linux#6220: a DHT that says more than 100 per cent.
#[test]
fn no_air_is_more_than_wet() {
    let dht = |humidity| Tree::told("dht11@4", &[("in_humidityrelative_input", humidity)]);
    assert_eq!(dht("100000"), (Some(100.0), None));
    assert_eq!(dht("0"), (Some(0.0), None));
    for wrong in ["100100", "-100", "255000", "3276700"] {
        assert_eq!(dht(wrong), (None, Some("range".into())), "{wrong}");
    }
}
