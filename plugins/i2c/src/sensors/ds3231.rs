//! Maxim DS3231 and DS1307: clocks with a battery. What they are asked for is the time that they keep, for comparison;
//! setting the system by one is the kernel's business.
//!
//! Wiring: VCC to 3.3 V (pin 1; the DS1307 wants 5 V and pull-ups to 3.3 V), GND to pin 6, SDA to pin 3, SCL to pin 5. The
//! address is always 0x68. Where the kernel has the clock (`dtoverlay=i2c-rtc`), this input is refused.
//!
//! ```toml
//! [[inputs.i2c]]
//! sensor = "ds3231"
//! interval = "1h"
//! ```

use streamer_plugin::{InputError, Made, Readings};

use crate::chip::Chip;
use crate::part::Part;
use crate::quantity::Quantity;
use crate::sensor::{Sensor, Wired, wired};

const TEMPERATURE: Quantity = Quantity::temperature((-45.0, 85.0), 2);
const TIME: Quantity =
    Quantity::new("time", "s", "Unix time that the clock shows, taken as UTC", (946_684_800.0, 7_258_118_399.0), 0);
const MAKES: &[Made] = &[TIME.made, TEMPERATURE.made];
const MAKES_OLD: &[Made] = &[TIME.made];

pub(crate) const DS3231: Part = Part::of::<Ds3231>("ds3231", &[0x68..=0x68], MAKES);
pub(crate) const DS1307: Part = Part::of::<Ds1307>("ds1307", &[0x68..=0x68], MAKES_OLD);

wired! {
    /// Maxim DS3231: the time that it keeps, and its temperature.
    Ds3231 at 0x68, "Address; the chip has no other than 0x68." {}
}

wired! {
    /// Maxim DS1307: the time that it keeps.
    Ds1307 at 0x68, "Address; the chip has no other than 0x68." {}
}

impl Wired for Ds3231 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Timepiece { thermometer: true })
    }
}

impl Wired for Ds1307 {
    fn sensor(&self) -> Box<dyn Sensor> {
        Box::new(Timepiece { thermometer: false })
    }
}

struct Timepiece {
    /// The DS3231 has one, and a flag that says whether it ever stopped; the DS1307 has a bit that stops it.
    thermometer: bool,
}

impl Sensor for Timepiece {
    fn start(&mut self, chip: &mut Chip) -> Result<(), InputError> {
        // Bits that are always zero are all the identity there is.
        let weekday = chip.byte(3)?;
        chip.expect("clock of this kind", &[0], (weekday & 0xf8).into())
    }

    fn read(&mut self, chip: &mut Chip, out: &mut Readings) -> Result<(), InputError> {
        let stopped = if self.thermometer { chip.byte(0x0f)? & 0x80 != 0 } else { chip.byte(0)? & 0x80 != 0 };
        let registers = chip.ask::<7>(&[0])?;
        if stopped {
            TIME.refuse(out, "not_measured", "the clock says that it has stood still: check its battery, then set it");
        } else if let Some(time) = unix(registers) {
            TIME.put(out, time);
        } else {
            TIME.refuse(out, "range", format_args!("{registers:02x?} is no time"));
        }
        if self.thermometer {
            let raw = chip.word(0x11)?;
            TEMPERATURE.put(out, f64::from(raw.cast_signed() >> 6) / 4.0);
        }
        Ok(())
    }
}

/// Seconds since 1970 from seconds, minutes, hours, weekday, day, month with century, year, in decimal digits of 4 bits.
fn unix([second, minute, hour, _, day, month, year]: [u8; 7]) -> Option<f64> {
    let century = if month & 0x80 == 0 { 2000 } else { 2100 };
    let hour = if hour & 0x40 == 0 {
        digits(hour & 0x3f)?
    } else {
        // Twelve hours and a half of the day.
        let twelve = digits(hour & 0x1f)?;
        if !(1..=12).contains(&twelve) {
            return None;
        }
        twelve % 12 + if hour & 0x20 == 0 { 0 } else { 12 }
    };
    let (second, minute) = (digits(second & 0x7f)?, digits(minute & 0x7f)?);
    let (day, month, year) = (digits(day & 0x3f)?, digits(month & 0x1f)?, century + digits(year)?);
    let leap = year % 4 == 0 && year != 2100;
    let month_days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *month_days.get(usize::try_from(month - 1).ok()?)?;
    if second > 59 || minute > 59 || hour > 23 || day < 1 || day > length {
        return None;
    }
    let years = year - 2000;
    // 2000 was a leap year; 2100 is none.
    let leap_days = (years + 3) / 4 - i32::from(year > 2100);
    let before: i32 = month_days.iter().take(usize::try_from(month - 1).ok()?).sum();
    let days = 10_957 + years * 365 + leap_days + before + day - 1;
    Some(f64::from(days) * 86_400.0 + f64::from(hour * 3600 + minute * 60 + second))
}

/// A number of two decimal digits; none where one is no digit.
fn digits(byte: u8) -> Option<i32> {
    let (tens, ones) = (byte >> 4, byte & 0x0f);
    (tens <= 9 && ones <= 9).then(|| i32::from(tens * 10 + ones))
}

#[cfg(test)]
mod tests {
    use super::unix;
    use crate::bench::{refusals, sample};

    #[test]
    fn leap_days_half_days_and_what_is_no_time() {
        let at = |registers| unix(registers);
        assert_eq!(at([0x59, 0x59, 0x23, 1, 0x29, 0x02, 0x24]), Some(1_709_251_199.0));
        assert_eq!(at([0x00, 0x00, 0x52, 1, 0x01, 0x01, 0x00]), Some(946_684_800.0), "12 a.m.");
        assert_eq!(at([0x00, 0x00, 0x72, 1, 0x01, 0x01, 0x00]), Some(946_728_000.0), "12 p.m.");
        assert_eq!(at([0x00, 0x00, 0x00, 1, 0x01, 0x83, 0x00]), Some(4_107_542_400.0), "1 March 2100");
        for registers in [
            [0xff; 7],
            [0x00; 7],
            [0, 0, 0, 1, 0x29, 0x02, 0x23],
            [0, 0, 0x24, 1, 1, 1, 0x24],
            [0x0a, 0, 0, 1, 1, 1, 0x24],
        ] {
            assert_eq!(at(registers), None, "{registers:02x?}");
        }
    }

    #[test]
    fn a_clock_that_stood_still_tells_no_time() {
        let chip = "chip 0x68\n reg 0x00 00 00 00 01 01 01 24\n reg 0x0f 80\n reg 0x11 e7 40";
        let readings = sample(chip, "sensor = 'ds3231'");
        assert_eq!(readings.lines(), ["temperature -24.75"]);
        assert_eq!(refusals(&readings), ["time not_measured"]);
    }
}
