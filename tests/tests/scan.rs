//! `streamer scan` over a tree that stands for a machine: what it prints is a configuration that works.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;

use streamer_tests::program::Home;

/// A home with a machine below `machine/`: an IIO device at an I2C address, a hwmon chip, two 1-Wire sensors.
fn with_machine(home: Home) -> Home {
    for (path, text) in [
        ("sys/bus/iio/devices/iio:device0/name", "bme280\n"),
        ("sys/bus/iio/devices/iio:device0/in_temp_input", "21500\n"),
        ("sys/class/hwmon/hwmon0/name", "cpu_thermal\n"),
        ("sys/class/hwmon/hwmon0/temp1_input", "48312\n"),
        ("sys/bus/w1/devices/w1_bus_master1/w1_master_name", "w1_bus_master1\n"),
        ("sys/bus/w1/devices/28-0000000a0001/id", ""),
        ("sys/bus/w1/devices/28-0000000a0002/id", ""),
    ] {
        let path = home.path("machine").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    home
}

#[test]
fn what_it_prints_is_valid_by_itself_and_reads_what_was_found() {
    let home = with_machine(Home::new());
    let found = home.run(&["scan", "--root", "machine"]).expect_code(0);
    for line in ["[[inputs.onewire]]", "[[inputs.iio]]", "device = \"bme280\"", "device = \"cpu_thermal\""] {
        assert!(found.stdout.lines().any(|printed| printed == line), "no {line} in\n{}", found.stdout);
    }
    assert!(found.stdout.contains("\"28-0000000a0001\" = ") && found.stdout.contains("\"28-0000000a0002\" = "));
    // What a person should know is no part of the configuration.
    assert!(found.stderr.contains("i2c: no I2C bus") && !found.stdout.contains("no I2C bus"), "{}", found.stderr);
    fs::write(home.path("found.toml"), &found.stdout).unwrap();
    home.run(&["check", "--config", "found.toml"]).expect_code(0);
    let read = home.run(&["test", "--config", "found.toml", "iio-bme280"]).expect_code(0);
    assert!(read.stdout.trim_end().ends_with("bme280_temperature 21.5"), "{}", read.stdout);
}

#[test]
fn beside_a_configuration_it_prints_inputs_alone_and_what_is_read_already_as_a_comment() {
    let config = "[agent]\nroot = \"machine\"\n[outputs.local]\n[buckets.house]\n[buckets.garden]\n\
                  [[inputs.iio]]\nbucket = \"house\"\ndevice = \"bme280\"\n";
    let home = with_machine(Home::with_config(config));
    let found = home.run(&["scan"]).expect_code(0);
    assert!(found.stdout.contains("\n# read already by iio-bme280 (streamer.toml:6:1)\n"), "{}", found.stdout);
    assert!(found.stdout.contains("\n# device = \"bme280\"\n"), "{}", found.stdout);
    assert!(found.stdout.contains("\ndevice = \"cpu_thermal\"\nbucket = \"house\"\n"), "{}", found.stdout);
    fs::write(home.path("found.toml"), &found.stdout).unwrap();
    home.run(&["check", "--config", "streamer.toml", "--config", "found.toml"]).expect_code(0);
}

#[test]
fn a_configuration_with_mistakes_is_told_and_does_not_keep_it_from_looking() {
    let home = with_machine(Home::with_config("[[inputs.i2c]]\nsensor = \"bme208\"\n"));
    let found = home.run(&["scan", "--root", "machine"]).expect_code(0);
    assert!(
        found.stderr.contains("bme208") && found.stderr.contains("looking around nevertheless"),
        "{}",
        found.stderr
    );
    assert!(found.stdout.contains("device = \"bme280\""), "{}", found.stdout);
}

#[test]
fn an_empty_machine_gives_a_configuration_all_the_same() {
    let home = Home::new();
    fs::create_dir(home.path("machine")).unwrap();
    let found = home.run(&["scan", "--root", "machine"]).expect_code(0);
    assert!(found.stderr.contains("nothing was found"), "{}", found.stderr);
    fs::write(home.path("found.toml"), &found.stdout).unwrap();
    home.run(&["check", "--config", "found.toml"]).expect_code(0);
}
