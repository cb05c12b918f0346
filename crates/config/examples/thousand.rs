//! How long a configuration of a thousand inputs takes to read, and one reading to be judged:
//! `cargo run --release -p streamer-config --example thousand`.

use std::fmt::Write;
use std::hint::black_box;

use streamer_clock::{Clock, SinceBoot};
use streamer_config::{Files, OnChange, Rule, Rules, Surroundings, load};
use streamer_plugin::options::Glob;
use streamer_plugin::{Input, InputError, Kind, Options, Plugin, Site};
use streamer_reading::{Key, Value};

/// A sensor.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sensor {
    /// Which of them.
    channel: u32,
    /// How often it is asked again.
    #[serde(default)]
    retries: u8,
    /// What it is called.
    name: Option<String>,
}

impl Options for Sensor {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        Err(InputError::misconfigured(format!("{} {:?}: made to be read only", self.retries, self.name)))
    }
    fn natural_key(&self) -> String {
        self.channel.to_string()
    }
}

const PLUGINS: [Plugin; 1] = [Plugin::new("sensor", "a sensor", &[Kind::of::<Sensor>("")])];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let clock = Clock::system();
    for count in [250, 500, 1000, 2000] {
        let mut text = String::from("[agent]\nstate_dir = '/tmp'\n[outputs.local]\n[buckets.a]\n");
        for channel in 0..count {
            write!(text, "[[inputs.sensor]]\nchannel = {channel}\ninterval = '1s'\nprefix = 's{channel}_'\n")?;
            write!(text, "[[inputs.sensor.readings]]\nmatch = 'temperature'\nround = 1\n")?;
        }
        let began = clock.boot();
        let plan = load(&Files::text("made.toml", text.as_str()), &Surroundings::bare(&PLUGINS))?;
        report(format_args!("{} inputs: {:.1?}", plan.inputs.len(), clock.boot().since(began)))?;
        let wrong = text.replace("round = 1", "rond = 1");
        let began = clock.boot();
        let mistakes =
            load(&Files::text("made.toml", wrong), &Surroundings::bare(&PLUGINS)).err().map_or(0, |all| all.0.len());
        report(format_args!("{mistakes} mistakes: {:.1?}", clock.boot().since(began)))?;
    }
    let change = Some(OnChange { delta: Some(0.5), heartbeat: None });
    let rule = Rule {
        keys: Glob::new("temp*"),
        drop: false,
        rename: None,
        scale: Some(1.8),
        offset: Some(32.0),
        round: Some(1),
        on_change: change,
    };
    for (name, key) in [("all steps", "temperature"), ("no rule", "humidity")] {
        let (key, mut rules) = (Key::new(key)?, Rules::new(vec![rule.clone()], "pi_"));
        let began = clock.boot();
        for number in 0..1_000_000_u32 {
            black_box(rules.judge(&key, Value::try_from(f64::from(number) * 0.1)?, SinceBoot::ZERO));
            rules.accepted();
        }
        report(format_args!("a reading, {name}: {:.0?}", clock.boot().since(began) / 1_000_000))?;
    }
    Ok(())
}

fn report(line: std::fmt::Arguments<'_>) -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}")
}
