//! From the kernel's numbers to ours.

use streamer_plugin::Value;

use crate::tree::Tree;

fn value(files: &[(&str, &str)]) -> Option<f64> {
    Tree::told("chip", files).0
}

fn cause(files: &[(&str, &str)]) -> Option<String> {
    let (value, cause) = Tree::told("chip", files);
    assert_eq!(value, None);
    cause
}

#[test]
fn the_offset_goes_before_the_scale_and_may_be_anything() {
    let temp =
        |raw, offset, scale| value(&[("in_temp_raw", raw), ("in_temp_offset", offset), ("in_temp_scale", scale)]);
    assert_eq!(temp("2000", "-1000", "10"), Some(10.0));
    assert_eq!(temp("2000", "-1000.500000", "10"), Some(9.995));
    assert_eq!(temp("-100", "50", "-10"), Some(0.5));
    assert_eq!(temp("25", "0", "1.0e+03"), Some(25.0));
    assert_eq!(temp("2500000", "0", "1e-2"), Some(25.0));
    assert_eq!(value(&[("in_temp_raw", "200"), ("in_temp_scale", "62.500000000")]), Some(12.5));
}

#[test]
fn the_nearest_scale_and_offset_win() {
    let files = [
        ("in_voltage0_raw", "1000"),
        ("in_voltage0_scale", "2"),
        ("in_voltage_scale", "3"),
        ("in_scale", "5"),
        ("scale", "7"),
        ("in_voltage0_offset", "1"),
        ("in_voltage_offset", "100"),
        ("in_offset", "10000"),
    ];
    for (left_out, then) in [(0, 2.002), (1, 3.003), (2, 5.005), (3, 7.007)] {
        let files: Vec<_> =
            files.iter().enumerate().filter(|(n, _)| !(1..=left_out).contains(n)).map(|(_, f)| *f).collect();
        assert_eq!(value(&files), Some(then));
    }
    assert_eq!(value(&[files[0], files[1], files[6], files[7]]), Some(2.2));
    assert_eq!(value(&[files[0], files[1], files[7]]), Some(22.0));
}

/// A Si7021 that somebody breathed at told 100.785, 103.608 % and more; its datasheet says that this is as it should be and
/// to be cut at 100. Its driver in Linux does not cut.
#[test]
fn a_hygrometer_that_goes_beyond_wet_and_dry_tells_the_end() {
    let humidity = |chip: &str, raw| {
        let files = [
            ("in_humidityrelative_raw", raw),
            ("in_humidityrelative_offset", "-786"),
            ("in_humidityrelative_scale", "7.629394531"),
        ];
        Tree::told(chip, &files)
    };
    assert_eq!(humidity("si7020", "14366").0, Some(100.0));
    assert_eq!(humidity("si7020", "700").0, Some(0.0));
    assert_eq!(humidity("dht11", "14366"), (None, Some("range".into())));
    assert_eq!(humidity("si7020", "16777").1, Some("range".into()));
}

#[test]
fn differences_axes_and_modifiers() {
    let tree = Tree::new();
    let adc = [
        ("in_voltage0-voltage1_raw", "-8"),
        ("in_voltage2-voltage3_raw", "8"),
        ("in_voltage2-voltage3_scale", "250"),
        ("in_voltage-voltage_scale", "125"),
        ("in_voltage0_raw", "8"),
        ("in_voltage_scale", "500"),
        ("in_voltage0_mean_raw", "10"),
        ("out_voltage0_raw", "1"),
        ("in_voltage0_thresh_rising_value", "1"),
    ];
    tree.iio(0, "adc", &adc);
    let motion = [
        ("in_accel_x_raw", "-1024"),
        ("in_accel_y_raw", "0"),
        ("in_accel_z_raw", "1024"),
        ("in_accel_z_scale", "0.004788403"),
        ("in_accel_scale", "0.009576806"),
        ("in_anglvel_x_raw", "100"),
        ("in_anglvel_scale", "0.001064724"),
        ("in_magn_x_raw", "-500"),
        ("in_magn_scale", "0.001"),
    ];
    tree.iio(1, "imu", &motion);
    let light = [
        ("in_illuminance_input", "412.5"),
        ("in_intensity_both_raw", "3000"),
        ("in_intensity_ir_raw", "200"),
        ("in_proximity_raw", "17"),
        ("in_temp_ambient_raw", "14700"),
        ("in_temp_object_raw", "14800"),
        ("in_temp_scale", "20"),
        ("in_temp_offset", "-13657.5"),
        ("in_concentration_co2_raw", "415"),
        ("in_concentration_co2_scale", "0.0001"),
        ("in_massconcentration_pm2p5_input", "8.25"),
    ];
    tree.iio(2, "many", &light);
    assert_eq!(
        tree.lines(""),
        [
            "adc_voltage0 4",
            "adc_voltage0-voltage1 -1",
            "adc_voltage0_mean 5",
            "adc_voltage2-voltage3 2",
            "imu_acceleration_x -9.806649344",
            "imu_acceleration_y 0",
            "imu_acceleration_z 4.903324672",
            "imu_angular_velocity_x 0.1064724",
            "imu_magnetic_field_x -0.5",
            "many_concentration_co2 0.0415",
            "many_illuminance 412.5",
            "many_intensity_both_raw 3000",
            "many_intensity_ir_raw 200",
            "many_massconcentration_pm2p5 8.25",
            "many_proximity_raw 17",
            "many_temperature_ambient 20.85",
            "many_temperature_object 22.85",
        ]
    );
}

