//! For the tests of an input: build it from TOML, drive it, read what it said. No device and no agent needed.
//!
//! ```
//! # use streamer_plugin::{Input, InputError, Kind, Options, Plugin, Readings, Sampler, Site};
//! # #[derive(serde::Deserialize, schemars::JsonSchema)]
//! # #[serde(deny_unknown_fields)]
//! # struct One {}
//! # impl Options for One {
//! #     fn build(&self, _: &Site) -> Result<Input, InputError> { Ok(Input::sampler(One {})) }
//! # }
//! # impl Sampler for One {
//! #     fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> { out.put("one", 1); Ok(()) }
//! # }
//! # const PLUGIN: Plugin = Plugin::new("one", "always one", &[Kind::of::<One>("")]);
//! use streamer_plugin::testkit::Bench;
//!
//! let bench = Bench::new("/");
//! let mut input = bench.build(&PLUGIN, "")?;
//! assert_eq!(input.sample()?.lines(), ["one 1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod conformance;
mod countdown;
mod spi;
mod switch;
mod trouble;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use streamer_clock::{Clock, Hand, Moment, SinceBoot, Zone};
use streamer_reading::Epoch;

use crate::options::{Faults, Table};
use crate::spi::SpiWire;
use crate::{
    Drive, Found, I2cBus, InputError, Kind, Listener, Options, Outlet, Plugin, Position, Readings, Refused, Sampler,
    SendError, Sink, Site, State, Stop, Stopper, Wire,
};

pub use crate::Chips;
pub use conformance::{Example, conformance};
pub use countdown::Countdown;
pub use spi::SpiScript;
pub use switch::Switch;
pub use trouble::Trouble;
use trouble::{Troubled, Troubles};

/// A place where inputs are built and driven by hand, with a clock that only the test moves.
#[derive(Debug)]
pub struct Bench {
    /// Moves the clock.
    pub hand: Hand,
    clock: Clock,
    root: PathBuf,
    zone: Zone,
    state: State,
    buses: Vec<(u8, I2cBus)>,
    spi: Vec<((u8, u8), SpiWire)>,
    troubles: Troubles,
    lines: Vec<(String, Switch)>,
    places: Vec<(String, u64)>,
}

/// Why an input could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The options are wrong.
    #[error("{}", .0.iter().map(|f| format!("{}: {}", f.option, f.words)).collect::<Vec<_>>().join("; "))]
    Options(Faults),
    /// The device is.
    #[error(transparent)]
    Input(#[from] InputError),
}

