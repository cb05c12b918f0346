//! The keys of accelerometers, gyroscopes and compasses.

use streamer_plugin::Readings;

use crate::quantity::Quantity;

/// Standard gravity.
pub(crate) const GRAVITY: f64 = 9.806_65;

const fn axis(key: &'static str, unit: &'static str, about: &'static str, most: f64) -> Quantity {
    Quantity::new(key, unit, about, (-most, most), 4)
}

pub(crate) const ACCELERATION: [Quantity; 3] = [
    axis("acceleration_x", "m/s²", "acceleration along x; 9.8 along an axis that points up", 160.0),
    axis("acceleration_y", "m/s²", "acceleration along y", 160.0),
    axis("acceleration_z", "m/s²", "acceleration along z", 160.0),
];
pub(crate) const ROTATION: [Quantity; 3] = [
    axis("rotation_x", "°/s", "rotation about x", 2000.0),
    axis("rotation_y", "°/s", "rotation about y", 2000.0),
    axis("rotation_z", "°/s", "rotation about z", 2000.0),
];
pub(crate) const FIELD: [Quantity; 3] = [
    axis("field_x", "µT", "magnetic field along x", 190.0),
    axis("field_y", "µT", "magnetic field along y", 190.0),
    axis("field_z", "µT", "magnetic field along z", 210.0),
];

/// Puts three values under the three keys of a quantity.
pub(crate) fn put(out: &mut Readings, axes: &[Quantity; 3], values: [f64; 3]) {
    for (axis, value) in axes.iter().zip(values) {
        axis.put(out, value);
    }
}
