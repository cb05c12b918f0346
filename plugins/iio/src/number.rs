//! Numbers as drivers write them, and back to the digits that mean something.

/// A number with an optional fraction and exponent, and nothing else: no `nan`, no `inf`, no unit, no second number.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    if plain { text.parse().ok().filter(|number: &f64| number.is_finite()) } else { None }
}

/// Without what binary fractions add behind the twelfth digit: 12.3 instead of 12.299999999999999.
pub(crate) fn tidy(number: f64) -> f64 {
    let tidied = format!("{number:.11e}").parse().unwrap_or(number);
    // No thermometer shows -0.
    if tidied == 0.0 { 0.0 } else { tidied }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wholly_a_number_is_none() {
        for (text, number) in [
            ("0.125000000", 0.125),
            ("-4368", -4368.0),
            ("1.9e-05", 0.000_019),
            ("2E3", 2000.0),
            ("+7", 7.0),
            ("18446744073709551615", 18_446_744_073_709_551_615.0),
        ] {
            assert_eq!(decimal(text), Some(number), "{text}");
        }
        for wrong in ["", "nan", "inf", "-inf", "1 2", "0x10", "1.5 dB", "1e999", "-", "e5", "1,5"] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
        assert_eq!(tidy(12.3 * 3.0), 36.9);
        assert_eq!(tidy(-0.0).to_string(), "0");
        assert_eq!(tidy(101.325), 101.325);
    }
}
