//! What a crate exports to make inputs of one kind.
//!
//! A plugin is plain data: a name, a line about it and a list of kinds. Nothing registers itself anywhere.

use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;

use crate::found::Scan;
use crate::options::{Faults, Table};
use crate::{Chips, Claim, Found, I2cBus, Input, InputError, Simulated, Site};

/// What the typed options of one input can do. The type itself derives `Deserialize` and `JsonSchema`, and every field
/// has a doc comment: that is the validation, the schema, the sample and the reference.
pub trait Options: Send + Sync {
    /// Builds the input. May be called any number of times, for an input is built again after a failure.
    ///
    /// # Errors
    /// [`InputError::Gone`] where the device is not there yet, [`InputError::Misconfigured`] where only a person helps.
    fn build(&self, site: &Site) -> Result<Input, InputError>;

    /// Whether it could be built and read now, for `streamer check --probe`: an input whose `build` opens nothing looks here.
    ///
    /// # Errors
    /// As [`Options::build`].
    fn probe(&self, site: &Site) -> Result<(), InputError> {
        self.build(site).map(drop)
    }

    /// Builds what takes its place in a run without devices (`streamer run --simulate`): the same readings as far as the
    /// options tell them, and no touch of anything on the machine. An input whose kind has [`Kind::chips`] builds itself on
    /// those; GPIO lines are the site's own already; for all else there is [`Simulated`].
    ///
    /// # Errors
    /// As [`Options::build`].
    fn simulated(&self, kind: &Kind, site: &Site) -> Result<Input, InputError> {
        if let Some(chips) = kind.chips {
            let chips = Chips::parse(chips).map_err(InputError::misconfigured)?;
            return self.build(&site.clone().with_every_i2c(I2cBus::new(chips)));
        }
        if kind.makes.is_empty() {
            return Err(InputError::misconfigured(
                "its plugin does not say what it makes, so there is nothing to simulate: its `Kind` lacks `.chips(...)` or \
                 `.makes(...)`",
            ));
        }
        Ok(Input::sampler(Simulated::all_of(kind.makes)))
    }

    /// Checks what types cannot say; each fault names the option it is about.
    fn check(&self, _faults: &mut Faults) {}

    /// What this input needs for itself alone.
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }

    /// The natural key behind the plugin's name in the default id: `1-76` for `i2c-1-76`. Empty: the name alone.
    fn natural_key(&self) -> String {
        String::new()
    }

    /// Whether this input can wait for room in the spool, because its source keeps what was not read yet.
    fn can_wait(&self) -> bool {
        false
    }

    /// Whether it builds a listener, which tells by itself and has no schedule.
    fn listens(&self) -> bool {
        false
    }
}

/// A key that the input makes, for the reference.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    /// The bare key, with parts in capitals that depend on the device: `net_NAME_rx`.
    pub key: &'static str,
    /// The unit: `°C`, `bytes/s`; empty for a state or a count.
    pub unit: &'static str,
    /// What it tells.
    pub about: &'static str,
}

/// One value of a plugin's selector, and the options type that belongs to it.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The value of the selector; empty where the plugin has none.
    pub name: &'static str,
    /// The keys it makes.
    pub makes: &'static [Made],
    chips: Option<&'static str>,
    read: fn(&Table<'_>) -> Result<Box<dyn Options>, Faults>,
    schema: fn() -> Schema,
}

impl Kind {
    /// The kind `name` with options of type `O`.
    pub const fn of<O: Options + DeserializeOwned + JsonSchema + 'static>(name: &'static str) -> Self {
        Self {
            name,
            makes: &[],
            chips: None,
            read: |table| table.read::<O>().map(|options| Box::new(options) as Box<dyn Options>),
            schema: crate::options::schema_of::<O>,
        }
    }

    /// The same kind with the keys it makes.
    #[must_use]
    pub const fn makes(self, makes: &'static [Made]) -> Self {
        Self { makes, ..self }
    }

    /// The same kind with chips, described as [`Chips`] understand it: in a run without devices (`streamer run
    /// --simulate`) they are what it finds on whatever I2C bus it opens.
    #[must_use]
    pub const fn chips(self, chips: &'static str) -> Self {
        Self { chips: Some(chips), ..self }
    }

    /// Whether it has chips for a run without devices.
    #[cfg(feature = "testkit")]
    pub(crate) fn has_chips(&self) -> bool {
        self.chips.is_some()
    }

    /// Typed options out of a table from which the common keys were taken, or every mistake in it.
    ///
    /// # Errors
    /// All faults at once, each with its place.
    pub fn read(&self, table: &Table<'_>) -> Result<Box<dyn Options>, Faults> {
        let options = self.types(table)?;
        let mut faults = Faults::default();
        options.check(&mut faults);
        if faults.is_empty() { Ok(options) } else { Err(faults.placed_in(table)) }
    }

    /// The options as far as types alone can tell.
    pub(crate) fn types(&self, table: &Table<'_>) -> Result<Box<dyn Options>, Faults> {
        (self.read)(table)
    }

    /// The JSON Schema of the options.
    pub fn schema(&self) -> Schema {
        (self.schema)()
    }
}

/// The option that picks a plugin's options type before anything else is read: `sensor`, `mode`, `format`.
#[derive(Debug, Clone, Copy)]
pub struct Selector {
    /// The option's name.
    pub key: &'static str,
    /// What is meant where it is left out; none: it must be given.
    pub default: Option<&'static str>,
}

/// What a crate exports to make inputs: put it into the agent's list, and `[[inputs.NAME]]` works.
#[derive(Clone, Copy)]
pub struct Plugin {
    /// The word behind `inputs.`.
    pub name: &'static str,
    /// One line about it, without a capital or a full stop.
    pub about: &'static str,
    /// Which option picks the kind; none where there is one kind.
    pub selector: Option<Selector>,
    /// The kinds, in the order of the reference.
    pub kinds: &'static [Kind],
    /// Looks around the machine for what this input could read; none where there is nothing to look for.
    pub scan: Option<Scan>,
}

impl Plugin {
    /// A plugin of one kind.
    pub const fn new(name: &'static str, about: &'static str, kinds: &'static [Kind]) -> Self {
        Self { name, about, selector: None, kinds, scan: None }
    }

    /// The same plugin, whose kind is picked by the option `key`.
    #[must_use]
    pub const fn selected_by(self, key: &'static str, default: Option<&'static str>) -> Self {
        Self { selector: Some(Selector { key, default }), ..self }
    }

    /// The same plugin, which can look around the machine: `streamer scan` tells what it finds. The function tells each
    /// thing as soon as it knows of it, may block for some seconds, and changes nothing on the machine.
    #[must_use]
    pub const fn scanned_by(self, scan: fn(&Site, &mut dyn FnMut(Found))) -> Self {
        Self { scan: Some(scan), ..self }
    }

    /// The kind of that name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plugin({})", self.name)
    }
}
