//! For the tests of sensors: a chip in a few lines of text, options in a few more, and what comes out.

use std::time::Duration;

use streamer_plugin::clock::Clock;
use streamer_plugin::testkit::{Bench, BuildError, Chips, Driven};
use streamer_plugin::{InputError, Readings};

/// An input on a bus with these chips.
pub(crate) fn built(chips: &str, options: &str) -> Result<(Driven, Clock), BuildError> {
    let bench = Bench::new("/").with_i2c(1, Chips::parse(chips).unwrap());
    Ok((bench.build(&crate::PLUGIN, options)?, bench.clock().clone()))
}

/// The first round of an input that is built and answers.
pub(crate) fn sample(chips: &str, options: &str) -> Readings {
    try_sample(chips, options).unwrap()
}

/// The first round of an input, or why there is none.
pub(crate) fn try_sample(chips: &str, options: &str) -> Result<Readings, InputError> {
    let (mut input, clock) = built(chips, options).map_err(|error| match error {
        BuildError::Input(error) => error,
        BuildError::Options(_) => panic!("{error}"),
    })?;
    let began = clock.boot();
    let readings = input.sample()?;
    assert!(clock.boot().since(began) <= Duration::from_secs(10), "a round ends by its deadline");
    Ok(readings)
}

/// Everything refused, as `key cause`.
pub(crate) fn refusals(readings: &Readings) -> Vec<String> {
    readings.refused().iter().map(|refused| format!("{} {}", refused.key, refused.cause)).collect()
}
