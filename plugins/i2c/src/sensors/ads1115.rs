//! Texas Instruments ADS1115 (16 bits) and ADS1015 (12 bits): four voltages.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. ADDR to ground is 0x48, to VDD 0x49, to SDA
//! 0x4a, to SCL 0x4b. No input may be above VDD, whatever the gain.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "ads1115"
//! channels = ["0", "2-3"]
//! gain = "1"
//! ```

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::options::Faults;
use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};

const VOLTAGE: Quantity = Quantity::new("a0", "V", "voltage at A0", (-6.144, 6.144), 7);
const CHANNELS: [Quantity; 8] = [
    VOLTAGE.called("a0_a1", "voltage from A1 to A0"),
    VOLTAGE.called("a0_a3", "voltage from A3 to A0"),
    VOLTAGE.called("a1_a3", "voltage from A3 to A1"),
    VOLTAGE.called("a2_a3", "voltage from A3 to A2"),
    VOLTAGE,
    VOLTAGE.called("a1", "voltage at A1"),
    VOLTAGE.called("a2", "voltage at A2"),
    VOLTAGE.called("a3", "voltage at A3"),
];
const MAKES: &[Made] = &[
    CHANNELS[4].made,
    CHANNELS[5].made,
    CHANNELS[6].made,
    CHANNELS[7].made,
    CHANNELS[0].made,
    CHANNELS[1].made,
    CHANNELS[2].made,
    CHANNELS[3].made,
];

pub(crate) const ADS1115: Part = Part::of::<Ads1115>("ads1115", &[0x48..=0x4b], MAKES);
pub(crate) const ADS1015: Part = Part::of::<Ads1015>("ads1015", &[0x48..=0x4b], MAKES);

/// What is measured: one input against ground, or the difference of two. In the order of the chip's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum Channel {
    /// A0 against A1.
    #[serde(rename = "0-1")]
    A0A1,
    /// A0 against A3.
    #[serde(rename = "0-3")]
    A0A3,
    /// A1 against A3.
    #[serde(rename = "1-3")]
    A1A3,
    /// A2 against A3.
    #[serde(rename = "2-3")]
    A2A3,
    /// A0 against ground.
    #[serde(rename = "0")]
    A0,
    /// A1 against ground.
    #[serde(rename = "1")]
    A1,
    /// A2 against ground.
    #[serde(rename = "2")]
    A2,
    /// A3 against ground.
    #[serde(rename = "3")]
    A3,
}

/// The gain before the converter, and with it the range. In the order of the chip's own numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum Gain {
    /// Up to 6.144 V.
    #[serde(rename = "2/3")]
    TwoThirds,
    /// Up to 4.096 V.
    #[default]
    #[serde(rename = "1")]
    One,
    /// Up to 2.048 V.
    #[serde(rename = "2")]
    Two,
    /// Up to 1.024 V.
    #[serde(rename = "4")]
    Four,
    /// Up to 0.512 V.
    #[serde(rename = "8")]
    Eight,
    /// Up to 0.256 V.
    #[serde(rename = "16")]
    Sixteen,
}

impl Gain {
    fn volts(self) -> f64 {
        [6.144, 4.096, 2.048, 1.024, 0.512, 0.256][self as usize]
    }
}

wired! {
    /// Texas Instruments ADS1115: four voltages in 16 bits.
    Ads1115 at 0x48, "Address: 0x48 to 0x4b, by what ADDR is tied to." {
        /// What to measure: an input against ground, such as `"0"`, or a difference: `"0-1"`, `"0-3"`, `"1-3"`, `"2-3"`.
        #[serde(default = "all")]
        channels: Vec<Channel>,
        /// Gain, as text: `"2/3"` up to 6.144 V, `"1"` up to 4.096 V, `"2"`, `"4"`, `"8"`, and `"16"` up to 0.256 V.
        #[serde(default)]
        gain: Gain,
    }
}

wired! {
    /// Texas Instruments ADS1015: four voltages in 12 bits.
    Ads1015 at 0x48, "Address: 0x48 to 0x4b, by what ADDR is tied to." {
        /// What to measure: an input against ground, such as `"0"`, or a difference: `"0-1"`, `"0-3"`, `"1-3"`, `"2-3"`.
        #[serde(default = "all")]
        channels: Vec<Channel>,
        /// Gain, as text: `"2/3"` up to 6.144 V, `"1"` up to 4.096 V, `"2"`, `"4"`, `"8"`, and `"16"` up to 0.256 V.
        #[serde(default)]
        gain: Gain,
    }
}

fn all() -> Vec<Channel> {
    vec![Channel::A0, Channel::A1, Channel::A2, Channel::A3]
}

