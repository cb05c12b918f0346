//! /proc/meminfo, as memory and swap both read it.

use streamer_plugin::Readings;

use crate::collector::text;
use crate::scan::{lines, number, words};
use crate::source::{Buffer, Source};

/// The bytes that each of `names` has in `source`; none for a name that is not there. The outer none: nothing to read.
pub(crate) fn bytes<const N: usize>(
    source: &mut Source,
    names: [&[u8]; N],
    buffer: &mut Buffer,
    out: &mut Readings,
) -> Option<[Option<u64>; N]> {
    let text = text(source, buffer, out)?;
    let mut found = [None; N];
    let mut missing = N;
    for line in lines(text) {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let (name, rest) = line.split_at(colon);
        let name = name.trim_ascii();
        let Some(place) = names.iter().position(|n| *n == name) else { continue };
        found[place] = amount(&rest[1..]);
        missing -= 1;
        if missing == 0 {
            break;
        }
    }
    Some(found)
}

/// `948304 kB` in bytes; a number without a unit is bytes, one with an unknown unit is none.
fn amount(rest: &[u8]) -> Option<u64> {
    let mut words = words(rest);
    let number = number(words.next()?)?;
    let shift = match words.next() {
        None => 0,
        Some(unit) if unit.eq_ignore_ascii_case(b"b") => 0,
        Some(unit) if unit.eq_ignore_ascii_case(b"kb") => 10,
        Some(unit) if unit.eq_ignore_ascii_case(b"mb") => 20,
        Some(_) => return None,
    };
    number.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_spacing_and_only_known_units() {
        for (rest, bytes) in [
            (&b"   948304 kB"[..], Some(971_063_296)),
            (b"948304\tKB", Some(971_063_296)),
            (b" 2 MB", Some(2_097_152)),
            (b" 4096", Some(4096)),
            (b" 5 pages", None),
            (b" kB", None),
            (b"", None),
            (b" 99999999999999999999 kB", None),
            (b" 18446744073709551615 kB", None),
        ] {
            assert_eq!(amount(rest), bytes, "{}", crate::scan::shown(rest));
        }
    }
}
