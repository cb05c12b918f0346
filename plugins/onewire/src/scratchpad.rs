//! The nine bytes that a sensor sends, as the kernel shows them in `w1_slave`:
//!
//! ```text
//! 2d 00 4b 46 ff ff 02 10 19 : crc=19 YES
//! 2d 00 4b 46 ff ff 02 10 19 t=22312
//! ```
//!
//! The first line is what was read now. The second one repeats the last bytes whose checksum was right, so where the two
//! differ the temperature behind it is of no known bytes. The conversions are those of the kernel's `w1_therm.c`.

use crate::id::Family;
use crate::wrong::Wrong;

/// How far the kernel's temperature may be from the one that the first two bytes make: some chips keep two more bits
/// elsewhere. In thousandths of a degree.
const FINER: i64 = 70;
/// A MAX31850's two lowest bits mean something else; old kernels count them in.
const COARSER: i64 = 200;

/// What a sensor said, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) millidegrees: i64,
    /// How many bits it measures with; none where the chip does not say.
    pub(crate) resolution: Option<u8>,
}

/// Reads the text of `w1_slave`.
pub(crate) fn read(text: &str, family: Family) -> Result<Said, Wrong> {
    let incomplete = || Wrong::Incomplete(text.chars().take(80).collect());
    if text.trim().is_empty() {
        return Err(Wrong::Silent);
    }
    let mut lines = text.lines();
    let (bytes, verdict) = lines.next().and_then(|line| line.split_once(':')).ok_or_else(incomplete)?;
    let (said_crc, verdict) =
        verdict.trim().strip_prefix("crc=").and_then(|rest| rest.split_once(' ')).ok_or_else(incomplete)?;
    match verdict.trim() {
        "YES" => {}
        "NO" => return Err(Wrong::Crc),
        _ => return Err(incomplete()),
    }
    let bytes = nine(bytes).ok_or_else(incomplete)?;
    if crc(&bytes[..8]) != bytes[8] || u8::from_str_radix(said_crc, 16) != Ok(bytes[8]) {
        return Err(Wrong::Crc);
    }
    if bytes == [0; 9] {
        return Err(Wrong::Zeros);
    }
    let (again, said) = lines.next().and_then(|line| line.split_once("t=")).ok_or_else(incomplete)?;
    let said: i64 = said.trim().parse().map_err(|_| incomplete())?;
    if nine(again) != Some(bytes) {
        return Err(incomplete());
    }
    judged(&bytes, family, said)
}

fn judged(bytes: &[u8; 9], family: Family, said: i64) -> Result<Said, Wrong> {
    let thermocouple = family == Family::Ds1825 && bytes[4] & 0x80 != 0;
    if thermocouple && bytes[0] & 1 != 0 {
        return Err(Wrong::Thermocouple);
    }
    let raw = i64::from(i16::from_le_bytes([bytes[0], bytes[1]]));
    let made = match family {
        Family::Ds18s20 => {
            let (remain, count) = (i64::from(bytes[6]), i64::from(bytes[7]));
            if count == 0 {
                return Err(Wrong::NoCount);
            }
            (raw >> 1) * 1000 - 250 + 1000 * (count - remain) / count
        }
        _ => raw * 1000 / 16,
    };
    let near = if thermocouple { COARSER } else { FINER };
    let (low, high) = if thermocouple { (-270, 1800) } else { (-55, 125) };
    let agree = made.abs_diff(said) <= near.unsigned_abs();
    // Some kernels lost the sign and said 4085 °C for -10: then the bytes count, for they have a checksum. Where both could
    // be, nobody knows.
    let absurd = !thermocouple && in_range(said, low, high).is_err();
    let said = match (agree, absurd) {
        (true, _) => said,
        (false, true) => made,
        (false, false) => return Err(Wrong::Inconsistent { made, said }),
    };
    in_range(said, low, high)?;
    let chosen = matches!(family, Family::Ds18b20 | Family::Ds1822 | Family::Ds28ea00);
    Ok(Said { millidegrees: said, resolution: chosen.then_some(9 + (bytes[4] >> 5 & 3)) })
}

/// Reads the text of `temperature`, which kernels have that show no bytes.
pub(crate) fn read_plain(text: &str) -> Result<Said, Wrong> {
    if text.trim().is_empty() {
        return Err(Wrong::Silent);
    }
    let said: i64 = text.trim().parse().map_err(|_| Wrong::Incomplete(text.chars().take(80).collect()))?;
    in_range(said, -55, 125)?;
    Ok(Said { millidegrees: said, resolution: None })
}

fn in_range(said: i64, low: i64, high: i64) -> Result<(), Wrong> {
    if (low * 1000..=high * 1000).contains(&said) { Ok(()) } else { Err(Wrong::Range { said, low, high }) }
}

fn nine(text: &str) -> Option<[u8; 9]> {
    let mut words = text.split_ascii_whitespace();
    let mut bytes = [0; 9];
    for byte in &mut bytes {
        let word = words.next().filter(|word| word.len() == 2)?;
        *byte = u8::from_str_radix(word, 16).ok()?;
    }
    words.next().is_none().then_some(bytes)
}

/// The checksum of 1-Wire: x⁸ + x⁵ + x⁴ + 1, lowest bit first.
fn crc(bytes: &[u8]) -> u8 {
    bytes
        .iter()
        .fold(0, |crc, byte| (0..8).fold(crc ^ byte, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x8c } else { crc >> 1 }))
}
