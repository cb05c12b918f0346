//! What is measured: how the kernel writes it, the key and unit it gets here, and what cannot be.
//!
//! Units are those of the kernel's ABI (`Documentation/ABI/testing/sysfs-bus-iio` and `sysfs-class-hwmon`), without their
//! milli and micro where people do not use them.

use streamer_plugin::Made;

/// One kind of measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantity {
    /// The kind's word in file names: `temp` in `in_temp_raw` and `temp1_input`.
    kind: &'static str,
    /// The word for it in a key.
    pub(crate) word: &'static str,
    /// The unit of its readings.
    pub(crate) unit: &'static str,
    /// How many of the kernel's units make one of ours.
    pub(crate) per: f64,
    /// What can be, in our unit.
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// How far beyond both ends the chip's formula may reach in good health: then the end is told.
    slack: f64,
}

const fn quantity(kind: &'static str, word: &'static str, unit: &'static str, per: f64, range: (f64, f64)) -> Quantity {
    Quantity { kind, word, unit, per, low: range.0, high: range.1, slack: 0.0 }
}

const HUMIDITY: (f64, f64) = (0.0, 100.0);
const VOLTAGE: (f64, f64) = (-10_000.0, 10_000.0);
const CURRENT: (f64, f64) = (-10_000.0, 10_000.0);
const POWER: (f64, f64) = (-1e7, 1e7);
const ENERGY: (f64, f64) = (0.0, 1e15);
const ANY: (f64, f64) = (f64::MIN, f64::MAX);
/// Thermocouples included.
const TEMPERATURE: (f64, f64) = (-273.15, 2000.0);
/// What boards, processors, disks and the chips beside them have.
const BOARD: (f64, f64) = (-55.0, 200.0);

const IIO: &[Quantity] = &[
    quantity("voltage", "voltage", "V", 1e3, VOLTAGE),
    quantity("altvoltage", "altvoltage", "V", 1e3, VOLTAGE),
    quantity("current", "current", "A", 1e3, CURRENT),
    quantity("altcurrent", "altcurrent", "A", 1e3, CURRENT),
    quantity("power", "power", "W", 1e3, POWER),
    quantity("energy", "energy", "J", 1.0, ENERGY),
    quantity("temp", "temperature", "°C", 1e3, TEMPERATURE),
    quantity("humidityrelative", "humidity", "%", 1e3, HUMIDITY),
    // Gauges may be below the air around them.
    quantity("pressure", "pressure", "kPa", 1.0, (-200.0, 200_000.0)),
    quantity("illuminance", "illuminance", "lx", 1.0, (0.0, 1e6)),
    quantity("intensity", "intensity", "", 1.0, ANY),
    quantity("uvindex", "uvindex", "", 1.0, (0.0, 100.0)),
    quantity("colortemp", "colortemp", "K", 1.0, (0.0, 1e5)),
    quantity("proximity", "proximity", "", 1.0, ANY),
    quantity("distance", "distance", "m", 1.0, (0.0, 1e6)),
    quantity("accel", "acceleration", "m/s²", 1.0, (-5000.0, 5000.0)),
    quantity("gravity", "gravity", "m/s²", 1.0, (-100.0, 100.0)),
    quantity("anglvel", "angular_velocity", "rad/s", 1.0, (-1000.0, 1000.0)),
    quantity("magn", "magnetic_field", "G", 1.0, (-1e5, 1e5)),
    quantity("incli", "inclination", "°", 1.0, (-360.0, 360.0)),
    quantity("angl", "angle", "rad", 1.0, (-1e6, 1e6)),
    quantity("velocity", "velocity", "m/s", 1.0, (-1e5, 1e5)),
    quantity("concentration", "concentration", "%", 1.0, (0.0, 100.0)),
    quantity("massconcentration", "massconcentration", "µg/m³", 1.0, (0.0, 1e9)),
    quantity("resistance", "resistance", "Ω", 1.0, (0.0, 1e15)),
    quantity("capacitance", "capacitance", "nF", 1.0, (-1e12, 1e12)),
    quantity("electricalconductivity", "electricalconductivity", "S/m", 1.0, (0.0, 1e9)),
    quantity("ph", "ph", "", 1.0, (0.0, 14.0)),
    quantity("activity", "activity", "%", 1.0, HUMIDITY),
    quantity("steps", "steps", "", 1.0, (0.0, 1e15)),
];

