//! NXP PCF8591: four voltages in eight bits.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND and AGND to pin 6, VREF to VDD, SDA to pin 3, SCL to pin 5. A2, A1, A0 choose 0x48 to
//! 0x4f.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "pcf8591"
//! reference = 3.3
//! ```
//!
//! Each read gives what was converted before it, so every value is read twice and the first one thrown away.

use streamer_plugin::options::Faults;
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const VOLTAGE: Quantity = Quantity::new("a0", "V", "voltage at AIN0", (0.0, 6.0), 4);
const CHANNELS: [Quantity; 4] = [
    VOLTAGE,
    VOLTAGE.called("a1", "voltage at AIN1"),
    VOLTAGE.called("a2", "voltage at AIN2"),
    VOLTAGE.called("a3", "voltage at AIN3"),
];
const MAKES: &[Made] = &[CHANNELS[0].made, CHANNELS[1].made, CHANNELS[2].made, CHANNELS[3].made];

pub(crate) const PCF8591: Part = Part::of::<Pcf8591>("pcf8591", &[0x48..=0x4f], MAKES);

wired! {
    /// NXP PCF8591: four voltages in 8 bits.
    Pcf8591 at 0x48, "Address: 0x48 to 0x4f, by A2, A1 and A0." {
        /// The voltage at VREF, in volt.
        #[serde(default = "supply")]
        reference: f64,
        /// Which inputs to read, of 0 to 3.
        #[serde(default = "all")]
        channels: Vec<u8>,
    }
}

fn supply() -> f64 {
    3.3
}

fn all() -> Vec<u8> {
    vec![0, 1, 2, 3]
}

impl Wired for Pcf8591 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Voltmeter { reference: self.reference, channels: self.channels.clone() })
    }

    fn judge(&self, faults: &mut Faults) {
        if !(0.1..=6.0).contains(&self.reference) {
            faults.add("reference", "a voltage of 0.1 to 6 volt");
        }
        if self.channels.is_empty() || self.channels.iter().any(|channel| *channel > 3) {
            faults.add("channels", "some of the inputs 0 to 3");
        }
    }
}

struct Voltmeter {
    reference: f64,
    channels: Vec<u8>,
}

impl Sensor for Voltmeter {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        // Four single inputs, no analogue output.
        chip.write(&[0])
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        for channel in &self.channels {
            let [_, raw] = chip.ask(&[*channel])?;
            CHANNELS[usize::from(channel & 3)].put(out, f64::from(raw) * self.reference / 256.0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::sample;

    #[test]
    fn the_conversion_before_is_not_taken_for_this_one() {
        let chip = "chip 0x48\n model pcf8591 00 40 80 ff";
        let lines = sample(chip, "sensor = 'pcf8591'\nreference = 2.56").lines();
        assert_eq!(lines, ["a0 0", "a1 0.64", "a2 1.28", "a3 2.55"]);
        assert_eq!(sample(chip, "sensor = 'pcf8591'\nreference = 2.56\nchannels = [2]").lines(), ["a2 1.28"]);
    }
}
