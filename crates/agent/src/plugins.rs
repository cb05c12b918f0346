//! The one list of inputs. What does not stand here is not in the program.

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