const HWMON: &[Quantity] = &[
    quantity("in", "voltage", "V", 1e3, VOLTAGE),
    quantity("temp", "temperature", "°C", 1e3, BOARD),
    quantity("curr", "current", "A", 1e3, CURRENT),
    quantity("power", "power", "W", 1e6, POWER),
    quantity("energy", "energy", "J", 1e6, ENERGY),
    quantity("humidity", "humidity", "%", 1e3, HUMIDITY),
    quantity("fan", "fan", "rpm", 1.0, (0.0, 1e6)),
    quantity("freq", "frequency", "Hz", 1.0, (0.0, 1e12)),
];

/// What some chips cannot measure though others of the kind can: the start of the chip's name, the word, the range.
const CHIPS: &[(&str, &str, f64, f64)] = &[
    ("dht", "temperature", -40.0, 80.0),
    ("bmp", "temperature", -40.0, 85.0),
    ("bmp", "pressure", 30.0, 125.0),
    ("bme", "temperature", -40.0, 85.0),
    ("bme", "pressure", 30.0, 125.0),
    ("dps310", "temperature", -40.0, 85.0),
    ("dps310", "pressure", 30.0, 120.0),
    ("w1_slave_temp", "temperature", -55.0, 125.0),
];

/// Hygrometers whose formula reaches from -6 to 119 %. Their datasheets cut it at 0 and 100; their drivers do not.
const BEYOND_WET: [&str; 5] = ["si7020", "sht21", "htu21", "hts221", "ms8607"];
const SLACK: f64 = 20.0;

impl Quantity {
    /// What an IIO channel of that kind measures. Kinds that the table does not know have no unit and no bounds.
    pub(crate) fn iio(kind: &str) -> Self {
        let known = IIO.iter().find(|quantity| quantity.kind == kind).copied();
        known.unwrap_or(quantity("", "", "", 1.0, ANY))
    }

    /// What a hwmon channel of that kind measures; none for what is no measurement.
    pub(crate) fn hwmon(kind: &str) -> Option<Self> {
        HWMON.iter().find(|quantity| quantity.kind == kind).copied()
    }

    /// The same within what the chip can measure.
    pub(crate) fn of_chip(self, chip: &str) -> Self {
        let chip = chip.to_lowercase();
        let narrower = CHIPS.iter().find(|(start, word, ..)| chip.starts_with(start) && *word == self.word);
        let (low, high) = narrower.map_or((self.low, self.high), |(_, _, low, high)| (*low, *high));
        let beyond = self.word == "humidity" && BEYOND_WET.iter().any(|start| chip.starts_with(start));
        Self { low, high, slack: if beyond { SLACK } else { 0.0 }, ..self }
    }

    /// `value` within what can be; none where it cannot.
    pub(crate) fn within(self, value: f64) -> Option<f64> {
        let Self { low, high, slack, .. } = self;
        (low - slack..=high + slack).contains(&value).then(|| value.clamp(low, high))
    }
}

const fn made(key: &'static str, unit: &'static str, about: &'static str) -> Made {
    Made { key, unit, about }
}

