//! What a configuration is read against: the plugins there are, the environment, and a reader of ini files.
//!
//! Nothing in this crate asks the environment by itself, so tests can give it another.

use std::ffi::OsString;
use std::path::Path;

use streamer_plugin::{Plugin, Secret};

/// What is around a configuration.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The plugins that inputs can be made of.
    pub plugins: &'a [Plugin],
    /// Inputs and outputs that this program could have and was built without: to name one is a mistake of its own.
    pub left_out: &'a [&'a str],
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// What the Python client's ini file says, or why it cannot be read, in one sentence without a secret.
    pub ini: &'a dyn Fn(&Path) -> Result<IniSettings, String>,
    /// The run is to be simulated: variables that are not set and keys that are not there are no mistake, and the state
    /// folder is one of its own in the user's home, whatever the configuration says.
    pub simulated: bool,
}

/// What an output takes from an ini file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IniSettings {
    /// The account's key, where the file has one.
    pub access_key: Option<Secret>,
    /// Where the service is.
    pub api_base: Option<String>,
    /// What should be said to the person who wrote the file.
    pub warnings: Vec<String>,
}

impl<'a> Surroundings<'a> {
    /// These plugins in the environment of this process, with a way to read ini files.
    pub fn of_process(plugins: &'a [Plugin], ini: &'a dyn Fn(&Path) -> Result<IniSettings, String>) -> Self {
        Self { plugins, left_out: &[], variable: &variable, ini, simulated: false }
    }

    /// These plugins with nothing around: no variable is set, and no ini file can be read.
    pub fn bare(plugins: &'a [Plugin]) -> Self {
        let ini: &dyn Fn(&Path) -> Result<IniSettings, String> = &|_| Err("ini files are not read here".into());
        Self { plugins, left_out: &[], variable: &|_| None, ini, simulated: false }
    }

    /// A variable that is set to something, as a path or text.
    pub(crate) fn set(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }
}

/// A variable of this process. A command that is typed by hand has no credentials of its own; those of the service lie
/// where the service manager takes them from, for whoever may read them.
fn variable(name: &str) -> Option<OsString> {
    let given = std::env::var_os(name);
    given.or_else(|| (name == "CREDENTIALS_DIRECTORY").then(|| "/etc/credstore".into()))
}