impl Bench {
    /// A bench whose /proc, /sys and /dev lie below `root`. Its clock starts at epoch 1,790,000,000, an hour after boot.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let start =
            Moment { wall: Epoch::from_micros(1_790_000_000_000_000), boot: SinceBoot::from_micros(3_600_000_000) };
        let (clock, hand) = Clock::moved(start);
        Self {
            hand,
            clock,
            root: root.into(),
            zone: Zone::utc(),
            state: State::none(),
            buses: Vec::new(),
            spi: Vec::new(),
            troubles: Troubles::default(),
            lines: Vec::new(),
            places: Vec::new(),
        }
    }

    /// The same bench with a state folder.
    #[must_use]
    pub fn with_state(self, folder: impl Into<PathBuf>) -> Self {
        Self { state: State::in_folder(folder), ..self }
    }

    /// The same bench with something simulated on an I2C bus. Waiting for it moves the bench's clock and takes no time.
    #[must_use]
    pub fn with_i2c(mut self, number: u8, wire: impl Wire + 'static) -> Self {
        let wire = Troubled { wire, troubles: self.troubles.clone(), hand: self.hand.clone() };
        self.buses.push((number, I2cBus::simulated(wire, self.hand.clone())));
        self
    }

    /// The same bench with simulated chips on an I2C bus, as [`Chips`] describe them.
    ///
    /// # Panics
    /// Where the description is wrong.
    #[must_use]
    pub fn with_chips(self, number: u8, chips: &str) -> Self {
        let chips = Chips::parse(chips).unwrap_or_else(|why| panic!("{why}"));
        self.with_i2c(number, chips)
    }

    /// The same bench with a simulated device at chip select `select` of SPI bus `bus`.
    #[must_use]
    pub fn with_spi(mut self, bus: u8, select: u8, mut script: SpiScript) -> Self {
        let wire = SpiWire::simulated(move |operations| script.exchange(operations), self.hand.clone());
        self.spi.push(((bus, select), wire));
        self
    }

    /// From now on this is wrong with every simulated bus.
    pub fn trouble(&self, trouble: Trouble) {
        self.troubles.set(trouble);
    }

    /// The same bench in another time zone.
    #[must_use]
    pub fn with_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// The same bench, where an earlier run reached `at` in `stream`.
    #[must_use]
    pub fn with_place(mut self, stream: &str, at: u64) -> Self {
        self.places.push((stream.into(), at));
        self
    }

    /// The same bench with a switch on the GPIO line that options call `line`: `17` for pin 17, `mcp23017-3` for line 3 of the
    /// chip mcp23017.
    #[must_use]
    pub fn with_line(mut self, line: &str, switch: &Switch) -> Self {
        self.lines.push((line.into(), switch.clone()));
        self
    }

    fn site(&self, id: &str) -> Site {
        let places = self.places.clone();
        let site = Site::new(id, &self.root, self.clock.clone(), self.zone.clone(), self.state.clone());
        let site = self.buses.iter().fold(site, |site, (number, bus)| site.with_i2c(*number, bus.clone()));
        let site = self.spi.iter().fold(site, |site, (place, wire)| site.with_spi(*place, wire.clone()));
        let site = self.lines.iter().fold(site, |site, (line, switch)| switch.clone().on(site, line));
        site.with_places(move |stream| places.iter().find(|(name, _)| name == stream).map(|(_, at)| *at))
    }

    /// The bench's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Reads options from a TOML snippet: what would stand below `[[inputs.NAME]]`.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn options(&self, plugin: &Plugin, toml: &str) -> Result<Box<dyn Options>, BuildError> {
        self.read(plugin, toml).map(|(_, options)| options)
    }

    fn read<'p>(&self, plugin: &'p Plugin, toml: &str) -> Result<(&'p Kind, Box<dyn Options>), BuildError> {
        let mut table = Table::parse(toml).map_err(BuildError::Options)?;
        let mut faults = Faults::default();
        let chosen = match plugin.selector {
            None => Some(String::new()),
            Some(selector) => match table.take(selector.key) {
                Some(value) => value.get_ref().as_str().map(str::to_owned),
                None => selector.default.map(str::to_owned),
            },
        };
        let Some(kind) = chosen.as_deref().and_then(|name| plugin.kind(name)) else {
            faults.add(plugin.selector.map_or("", |s| s.key), "no such kind");
            return Err(BuildError::Options(faults));
        };
        kind.read(&table).map(|options| (kind, options)).map_err(BuildError::Options)
    }

    /// Builds an input from a TOML snippet.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(&self, plugin: &Plugin, toml: &str) -> Result<Driven, BuildError> {
        let options = self.options(plugin, toml)?;
        Ok(Driven { drive: options.build(&self.site(plugin.name))?.drive, clock: self.clock.clone() })
    }

    /// Builds what takes an input's place in a run without devices, on a bench that has none.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn simulated(plugin: &Plugin, toml: &str) -> Result<Driven, BuildError> {
        let bench = Self::new("/nowhere");
        let (kind, options) = bench.read(plugin, toml)?;
        Ok(Driven { drive: options.simulated(kind, &bench.site(plugin.name))?.drive, clock: bench.clock })
    }

    /// All that a look around finds; nothing where the plugin cannot look.
    pub fn scan(&self, plugin: &Plugin) -> Vec<Found> {
        let mut all = Vec::new();
        if let Some(scan) = plugin.scan {
            scan(&self.site(plugin.name), &mut |found| all.push(found));
        }
        all
    }

    /// The root, where it is a tree of the test's own.
    fn own_root(&self) -> Option<&Path> {
        Some(self.root.as_path()).filter(|root| root.parent().is_some())
    }

    fn has_i2c(&self) -> bool {
        !self.buses.is_empty()
    }

    /// How many hold one of the buses, the bench included.
    fn holders(&self) -> usize {
        self.buses.iter().map(|(_, bus)| bus.holders()).sum()
    }
}

/// An input in the hands of a test.
pub struct Driven {
    drive: Drive,
    clock: Clock,
}

impl Driven {
    /// The time that a round has.
    const TIME: Duration = Duration::from_secs(10);

    /// Asks a sampler once, with ten seconds to do it in.
    ///
    /// # Errors
    /// What the sampler said. [`InputError::Misconfigured`] where the input is a listener.
    pub fn sample(&mut self) -> Result<Readings, InputError> {
        let mut out = Readings::new(&self.clock, Self::TIME);
        self.sampler()?.sample(&mut out)?;
        Ok(out)
    }

    fn sampler(&mut self) -> Result<&mut Box<dyn Sampler>, InputError> {
        match &mut self.drive {
            Drive::Sampled(sampler) => Ok(sampler),
            Drive::Listening(_) => Err(InputError::misconfigured("this input is a listener")),
        }
    }

    /// Starts a listener on a thread of its own.
    ///
    /// # Panics
    /// Where the input is a sampler, or the process has no file descriptor left: the test is wrong.
    pub fn listen(self) -> Listening {
        let Drive::Listening(mut listener) = self.drive else { panic!("this input is a sampler") };
        let (stop, stopper) = Stop::new().expect("a file descriptor");
        let heard = Arc::new(Recorder::default());
        let outlet = Outlet::new(heard.clone(), self.clock, stop.clone());
        let thread = std::thread::spawn(move || listener.listen(&outlet, &stop));
        Listening { heard, stopper, thread }
    }

