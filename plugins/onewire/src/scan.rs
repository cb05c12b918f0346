//! Looks for what the kernel lists on its 1-Wire buses.

use streamer_plugin::sysfs::entries;
use streamer_plugin::{Found, Site};

use crate::bus;

/// Tells all temperature sensors as one input, and devices that are none.
pub(crate) fn scan(site: &Site, tell: &mut dyn FnMut(Found)) {
    let folder = bus::folder(site);
    if !folder.is_dir() {
        // Few machines have such a bus, and none of them misses it.
        return;
    }
    let sensors = bus::sensors(&folder);
    if sensors.is_empty() {
        tell(Found::Remark(
            "the kernel has a 1-Wire bus and no temperature sensor on it: check the data wire (GPIO4, pin 7, unless gpiopin \
             says otherwise) and its pull-up of 4.7 kOhm"
                .into(),
        ));
    } else {
        let named = sensors.keys().map(|id| format!("\"{id}\" = \"temperature_{id}\"")).collect::<Vec<_>>().join(", ");
        let about = match sensors.len() {
            1 => "a temperature sensor on the 1-Wire bus; give it a name".to_owned(),
            count => format!("{count} temperature sensors on the 1-Wire bus; give them names"),
        };
        tell(Found::Input { about, options: format!("names = {{ {named} }}") });
    }
    for (name, _) in entries(&folder) {
        // Families of two digits and a serial number; the masters are called otherwise.
        let device = name.split_once('-').is_some_and(|(family, serial)| family.len() == 2 && serial.len() == 12);
        if device && crate::SensorId::parse(&name).is_none() {
            tell(Found::Remark(format!("{name} on the 1-Wire bus is no temperature sensor that this build knows")));
        }
    }
}