/// The keys of this input. DEVICE is the driver's name for the device, with its place where it is plugged in or has a twin
/// (`bme280_1-0076`, `cpu_thermal`); CHANNEL is a number, an axis, or nothing: `ads1015_1-0048_voltage0`. A channel with a
/// label has it before the kind: `coretemp_Package_id_0_temperature`.
pub const MADE: &[Made] = &[
    made("DEVICE_temperatureCHANNEL", "°C", "temperature"),
    made("DEVICE_humidityCHANNEL", "%", "relative humidity"),
    made("DEVICE_pressureCHANNEL", "kPa", "pressure in kilopascal: 101.325 is the air at sea level"),
    made("DEVICE_voltageCHANNEL", "V", "voltage; 0-voltage1 is the difference of two inputs"),
    made("DEVICE_altvoltageCHANNEL", "V", "alternating voltage"),
    made("DEVICE_currentCHANNEL", "A", "current"),
    made("DEVICE_altcurrentCHANNEL", "A", "alternating current"),
    made("DEVICE_powerCHANNEL", "W", "power"),
    made("DEVICE_energyCHANNEL", "J", "energy"),
    made("DEVICE_fanCHANNEL", "rpm", "speed of a fan"),
    made("DEVICE_frequencyCHANNEL", "Hz", "frequency"),
    made("DEVICE_illuminanceCHANNEL", "lx", "light as the eye sees it"),
    made("DEVICE_intensityCHANNEL", "", "light in a band such as _both or _ir; has no unit"),
    made("DEVICE_uvindexCHANNEL", "", "UV index"),
    made("DEVICE_colortempCHANNEL", "K", "colour temperature"),
    made("DEVICE_proximityCHANNEL", "", "the larger, the closer; has no unit"),
    made("DEVICE_distanceCHANNEL", "m", "distance"),
    made("DEVICE_accelerationCHANNEL", "m/s²", "acceleration along an axis"),
    made("DEVICE_gravityCHANNEL", "m/s²", "gravity along an axis"),
    made("DEVICE_angular_velocityCHANNEL", "rad/s", "turning about an axis"),
    made("DEVICE_magnetic_fieldCHANNEL", "G", "magnetic field along an axis, in gauss"),
    made("DEVICE_inclinationCHANNEL", "°", "inclination about an axis"),
    made("DEVICE_angleCHANNEL", "rad", "angle"),
    made("DEVICE_velocityCHANNEL", "m/s", "velocity"),
    made("DEVICE_concentrationCHANNEL", "%", "share of a substance such as _co2: 0.04 is 400 ppm"),
    made("DEVICE_massconcentrationCHANNEL", "µg/m³", "dust, as in _pm2p5"),
    made("DEVICE_resistanceCHANNEL", "Ω", "resistance"),
    made("DEVICE_capacitanceCHANNEL", "nF", "capacitance"),
    made("DEVICE_electricalconductivityCHANNEL", "S/m", "electrical conductivity"),
    made("DEVICE_phCHANNEL", "", "pH of a liquid"),
    made("DEVICE_activityCHANNEL", "%", "how sure it is of an activity such as _walking"),
    made("DEVICE_stepsCHANNEL", "", "steps counted"),
    made("DEVICE_KIND", "", "an IIO channel of any other kind, in the unit that the kernel's ABI gives it"),
    made("DEVICE_KIND_raw", "counts", "an IIO channel without a scale: nobody says what one count is worth"),
    made("DEVICE_FILE", "", "an alarm of a hwmon chip, true or false: rpi_volt_in0_lcrit_alarm"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_stands_in_the_reference_with_its_unit() {
        for quantity in IIO.iter().chain(HWMON) {
            let key = format!("DEVICE_{}CHANNEL", quantity.word);
            let line = MADE.iter().find(|made| made.key == key).unwrap_or_else(|| panic!("{key} is missing"));
            assert_eq!(line.unit, quantity.unit, "{key}");
            assert!(quantity.low < quantity.high && quantity.per >= 1.0);
        }
    }

    #[test]
    fn a_chip_narrows_what_its_kind_allows() {
        let pressure = Quantity::iio("pressure");
        assert_eq!(pressure.of_chip("BMP280").low, 30.0);
        assert_eq!(pressure.of_chip("hsc030pa").low, -200.0);
        for (chip, word, low, high) in CHIPS {
            let kind = IIO.iter().chain(HWMON).find(|q| q.word == *word && q.low <= *low && *high <= q.high);
            assert!(kind.is_some(), "{chip} {word} is wider than its kind");
        }
    }
}