    /// The listener itself, for a test that drives it on its own thread.
    ///
    /// # Errors
    /// Where the input is a sampler.
    pub fn into_listener(self) -> Result<Box<dyn Listener>, InputError> {
        match self.drive {
            Drive::Listening(listener) => Ok(listener),
            Drive::Sampled(_) => Err(InputError::misconfigured("this input is a sampler")),
        }
    }
}

/// A listener at work.
pub struct Listening {
    heard: Arc<Recorder>,
    stopper: Stopper,
    thread: std::thread::JoinHandle<Result<(), InputError>>,
}

impl Listening {
    /// What it sent and where it stands.
    pub fn heard(&self) -> &Recorder {
        &self.heard
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// What the listener said.
    ///
    /// # Panics
    /// Where the listener panicked.
    pub fn ended(self) -> Result<Arc<Recorder>, InputError> {
        self.thread.join().expect("the listener panicked")?;
        Ok(self.heard)
    }

    /// Tells it to stop and waits for it.
    ///
    /// # Errors
    /// What the listener said.
    ///
    /// # Panics
    /// Where the listener panicked.
    pub fn stop(self) -> Result<Arc<Recorder>, InputError> {
        self.stopper.stop();
        self.thread.join().expect("the listener panicked")?;
        Ok(self.heard)
    }
}

/// A sink that keeps all it is sent. Everything sent counts as accepted and, until a test says otherwise, as settled.
#[derive(Debug, Default)]
pub struct Recorder {
    kept: Mutex<Kept>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Kept {
    lines: Vec<String>,
    epochs: Vec<Epoch>,
    refused: Vec<(String, &'static str)>,
    remarks: Vec<(String, String)>,
    positions: Vec<(String, u64)>,
    full: bool,
}

impl Recorder {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every reading as `key value`, in the order of acceptance.
    pub fn lines(&self) -> Vec<String> {
        self.kept().lines.clone()
    }

    /// The epochs of the readings, in the same order.
    pub fn epochs(&self) -> Vec<Epoch> {
        self.kept().epochs.clone()
    }

    /// Key and cause of everything refused.
    pub fn refused(&self) -> Vec<(String, &'static str)> {
        self.kept().refused.clone()
    }

    /// Topics and words of all remarks.
    pub fn remarks(&self) -> Vec<(String, String)> {
        self.kept().remarks.clone()
    }

    /// Waits until at least `count` readings are there; panics after a generous minute, for then none will come.
    ///
    /// # Panics
    /// After a minute.
    pub fn wait_for(&self, count: usize) -> Vec<String> {
        let waited =
            self.news.wait_timeout_while(self.kept(), Duration::from_secs(60), |kept| kept.lines.len() < count);
        let (kept, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "waited for {count} readings, have {:?}", kept.lines);
        kept.lines.clone()
    }

    /// From now on the spool is full: an input that cannot wait is told so.
    pub fn fill(&self, full: bool) {
        self.kept().full = full;
    }

    /// Lets a stream begin at a place that an earlier run reached.
    pub fn place(&self, stream: &str, at: u64) {
        self.kept().positions.push((stream.into(), at));
    }
}

impl Sink for Recorder {
    fn send(&self, readings: &Readings, position: Option<Position<'_>>, _: &Stop) -> Result<(), SendError> {
        let mut kept = self.kept();
        if kept.full {
            return Err(SendError::Full);
        }
        for item in readings.items() {
            kept.lines.push(format!("{} {}", item.key, item.value));
            kept.epochs.push(item.when.epoch(readings.began()));
        }
        let each = |r: &Refused| (0..r.count).map(|_| (r.key.clone(), r.cause)).collect::<Vec<_>>();
        kept.refused.extend(readings.refused().iter().flat_map(each));
        kept.remarks.extend(readings.remarks().iter().cloned());
        if let Some(position) = position {
            kept.positions.retain(|(stream, _)| stream != position.stream);
            kept.positions.push((position.stream.into(), position.at));
        }
        self.news.notify_all();
        Ok(())
    }

    fn settled(&self, stream: &str) -> Option<u64> {
        self.positions().into_iter().find(|(name, _)| name == stream).map(|(_, at)| at)
    }

    fn positions(&self) -> Vec<(String, u64)> {
        self.kept().positions.clone()
    }

    fn forget(&self, stream: &str) {
        self.kept().positions.retain(|(name, _)| name != stream);
    }
}

impl Readings {
    /// Every reading as `key value`.
    pub fn lines(&self) -> Vec<String> {
        self.items().iter().map(|item| format!("{} {}", item.key, item.value)).collect()
    }
}
