//! Any bytes, chips that fall silent in the middle, buses that hang: never a panic, always an end by the deadline, and
//! words that say where to look.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use streamer_plugin::testkit::{Bench, BuildError, Chips};
use streamer_plugin::{Claim, InputError};

use crate::kept::kept;

/// Options, the description of the chip with `$0` and so on for its data, and the lengths of those.
type Described = (String, String, Vec<usize>);

static SENSORS: LazyLock<Vec<Described>> = LazyLock::new(sensors);

fn sensors() -> Vec<Described> {
    kept().into_iter().map(|kept| (kept.options.clone(), kept.chip.clone(), kept.lengths())).collect()
}

fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// Builds and asks three times; what it says at each failure.
fn failures(options: &str, chip: &str) -> Vec<InputError> {
    let bench = Bench::new("/").with_i2c(1, Chips::parse(chip).unwrap());
    let began = bench.clock().boot();
    let mut input = match bench.build(&streamer_i2c::PLUGIN, options) {
        Ok(input) => input,
        Err(BuildError::Input(error)) => return vec![error],
        Err(BuildError::Options(faults)) => panic!("{faults:?}"),
    };
    let failures = (0..3).filter_map(|_| input.sample().err()).collect();
    let took = bench.clock().boot().since(began);
    assert!(took <= Duration::from_secs(31), "three rounds and a start took {took:?}");
    failures
}

fn says_where(error: &InputError) -> bool {
    matches!(error, InputError::Skip(_)) || error.words().contains("on I2C bus 1")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_readings_refusals_or_words(
        noise in proptest::collection::vec(any::<u8>(), 512),
        data in proptest::collection::vec(any::<u8>(), 64),
        silent in proptest::option::of(0_u32..40),
        stuck in proptest::option::of(0_u32..40),
    ) {
        for (options, chip, lengths) in &*SENSORS {
            let mut text = String::new();
            for line in chip.lines() {
                text.push_str(line);
                text.push('\n');
                // Noise lies below what the description says, and in the width that it says.
                if line.starts_with("chip") && !chip.contains("cmd ") {
                    text.push_str(&format!("reg 0x00 {}\n", spaced(&noise[..256])));
                }
            }
            for (i, length) in lengths.iter().enumerate() {
                text = text.replace(&format!("${i}"), &spaced(&data[..*length]));
            }
            if let Some(after) = silent {
                text.push_str(&format!("nack_after {after}\n"));
            }
            if let Some(after) = stuck {
                text.push_str(&format!("stuck_after {after}\n"));
            }
            for error in failures(options, &text) {
                prop_assert!(says_where(&error), "{options}: {error}");
            }
        }
    }

    #[test]
    fn a_chip_that_is_another_one_is_never_read(byte in any::<u8>(), wide in any::<bool>()) {
        let width = if wide { "width 16\n" } else { "" };
        for (options, chip, _) in &*SENSORS {
            let address = chip.lines().next().unwrap();
            let text = format!("{address}\n{width}reg 0x00 {}", spaced(&[byte; 512]));
            for error in failures(options, &text) {
                prop_assert!(says_where(&error), "{options}: {error}");
            }
        }
    }
}

#[test]
fn nobody_at_the_address_is_told_with_the_usual_causes() {
    for (options, _, _) in &*SENSORS {
        let errors = failures(options, "");
        let [InputError::Gone(words)] = &errors[..] else { panic!("{options}: {errors:?}") };
        for word in ["on I2C bus 1", "pull-ups", "jumper", "i2cdetect -y 1"] {
            assert!(words.contains(word), "{options}: {words}");
        }
    }
}

#[test]
fn a_chip_that_comes_back_is_set_up_anew() {
    // It forgets its settings, as it does without power; what it says meanwhile is not taken for a temperature.
    let chip = "chip 0x48\n width 16\n reg 0x00 19 00\n when 0x02 mask 0xffff is 0x0001 set 0x01 00 00";
    let bench = Bench::new("/").with_i2c(1, Chips::parse(chip).unwrap());
    let mut input = bench.build(&streamer_i2c::PLUGIN, "sensor = 'tmp102'").unwrap();
    assert_eq!(input.sample().unwrap().lines(), ["temperature 25"]);
    let forget = "sensor = 'any'\naddress = 0x48\nbefore = [[2, 0, 1]]\nregisters = [{ key = 'x', register = 0 }]";
    bench.build(&streamer_i2c::PLUGIN, forget).unwrap().sample().unwrap();
    assert!(matches!(input.sample(), Err(InputError::Again(words)) if words.contains("lost its settings")));
    assert_eq!(input.sample().unwrap().lines(), ["temperature 25"]);
}

#[test]
fn every_sensor_claims_its_address_and_is_named_by_it() {
    let bench = Bench::new("/");
    for (options, chip, _) in &*SENSORS {
        let options = bench.options(&streamer_i2c::PLUGIN, options).unwrap();
        let hex = chip.lines().next().unwrap().strip_prefix("chip 0x").unwrap();
        let address = u8::from_str_radix(hex, 16).unwrap();
        assert!(options.claims().contains(&Claim::I2c { bus: 1, address }));
        assert_eq!(options.natural_key(), format!("1-{hex}"));
    }
}
