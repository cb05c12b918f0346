//! A run without sensors: every kind goes through its real driver, over what its reference driver was shown.

use std::time::Duration;

use streamer_i2c::PLUGIN;
use streamer_plugin::testkit::Bench;
use streamer_plugin::{Drive, Readings, Site, State, clock::Zone};

use crate::kept::kept;

/// What a configured sensor tells in a run without it: keys, values, and what it refused.
fn simulated(sensor: &str, options: &str) -> (Vec<String>, Vec<String>) {
    let bench = Bench::new("/");
    let built = bench.options(&PLUGIN, &format!("sensor = '{sensor}'\n{options}")).unwrap();
    let site = Site::new("i2c", "/nowhere", bench.clock().clone(), Zone::utc(), State::none());
    let input =
        built.simulated(PLUGIN.kind(sensor).unwrap(), &site).unwrap_or_else(|error| panic!("{sensor}: {error}"));
    let Drive::Sampled(mut sampler) = input.drive else { panic!("a listener") };
    let mut out = Readings::new(bench.clock(), Duration::from_secs(10));
    sampler.sample(&mut out).unwrap_or_else(|error| panic!("{sensor}: {error}"));
    let told = out.items().iter().map(|item| format!("{} {}", item.key, item.value)).collect();
    (told, out.refused().iter().map(|refused| refused.to_string()).collect())
}

#[test]
fn the_recording_is_what_the_oracles_were_shown() {
    let mut text = String::new();
    let mut known: Vec<String> = Vec::new();
    // The options that say nothing come first: those that a person gives seldom stand in a sample.
    let mut files = kept();
    files.sort_by_key(|kept| (kept.oracle["sensor"].to_string(), kept.oracle["options"].as_str().unwrap().len()));
    for kept in files {
        let sensor = kept.oracle["sensor"].as_str().unwrap().to_owned();
        if !known.contains(&sensor) {
            text += &format!("sensor {sensor}\n{}\n", kept.usual().unwrap());
            known.push(sensor);
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/recorded.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "UPDATE_EXPECTED=1 writes it anew");
}

#[test]
fn every_sensor_tells_all_its_keys() {
    for kind in PLUGIN.kinds.iter().filter(|kind| kind.name != "any") {
        let (told, refused) = simulated(kind.name, "");
        assert!(refused.is_empty(), "{}: {refused:?}", kind.name);
        assert!(!told.is_empty(), "{} tells nothing", kind.name);
    }
    // At another address and on another bus it is the same chip.
    assert_eq!(simulated("bme280", "bus = 3\naddress = 0x77"), simulated("bme280", ""));
}

#[test]
fn any_chip_is_what_its_description_says() {
    let options = "address = 0x4a\nidentity = { register = 0x0b, value = 0xcb }\nsetup = [[0x03, 0x80]]\nregisters = [\n\
        { key = 'a', register = 0, bits = 16, signed = true, scale = 0.0078125, min = -40, max = 150 },\n\
        { key = 'b', register = 1, bits = 16, endian = 'little', shift = 4, scale = 0.5, offset = 10 },\n\
        { key = 'c', register = 2 }]";
    assert_eq!(simulated("any", options), (vec!["a 55".into(), "b 20".into(), "c 20".into()], Vec::new()));
}
