//! What an input finds around it: the root of the files it reads, the clock, a small state of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use embedded_hal::spi::Mode;
use streamer_clock::{Clock, Zone};

use crate::spi::SpiWire;
use crate::{Contact, I2cBus, InputError, SpiDevice};

/// The place where an input is built.
#[derive(Clone)]
pub struct Site {
    id: String,
    root: PathBuf,
    clock: Clock,
    zone: Zone,
    state: State,
    buses: BTreeMap<u8, I2cBus>,
    every_bus: Option<I2cBus>,
    spi: BTreeMap<(u8, u8), SpiWire>,
    lines: BTreeMap<String, Simulated>,
    every_line: Option<Simulated>,
    reached: Option<Reached>,
}

/// Makes contact with a simulated line.
type Simulated = Arc<dyn Fn() -> io::Result<Box<dyn Contact>> + Send + Sync>;

/// Tells how far a stream of the input was accepted.
type Reached = Arc<dyn Fn(&str) -> Option<u64> + Send + Sync>;

impl Site {
    /// A site for the input `id` whose /proc, /sys and /dev lie below `root`.
    pub fn new(id: impl Into<String>, root: impl Into<PathBuf>, clock: Clock, zone: Zone, state: State) -> Self {
        Self {
            id: id.into(),
            root: root.into(),
            clock,
            zone,
            state,
            buses: BTreeMap::new(),
            every_bus: None,
            spi: BTreeMap::new(),
            lines: BTreeMap::new(),
            every_line: None,
            reached: None,
        }
    }

    /// The id by which this input is known everywhere.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The folder below which /proc, /sys and /dev are looked for; `/` unless the configuration says otherwise.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// An absolute path as it lies below the root: `/proc/stat` is `ROOT/proc/stat`.
    pub fn path(&self, absolute: impl AsRef<Path>) -> PathBuf {
        let absolute = absolute.as_ref();
        self.root.join(absolute.strip_prefix("/").unwrap_or(absolute))
    }

    /// This site with another root, for inputs that have a `root` of their own.
    #[must_use]
    pub fn below(&self, root: Option<&Path>) -> Self {
        let root = root.map_or_else(|| self.root.clone(), Path::to_owned);
        Self { root, ..self.clone() }
    }

    /// This site with a bus of its own as I2C bus `number`, in place of the machine's: a simulated one, mostly.
    #[must_use]
    pub fn with_i2c(mut self, number: u8, bus: I2cBus) -> Self {
        self.buses.insert(number, bus);
        self
    }

    /// This site with this one as every I2C bus that is none of its own: nothing of the machine's is opened.
    #[must_use]
    pub(crate) fn with_every_i2c(self, bus: I2cBus) -> Self {
        Self { every_bus: Some(bus), ..self }
    }

    /// The I2C bus of that number: the site's own, or the machine's, which all inputs share and which is closed when the
    /// last of them lets it go.
    ///
    /// ```no_run
    /// # fn build(site: &streamer_plugin::Site) -> Result<(), streamer_plugin::InputError> {
    /// use streamer_plugin::embedded_hal::i2c::I2c;
    ///
    /// // Whatever takes an `embedded_hal::i2c::I2c` takes this.
    /// let mut device = site.i2c(1)?.device(site.clock());
    /// let mut identity = [0];
    /// device.write_read(0x76, &[0xd0], &mut identity).map_err(streamer_plugin::InputError::again)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InputError::Gone`] where there is no such bus, [`InputError::Misconfigured`] where it may not be opened; both
    /// say what to do.
    pub fn i2c(&self, number: u8) -> Result<I2cBus, InputError> {
        let own = self.buses.get(&number).or(self.every_bus.as_ref());
        own.map_or_else(|| crate::i2c::open(&self.root, number), |bus| Ok(bus.clone()))
    }

