//! Readings that no device made: what an input brings in a run without its devices (`streamer run --simulate`).
//!
//! Nothing here looks like a fault or a measurement that counts: numbers go slowly up and down about a middle that is
//! usual for their unit. Who runs it says of each line that it is simulated.

use std::f64::consts::TAU;

use streamer_clock::Moment;
use streamer_reading::{Text, Value};

use crate::{InputError, Made, Readings, Sampler};

/// How long a number takes to go up and down once, in seconds.
const TURN: i64 = 600;

/// Units, with the usual middle and how far a number goes from it.
const USUAL: &[(&str, f64, f64)] = &[
    ("°C", 20.0, 4.0),
    ("%", 50.0, 20.0),
    ("hPa", 1013.0, 8.0),
    ("kPa", 101.3, 0.8),
    ("V", 3.3, 0.2),
    ("A", 0.4, 0.1),
    ("W", 2.0, 0.5),
    ("lx", 300.0, 200.0),
    ("ppm", 600.0, 100.0),
    ("dBm", -55.0, 8.0),
    ("MHz", 1200.0, 300.0),
    ("bytes", 4e8, 1e8),
    ("bytes/s", 2e4, 1e4),
];
/// Any other number.
const OTHER: (f64, f64) = (10.0, 3.0);

/// A sampler without a device behind it.
#[derive(Debug)]
pub struct Simulated(Vec<(String, &'static str)>);

impl Simulated {
    /// Numbers under these keys, each in its unit. Where the unit is empty a state that is 1 or 0; `text` and `boolean`
    /// are units here, too.
    pub fn new(keys: impl IntoIterator<Item = (String, &'static str)>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// All that an input makes. Parts of keys that depend on the device are in small letters: `net_interface_rx`.
    pub fn all_of(makes: &[Made]) -> Self {
        Self::new(makes.iter().map(|made| (made.key.to_lowercase(), made.unit)))
    }
}

impl Sampler for Simulated {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        let now = out.began();
        for (key, unit) in &self.0 {
            out.put(key.as_str(), value(key, unit, now));
        }
        Ok(())
    }
}

fn value(key: &str, unit: &str, now: Moment) -> Value {
    let secs = now.wall.micros() / 1_000_000;
    // Keys are not in step with one another.
    let own = secs + key.bytes().map(i64::from).sum::<i64>() * 37;
    let up = own.rem_euclid(TURN) < TURN / 2;
    match unit {
        "" if key.ends_with("_total") => return Value::Int(secs.rem_euclid(1_000_000)),
        "" => return Value::Int(i64::from(up)),
        "s" => return Value::try_from(now.boot.micros() / 1_000_000).unwrap_or(Value::Bool(up)),
        "boolean" => return Value::Bool(up),
        "text" => return Text::new("simulated").map_or(Value::Bool(up), Value::Text),
        _ => {}
    }
    let (middle, far) =
        USUAL.iter().find(|(usual, ..)| *usual == unit).map_or(OTHER, |(_, middle, far)| (*middle, *far));
    #[expect(clippy::cast_precision_loss, reason = "less than TURN")]
    let number = middle + far * (own.rem_euclid(TURN) as f64 / TURN as f64 * TAU).sin();
    if matches!(unit, "bytes" | "integer") {
        #[expect(clippy::cast_possible_truncation, reason = "far from the ends of i64")]
        return Value::Int(number as i64);
    }
    Value::try_from((number * 100.0).round() / 100.0).unwrap_or(Value::Bool(up))
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use std::time::Duration;

    use streamer_clock::Zone;

    use super::*;
    use crate::testkit::Bench;
    use crate::{Drive, Input, Kind, Options, Site, State};

    #[test]
    fn numbers_move_within_what_is_usual_and_states_turn() {
        let bench = Bench::new("/");
        let keys =
            [("air", "°C"), ("door", ""), ("water_total", ""), ("name", "text"), ("ok", "boolean"), ("n", "integer")];
        let mut input = Simulated::new(keys.map(|(key, unit)| (key.to_owned(), unit)));
        let mut seen: [Vec<String>; 6] = Default::default();
        for _ in 0..60 {
            let mut out = Readings::new(bench.clock(), Duration::from_secs(1));
            input.sample(&mut out).unwrap();
            for (kept, item) in seen.iter_mut().zip(out.items()) {
                kept.push(item.value.to_string());
            }
            bench.hand.advance(Duration::from_secs(10));
        }
        let degrees: Vec<f64> = seen[0].iter().map(|text| text.parse().unwrap()).collect();
        assert!(degrees.iter().all(|degree| (16.0..=24.0).contains(degree)), "{degrees:?}");
        assert!(degrees.iter().any(|degree| *degree < 17.0) && degrees.iter().any(|degree| *degree > 23.0));
        for state in ["0", "1"] {
            assert!(seen[1].iter().any(|text| text == state), "{:?}", seen[1]);
        }
        assert!(seen[2].iter().zip(&seen[2][1..]).all(|(a, b)| a.parse::<i64>().unwrap() < b.parse::<i64>().unwrap()));
        assert!(seen[3].iter().all(|text| text == "simulated"));
        assert!(seen[4].iter().any(|text| text == "true") && seen[5].iter().all(|text| text.parse::<i64>().is_ok()));
    }

    /// How loaded something is.
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Plain {}

    impl Options for Plain {
        fn build(&self, _: &Site) -> Result<Input, InputError> {
            Err(InputError::gone("there is no device"))
        }
    }

    #[test]
    fn an_input_that_says_what_it_makes_needs_no_line_for_it() {
        let site = Site::new("plain", "/", Bench::new("/").clock().clone(), Zone::utc(), State::none());
        let kind = Kind::of::<Plain>("");
        let words = Plain {}.simulated(&kind, &site).unwrap_err().to_string();
        assert!(words.contains("does not say what it makes"), "{words}");
        let kind = kind.makes(&[Made { key: "load_CORE", unit: "%", about: "how loaded it is" }]);
        let Drive::Sampled(mut sampler) = Plain {}.simulated(&kind, &site).unwrap().drive else { panic!("a listener") };
        let mut out = Readings::new(site.clock(), Duration::from_secs(1));
        sampler.sample(&mut out).unwrap();
        assert_eq!(out.items()[0].key.as_str(), "load_core");
    }
}
