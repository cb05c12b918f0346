//! Infineon DPS310 and DPS368: air pressure and temperature.
//!
//! Wiring: VDD to 3.3 V (pin 1), GND to pin 6, SDA to pin 3, SCL to pin 5. SDO open or high is 0x77, low 0x76.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "dps310"
//! address = 0x77
//! ```

use std::time::Duration;

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::{Quantity, not_measured};
use crate::sensor::{Sensor, Wired, wired};
use crate::sensors::oversampling::Oversampling;

const TEMPERATURE: Quantity = Quantity::temperature((-40.0, 85.0), 4);
const PRESSURE: Quantity = Quantity::pressure((300.0, 1200.0));
const MAKES: &[Made] = &[TEMPERATURE.made, PRESSURE.made];

pub(crate) const DPS310: Part = Part::of::<Dps310>("dps310", &[0x76..=0x77], MAKES).known_by(is_dps310);

wired! {
    /// Infineon DPS310 or DPS368: temperature, air pressure.
    Dps310 at 0x77, "Address: 0x77, or 0x76 where SDO is low." {
        /// How many measurements the chip takes of each quantity and averages.
        #[serde(default)]
        oversampling: Oversampling,
    }
}

impl Wired for Dps310 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Barometer { oversampling: self.oversampling, outside: 0, coefficients: None })
    }
}

const IDENTITY: u8 = 0x0d;
const MEASURE: u8 = 0x08;
const PRESSURE_READY: u8 = 0x10;
const TEMPERATURE_READY: u8 = 0x20;
const STARTED: u8 = 0xc0;

struct Barometer {
    oversampling: Oversampling,
    /// The bit that chooses the temperature sensor for which the coefficients were made.
    outside: u8,
    coefficients: Option<Coefficients>,
}

fn is_dps310(chip: &mut Chip) -> Result<(), InputError> {
    let found = chip.byte(IDENTITY)?;
    chip.expect("DPS310", &[0x10], found.into())
}

impl Sensor for Barometer {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        is_dps310(chip)?;
        let ready = chip.wait_for(Duration::from_millis(5), Duration::from_millis(60), |chip| {
            Ok(chip.byte(MEASURE)? & STARTED == STARTED)
        })?;
        if !ready {
            let words = format!("the chip at {} does not end its own start; take its power away once", chip.place());
            return Err(InputError::again(words));
        }
        self.coefficients = Some(Coefficients::new(chip.ask(&[0x10])?));
        self.outside = chip.byte(0x28)? & 0x80;
        // Infineon's own driver writes these: without them some chips tell a temperature of about 60 °C.
        for (register, byte) in [(0x0e, 0xa5), (0x0f, 0x96), (0x62, 0x02), (0x0e, 0x00), (0x0f, 0x00)] {
            chip.set(register, byte)?;
        }
        let code = self.oversampling.code();
        chip.set(0x06, code)?;
        chip.set(0x07, code | self.outside)?;
        // Above eight measurements the sums are shifted to fit their registers.
        chip.set(0x09, if code > 3 { 0x0c } else { 0 })
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let Some(coefficients) = &self.coefficients else { return Err(InputError::again("not started")) };
        let code = self.oversampling.code();
        if chip.byte(0x06)? & 0x7f != code || chip.byte(0x07)? != (code | self.outside) {
            return Err(InputError::again(format!("the chip at {} has lost its settings", chip.place())));
        }
        let scale = SCALES[usize::from(code)];
        let Some(raw) = self.measure(chip, 2, TEMPERATURE_READY, 0x03)? else {
            not_measured(out, "the chip does not finish measuring the temperature");
            return Ok(());
        };
        let temperature = raw / scale;
        TEMPERATURE.put(out, coefficients.celsius(temperature));
        match self.measure(chip, 1, PRESSURE_READY, 0x00)? {
            Some(raw) if TEMPERATURE.holds(coefficients.celsius(temperature)) => {
                PRESSURE.put(out, coefficients.pascal(raw / scale, temperature) / 100.0);
            }
            Some(_) => {}
            None => not_measured(out, "the chip does not finish measuring the pressure"),
        }
        Ok(())
    }
}

/// What a raw result is divided by, for 1 to 16 measurements; datasheet, "compensation scale factors".
const SCALES: [f64; 5] = [524_288.0, 1_572_864.0, 3_670_016.0, 7_864_320.0, 253_952.0];