    /// The numbers of all I2C buses, the site's own and the machine's, in order.
    pub fn i2c_buses(&self) -> Vec<u8> {
        let mut numbers: Vec<u8> = self.buses.keys().copied().collect();
        numbers.extend(crate::i2c::numbers(&self.path("/dev")));
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// This site with a simulated device at chip select `select` of SPI bus `bus`.
    #[cfg(feature = "testkit")]
    #[must_use]
    pub(crate) fn with_spi(mut self, place: (u8, u8), wire: SpiWire) -> Self {
        self.spi.insert(place, wire);
        self
    }

    /// The device at chip select `select` of SPI bus `bus`, which is `/dev/spidevBUS.SELECT`, spoken to in this mode with a
    /// clock of at most `hertz`. Whatever takes an `embedded_hal::spi::SpiDevice` takes this.
    ///
    /// # Errors
    /// [`InputError::Gone`] where there is no such device, [`InputError::Misconfigured`] where it may not be opened or does
    /// not take these settings; all say what to do.
    pub fn spi(&self, bus: u8, select: u8, mode: Mode, hertz: u32) -> Result<SpiDevice, InputError> {
        let wire = match self.spi.get(&(bus, select)) {
            Some(wire) => wire.clone(),
            None => SpiWire::open(&self.root, (bus, select), mode, hertz)?,
        };
        Ok(wire.device(&self.clock))
    }

    /// This site with a GPIO line of its own, in place of the machine's. It is called as its input is: `17`, `mcp23017-3`.
    #[must_use]
    pub fn with_line(
        mut self,
        line: String,
        contact: impl Fn() -> io::Result<Box<dyn Contact>> + Send + Sync + 'static,
    ) -> Self {
        self.lines.insert(line, Arc::new(contact));
        self
    }

    /// This site with GPIO lines of its own only: whatever a line is called, this makes contact with one.
    #[must_use]
    pub fn with_every_line(
        mut self,
        contact: impl Fn() -> io::Result<Box<dyn Contact>> + Send + Sync + 'static,
    ) -> Self {
        self.every_line = Some(Arc::new(contact));
        self
    }

    /// The GPIO line that this site was given under that name; none where the machine's own is meant.
    ///
    /// # Errors
    /// The line's.
    pub fn line(&self, line: &str) -> io::Result<Option<Box<dyn Contact>>> {
        self.lines.get(line).or(self.every_line.as_ref()).map(|contact| contact()).transpose()
    }

    /// This site with what tells how far a stream of the input was accepted.
    #[must_use]
    pub fn with_places(mut self, reached: impl Fn(&str) -> Option<u64> + Send + Sync + 'static) -> Self {
        self.reached = Some(Arc::new(reached));
        self
    }

    /// How far `stream` was when readings of it were last accepted, over all restarts: what a sampler said with
    /// [`crate::Readings::reach`].
    pub fn reached(&self, stream: &str) -> Option<u64> {
        self.reached.as_ref().and_then(|reached| reached(stream))
    }

    /// The clock; there is no other.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The agent's time zone, for stamps without one.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// A small state that outlives the process.
    pub fn state(&self) -> &State {
        &self.state
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({} below {})", self.id, self.root.display())
    }
}

/// A few small values that outlive the process, each written whole or not at all. For facts that change rarely: places
/// in a stream go with the readings, through [`crate::Position`].
#[derive(Clone, Default)]
pub struct State {
    folder: Option<PathBuf>,
}

impl State {
    /// A state below `folder`, which is made when the first value is kept.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// A state that keeps nothing; for `test` and other runs that must leave no trace.
    pub fn none() -> Self {
        Self::default()
    }

    /// The value kept under `name`, if there is one.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn get(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(path) = self.file(name) else { return Ok(None) };
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps `value` under `name`: written beside, synced, and renamed over the old one.
    ///
    /// # Errors
    /// Where the state folder cannot be written.
    pub fn put(&self, name: &str, value: &[u8]) -> io::Result<()> {
        let Some(path) = self.file(name) else { return Ok(()) };
        if let Some(folder) = &self.folder {
            std::fs::create_dir_all(folder)?;
        }
        let beside = path.with_extension("new");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(value)?;
        file.sync_all()?;
        std::fs::rename(beside, path)
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(streamer_reading::word(name)))
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({:?})", self.folder)
    }
}
