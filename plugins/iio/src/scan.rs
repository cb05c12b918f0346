//! Looks for devices that a driver of the kernel reads already.

use streamer_plugin::{Found, Site};

use crate::devices::{self, Bus};

/// What the 1-Wire driver shows here too; the input `onewire` sees more of it.
const ONE_WIRE: &str = "w1_slave_temp";

/// Tells every IIO and hwmon device that measures something, under the name that stays the same.
pub(crate) fn scan(site: &Site, tell: &mut dyn FnMut(Found)) {
    for (bus, driver) in [(Bus::Iio, "an IIO driver"), (Bus::Hwmon, "a hwmon driver")] {
        let (found, doubtful) = devices::find(site, bus);
        for device in found.iter().filter(|found| !found.channels.is_empty() && found.device.name != ONE_WIRE) {
            let channels: Vec<&str> = device.channels.iter().map(|channel| channel.word.as_str()).collect();
            let place = device.device.address.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
            tell(Found::Input {
                about: format!("{}{place}, read by {driver}: {}", device.device.name, channels.join(", ")),
                options: format!("device = \"{}\"", device.name),
            });
        }
        for name in doubtful {
            tell(Found::Remark(format!(
                "several devices of {driver} are called {name} and nothing tells them apart; they are left out"
            )));
        }
    }
}