#[test]
fn the_drivers_own_conversion_goes_first() {
    let both = [("in_temp_input", "21500"), ("in_temp_raw", "1"), ("in_temp_scale", "1")];
    assert_eq!(value(&both), Some(21.5));
    // And where it gives nothing, ours is no substitute: the driver knows why.
    assert_eq!(
        cause(&[("in_temp_input", ""), ("in_temp_raw", "1"), ("in_temp_scale", "1")]),
        Some("unreadable".into())
    );
}

#[test]
fn counts_are_kept_to_the_last_digit() {
    let counts = |raw: &str| {
        let tree = Tree::new();
        tree.iio(0, "adc", &[("in_voltage0_raw", raw)]);
        tree.first("").items().first().map(|item| item.value.clone())
    };
    for raw in [-32_768, -1, 0, 65_535, 4_294_967_295, 9_007_199_254_740_993, i64::MAX] {
        assert_eq!(counts(&raw.to_string()), Some(Value::from(raw)));
    }
    assert_eq!(counts("1.5"), Some(Value::try_from(1.5).unwrap()));
    let with_offset = [("in_voltage0_raw", "100"), ("in_voltage0_offset", "-40")];
    assert_eq!(value(&with_offset), Some(60.0));
}

#[test]
fn what_a_kind_or_a_chip_rules_out_is_refused() {
    let range = (None, Some("range".to_owned()));
    for (chip, file, text) in [
        ("max31856", "in_temp_input", "-273151"),
        ("max31856", "in_temp_input", "2000001"),
        ("any", "in_temp_input", "4095937"),
        ("bme280", "in_pressure_input", "0.000000000"),
        ("bme280", "in_temp_input", "-126000"),
        ("bmp280", "in_pressure_input", "1013.25"),
        ("any", "in_illuminance_input", "-1"),
        ("any", "in_distance_input", "-0.1"),
        ("any", "in_ph_input", "15"),
        ("any", "in_voltage0_input", "1e30"),
    ] {
        assert_eq!(Tree::told(chip, &[(file, text)]), range, "{chip} {file} {text}");
    }
    // 16 bits that were taken for unsigned.
    assert_eq!(Tree::told("t", &[("in_temp_raw", "65500"), ("in_temp_scale", "62.5")]), range);
    assert_eq!(Tree::told("t", &[("in_temp_raw", "1e300"), ("in_temp_scale", "1e300")]), range);
    assert_eq!(Tree::told("max31856", &[("in_temp_input", "1250000")]), (Some(1250.0), None));
    assert_eq!(Tree::told("dps", &[("in_pressure_input", "-0.25")]), (Some(-0.25), None));
}

#[test]
fn what_is_no_number_is_refused_and_never_a_zero() {
    for text in ["nan", "inf", "warm", "1 2 3 4", "0x10", "12\0", "1.5 dB", "--5"] {
        assert_eq!(cause(&[("in_temp_input", text)]), Some("number".into()), "{text}");
        assert_eq!(cause(&[("in_temp_raw", "1"), ("in_temp_scale", text)]), Some("number".into()), "{text}");
        assert_eq!(cause(&[("in_temp_raw", text)]), Some("number".into()), "{text}");
    }
    assert_eq!(cause(&[("in_temp_raw", "5"), ("in_temp_scale", "0")]), Some("scale".into()));
    // Empty is not missing: without its scale the channel would be counts, without its offset another temperature.
    assert_eq!(cause(&[("in_temp_raw", "5"), ("in_temp_scale", "")]), Some("unreadable".into()));
    assert_eq!(
        cause(&[("in_temp_raw", "5"), ("in_temp_scale", "1"), ("in_temp_offset", "")]),
        Some("unreadable".into())
    );
}
