//! An agent with inputs that misbehave in every way there is, and one that does not: for `tests/tests/isolation.rs`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use streamer_plugin::{Input, InputError, Kind, Listener, Options, Outlet, Plugin, Readings, Sampler, Site, Stop};

const PLUGIN: Plugin =
    Plugin::new("misbehaving", "an input that does what it must not", &[Kind::of::<Misbehaving>("")]);

fn main() -> ExitCode {
    streamer_agent::main(streamer_agent::builtin().with(PLUGIN))
}

streamer_plugin::options! {
    /// An input that does what it must not.
    struct Misbehaving {
        /// What it does; `nothing bad` counts its rounds.
        does: String,
        /// Where it stands still: it goes on as soon as this file exists.
        until: Option<PathBuf>,
    }
}

impl Options for Misbehaving {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        assert!(self.does != "panic in build", "in build");
        let until = self.until.clone().unwrap_or_default();
        Ok(match self.does.as_str() {
            "panic in listen" | "flood without end" | "never stop" => {
                Input::listener(Told { does: self.does.clone(), until })
            }
            _ => Input::sampler(Asked { does: self.does.clone(), until, rounds: 0 }),
        })
    }
}

/// One that is asked.
struct Asked {
    does: String,
    until: PathBuf,
    rounds: i64,
}

impl Sampler for Asked {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        self.rounds += 1;
        match self.does.as_str() {
            "panic in read" => panic!("in read"),
            "panic in drop" => return Err(InputError::gone("unplugged")),
            "block" => {
                let key = if self.until.exists() { "in_time" } else { "too_late" };
                stand_still(&self.until);
                out.put(key, self.rounds);
            }
            "flood" => (0..1_000_000).for_each(|number| out.put("flood", number)),
            "bring nonsense" => {
                out.put("sound", self.rounds);
                out.put("", 1);
                out.put("x".repeat(300), 1);
                out.put("not_finite", f64::NAN);
                (0..100_000).for_each(|number| out.put(format!("no key\n{number}"), number));
            }
            _ => out.put("good", self.rounds),
        }
        Ok(())
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        assert!(self.does != "panic in drop" || std::thread::panicking(), "in drop");
    }
}

/// One that tells by itself.
struct Told {
    does: String,
    until: PathBuf,
}

impl Listener for Told {
    fn listen(&mut self, out: &Outlet, stop: &Stop) -> Result<(), InputError> {
        assert!(self.does != "panic in listen", "in listen");
        let mut readings = out.readings();
        let mut number = 0;
        while self.does == "flood without end" && !stop.asked() {
            readings.begin(out.clock().now(), Duration::from_secs(1));
            readings.put("torrent", number);
            number += 1;
            // What is over its rate is counted over there.
            let _ = out.send(&readings, None);
        }
        if self.does == "never stop" {
            stand_still(&self.until);
        }
        Ok(())
    }
}

fn stand_still(until: &std::path::Path) {
    while !until.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
}
