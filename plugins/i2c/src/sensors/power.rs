//! What all chips have in common that measure a current by the voltage across a shunt.

use streamer_plugin::Readings;
use streamer_plugin::options::Faults;

use crate::quantity::Quantity;

pub(crate) const VOLTAGE: Quantity = Quantity::new("voltage", "V", "voltage of the bus", (0.0, 0.0), 5);
pub(crate) const SHUNT: Quantity = Quantity::new(
    "shunt_voltage",
    "V",
    "voltage across the shunt; negative where the current flows back",
    (-1.0, 1.0),
    7,
);
pub(crate) const CURRENT: Quantity =
    Quantity::new("current", "A", "current; negative where it flows back", (f64::MIN, f64::MAX), 6);
pub(crate) const POWER: Quantity =
    Quantity::new("power", "W", "power; negative where it flows back", (f64::MIN, f64::MAX), 6);

/// Puts what follows from a bus voltage and a shunt voltage. At `full_scale` the chip's converter is at its end: the
/// current is that or any larger one.
pub(crate) fn put(out: &mut Readings, voltage: &Quantity, bus: f64, shunt: f64, full_scale: f64, ohm: f64) {
    voltage.put(out, bus);
    if shunt.abs() >= full_scale {
        let words = format_args!(
            "{:.1} mV across the shunt is the end of the range: the current is larger; set a larger max_current or use \
             a smaller shunt",
            shunt * 1e3
        );
        CURRENT.refuse(out, "range", words);
        return;
    }
    SHUNT.put(out, shunt);
    CURRENT.put(out, shunt / ohm);
    if voltage.holds(bus) {
        POWER.put(out, shunt / ohm * bus);
    }
}

/// Refuses a shunt that cannot be, and a current that the chip could not measure with it.
pub(crate) fn judge_shunt(ohm: f64, max_current: Option<f64>, full_scale: f64, faults: &mut Faults) {
    if !(1e-6..=1e6).contains(&ohm) {
        faults.add("shunt", "a resistance in ohm, such as 0.1");
        return;
    }
    let Some(current) = max_current else { return };
    if !(current > 0.0 && current.is_finite()) {
        faults.add("max_current", "a current in ampere, above 0");
    } else if current * ohm > full_scale * 1.000_001 {
        let words = format!(
            "{current} A through {ohm} ohm is {:.0} mV, and the chip measures {:.2} mV at most",
            current * ohm * 1e3,
            full_scale * 1e3
        );
        faults.add_with_help("max_current", words, "use a smaller shunt");
    }
}
