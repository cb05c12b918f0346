//! The one list of inputs, and of what this build was made without. What does not stand here is not in the program.

use streamer_plugin::Plugin;

/// A list of inputs to make an agent of.
#[derive(Debug, Clone)]
pub struct Plugins(Vec<Plugin>);

/// Every input of this repository that this build has.
pub fn builtin() -> Plugins {
    Plugins(vec![
        #[cfg(feature = "system")]
        streamer_system::PLUGIN,
        #[cfg(feature = "gpio")]
        streamer_gpio::PLUGIN,
        #[cfg(feature = "i2c")]
        streamer_i2c::PLUGIN,
        #[cfg(feature = "onewire")]
        streamer_onewire::PLUGIN,
        #[cfg(feature = "iio")]
        streamer_iio::PLUGIN,
        #[cfg(feature = "exec")]
        streamer_exec::PLUGIN,
        #[cfg(feature = "tail")]
        streamer_tail::PLUGIN,
        crate::own::PLUGIN,
    ])
}

/// Inputs and outputs of this repository that this build was made without.
pub(crate) const LEFT_OUT: &[&str] = &[
    #[cfg(not(feature = "system"))]
    "system",
    #[cfg(not(feature = "gpio"))]
    "gpio",
    #[cfg(not(feature = "i2c"))]
    "i2c",
    #[cfg(not(feature = "onewire"))]
    "onewire",
    #[cfg(not(feature = "iio"))]
    "iio",
    #[cfg(not(feature = "exec"))]
    "exec",
    #[cfg(not(feature = "tail"))]
    "tail",
    #[cfg(not(feature = "initial_state"))]
    "initial_state",
    #[cfg(not(feature = "local"))]
    "local",
    #[cfg(not(feature = "csv"))]
    "csv",
];

impl Plugins {
    /// The same list with one more; one of the same name is replaced.
    #[must_use]
    pub fn with(mut self, plugin: Plugin) -> Self {
        self.0.retain(|other| other.name != plugin.name);
        self.0.push(plugin);
        self
    }

    /// The list, for as long as the program runs.
    pub(crate) fn leak(self) -> &'static [Plugin] {
        self.0.leak()
    }
}
