//! Mode `level`: the state of a line, whenever it is asked for.

use streamer_plugin::{InputError, Readings, Sampler};

use crate::line::Line;
use crate::watch::Watch;

/// `[[inputs.gpio]]` that tells levels.
pub(crate) struct Level {
    state: State,
    key: String,
}

/// How the state is found out.
enum State {
    /// The line says it.
    Read(Line),
    /// The edges since the last round say it, because bounces have to be filtered here.
    Followed(Watch),
}

impl Level {
    pub(crate) fn read(line: Line, key: String) -> Self {
        Self { state: State::Read(line), key }
    }

    pub(crate) fn followed(watch: Watch, key: String) -> Self {
        Self { state: State::Followed(watch), key }
    }
}

impl Sampler for Level {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        let active = match &mut self.state {
            State::Read(line) => line.active()?,
            State::Followed(watch) => {
                if watch.catch_up_all(out, &mut |_| {})? > 0 {
                    watch.see()?;
                }
                watch.active()
            }
        };
        out.put(self.key.as_str(), i64::from(active));
        Ok(())
    }
}