fn judge(channels: &[Channel], faults: &mut Faults) {
    if channels.is_empty() {
        faults.add("channels", "nothing to measure: name at least one channel");
    }
    for (i, channel) in channels.iter().enumerate() {
        if channels[..i].contains(channel) {
            faults.add("channels", format!("{} is there twice", CHANNELS[*channel as usize].made.key));
        }
    }
}

impl Wired for Ads1115 {
    fn sensor(&self) -> Box<dyn Sensor> {
        // 128 conversions a second: each averages over 8 ms.
        let converter = Converter { name: "ADS1115", rate: 4, takes: Duration::from_micros(8700), last: 0 };
        Box::new(Voltmeter { converter, channels: self.channels.clone(), gain: self.gain })
    }

    fn judge(&self, faults: &mut Faults) {
        judge(&self.channels, faults);
    }
}

impl Wired for Ads1015 {
    fn sensor(&self) -> Box<dyn Sensor> {
        // 128 conversions a second here too, though the chip could do 3300: what is slow has less noise.
        let converter = Converter { name: "ADS1015", rate: 0, takes: Duration::from_micros(8700), last: 0xf };
        Box::new(Voltmeter { converter, channels: self.channels.clone(), gain: self.gain })
    }

    fn judge(&self, faults: &mut Faults) {
        judge(&self.channels, faults);
    }
}

/// In what the two chips differ.
struct Converter {
    name: &'static str,
    rate: u16,
    takes: Duration,
    /// The bits of a result that the chip does not have.
    last: u16,
}

struct Voltmeter {
    converter: Converter,
    channels: Vec<Channel>,
    gain: Gain,
}

/// Set: begin a conversion; read as set: none is going on.
const READY: u16 = 0x8000;

impl Sensor for Voltmeter {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        chip.word(1).map(drop)
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        for channel in &self.channels {
            let voltage = CHANNELS[*channel as usize];
            // One conversion, then sleep; the comparator stays off.
            let config = (*channel as u16) << 12 | (self.gain as u16) << 9 | 0x0100 | self.converter.rate << 5 | 3;
            chip.set_word(1, READY | config)?;
            chip.rest(self.converter.takes)?;
            let mut found = 0;
            let done = chip.wait_for(Duration::from_millis(1), Duration::from_millis(30), |chip| {
                found = chip.word(1)?;
                Ok(found & READY != 0)
            })?;
            let name = self.converter.name;
            if !done {
                voltage.refuse(out, "not_measured", format_args!("the {name} does not finish its conversion"));
                continue;
            }
            if found & !READY != config {
                not_measured(
                    out,
                    format_args!("the {name} was told {config:#06x} and says {found:#06x}: check the wiring"),
                );
                return Ok(());
            }
            let raw = chip.word(0)? & !self.converter.last;
            if raw == 0x7fff & !self.converter.last || raw == 0x8000 {
                let words = format_args!("the voltage is beyond {} V: choose a smaller gain", self.gain.volts());
                voltage.refuse(out, "range", words);
                continue;
            }
            voltage.put(out, f64::from(raw.cast_signed()) / 32768.0 * self.gain.volts());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    #[test]
    fn each_channel_has_its_own_conversion_and_ends_are_no_values() {
        let chip = "chip 0x48\n width 16\n\
                    when 0x01 mask 0x7000 is 0x4000 set 0x00 c0 00\n when 0x01 mask 0x7000 is 0x5000 set 0x00 7f ff\n\
                    when 0x01 mask 0x7000 is 0x6000 set 0x00 80 00\n when 0x01 mask 0x7000 is 0x7000 set 0x00 00 01\n";
        let readings = sample(chip, "sensor = 'ads1115'");
        assert_eq!(readings.lines(), ["a0 -2.048", "a3 0.000125"]);
        assert_eq!(refusals(&readings), ["a1 range", "a2 range"]);
        let twelve = sample(chip, "sensor = 'ads1015'\ngain = '16'\nchannels = ['0', '1', '3']");
        assert_eq!(twelve.lines(), ["a0 -0.128", "a3 0"]);
        assert_eq!(refusals(&twelve), ["a1 range"]);
    }

    #[test]
    fn all_ones_and_all_zeros_are_no_voltages() {
        let ones = sample("chip 0x48\n width 16\n or 0x00 ff ff\n or 0x01 ff ff", "sensor = 'ads1115'");
        assert!(ones.is_empty());
        assert_eq!(refusals(&ones), ["measurement not_measured"]);
        let zeros = sample("chip 0x48\n width 8\n clear 0x01 ff ff", "sensor = 'ads1115'\nchannels = ['0']");
        assert!(zeros.is_empty());
        assert_eq!(refusals(&zeros), ["a0 not_measured"]);
    }
}