impl Barometer {
    fn measure(&self, chip: &mut Chip, command: u8, ready: u8, data: u8) -> Result<Option<f64>, InputError> {
        chip.set(MEASURE, command)?;
        // Datasheet: 3.6 ms for one measurement, 27.6 ms for sixteen.
        chip.rest(Duration::from_micros(2100 + 1600 * u64::from(self.oversampling.times())))?;
        let done = chip.wait_for(Duration::from_millis(2), Duration::from_millis(60), |chip| {
            Ok(chip.byte(MEASURE)? & ready != 0)
        })?;
        let [a, b, c] = chip.ask(&[data])?;
        Ok(done.then(|| f64::from(i32::from_be_bytes([a, b, c, 0]) >> 8)))
    }
}

/// The coefficients that each chip was given in the factory, under the datasheet's names, all two's complement.
struct Coefficients {
    c0: f64,
    c1: f64,
    c00: f64,
    c10: f64,
    /// c01, c11, c20, c21, c30.
    rest: [f64; 5],
}

impl Coefficients {
    fn new(b: [u8; 18]) -> Self {
        let signed = |bits: u32, value: u32| f64::from((value << (32 - bits)).cast_signed() >> (32 - bits));
        let byte = |at: usize| u32::from(b[at]);
        let sixteen = |at: usize| signed(16, byte(at) << 8 | byte(at + 1));
        Self {
            c0: signed(12, byte(0) << 4 | byte(1) >> 4),
            c1: signed(12, (byte(1) & 0xf) << 8 | byte(2)),
            c00: signed(20, byte(3) << 12 | byte(4) << 4 | byte(5) >> 4),
            c10: signed(20, (byte(5) & 0xf) << 16 | byte(6) << 8 | byte(7)),
            rest: [8, 10, 12, 14, 16].map(sixteen),
        }
    }

    fn celsius(&self, temperature: f64) -> f64 {
        self.c0 * 0.5 + self.c1 * temperature
    }

    fn pascal(&self, p: f64, t: f64) -> f64 {
        let [c01, c11, c20, c21, c30] = self.rest;
        self.c00 + p * (self.c10 + p * (c20 + p * c30)) + t * c01 + t * p * (c11 + p * c21)
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{refusals, sample};

    const CHIP: &str = "chip 0x77\n reg 0x0d 10\n reg 0x28 80\n\
        reg 0x10 0d fe dd 13 8c af 25 1d f3 b7 05 98 d9 41 00 98 fa d7\n\
        when 0x06 mask 0x07 is 0x00 set 0x00 fc b5 c5\n when 0x07 mask 0x07 is 0x00 set 0x03 02 63 f0\n\
        when 0x06 mask 0x07 is 0x01 set 0x00 f6 21 4f\n when 0x07 mask 0x07 is 0x01 set 0x03 07 2b d0\n\
        when 0x06 mask 0x07 is 0x02 set 0x00 e8 f8 62\n when 0x07 mask 0x07 is 0x02 set 0x03 10 bb 90\n\
        when 0x06 mask 0x07 is 0x03 set 0x00 ce a6 89\n when 0x07 mask 0x07 is 0x03 set 0x03 23 db 10\n\
        when 0x06 mask 0x07 is 0x04 set 0x00 fe 68 0b\n when 0x07 mask 0x07 is 0x04 set 0x03 01 28 68\n";

    /// The coefficients of a public report, seven of nine of them negative.
    #[test]
    fn negative_coefficients_and_the_scale_of_the_oversampling() {
        for oversampling in ["1x", "2x", "4x", "8x", "16x"] {
            let options = format!("sensor = 'dps310'\noversampling = '{oversampling}'");
            let lines = sample(&format!("{CHIP} or 0x08 f0"), &options).lines();
            let number = |line: &str| line.split(' ').nth(1).unwrap().parse::<f64>().unwrap();
            assert!((number(&lines[0]) - 24.5499).abs() < 0.001, "{lines:?}");
            assert!((number(&lines[1]) - 1004.2449).abs() < 0.01, "{lines:?}");
        }
    }

    #[test]
    fn a_chip_that_is_never_ready_gives_nothing() {
        let readings = sample(&format!("{CHIP} or 0x08 c0"), "sensor = 'dps310'");
        assert!(readings.is_empty());
        assert_eq!(refusals(&readings), ["measurement not_measured"]);
    }
}
