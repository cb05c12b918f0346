//! Where a test builds inputs: a root for their files, simulated buses and lines, and a clock that only the test moves.

use std::path::{Path, PathBuf};

use streamer_clock::{Clock, Hand, Moment, SinceBoot, Zone};
use streamer_reading::Epoch;

use super::trouble::{Troubled, Troubles};
use super::{Driven, SpiScript, Switch, Trouble};
use crate::options::{Faults, Table};
use crate::spi::SpiWire;
use crate::{Chips, Found, I2cBus, InputError, Kind, Options, Plugin, Site, State, Wire};

/// A place where inputs are built and driven by hand, with a clock that only the test moves.
#[derive(Debug)]
pub struct Bench {
    /// Moves the clock.
    pub hand: Hand,
    clock: Clock,
    pub(super) root: PathBuf,
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

    pub(super) fn read<'p>(&self, plugin: &'p Plugin, toml: &str) -> Result<(&'p Kind, Box<dyn Options>), BuildError> {
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
        Ok(Driven::new(options.build(&self.site(plugin.name))?.drive, self.clock.clone()))
    }

    /// Builds what takes an input's place in a run without devices, on a bench that has none.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn simulated(plugin: &Plugin, toml: &str) -> Result<Driven, BuildError> {
        let bench = Self::new("/nowhere");
        let (kind, options) = bench.read(plugin, toml)?;
        Ok(Driven::new(options.simulated(kind, &bench.site(plugin.name))?.drive, bench.clock))
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
    pub(super) fn own_root(&self) -> Option<&Path> {
        Some(self.root.as_path()).filter(|root| root.parent().is_some())
    }

    pub(super) fn has_i2c(&self) -> bool {
        !self.buses.is_empty()
    }

    /// How many hold one of the buses, the bench included.
    pub(super) fn holders(&self) -> usize {
        self.buses.iter().map(|(_, bus)| bus.holders()).sum()
    }
}
