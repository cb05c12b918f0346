//! Numbers as JSON spells them, and nothing else: `007`, `+5`, `1.`, `0x10` and `nan` are text.
//!
//! An integer is kept digit by digit or refused; it never becomes a float.

use streamer_reading::Finite;

use crate::{Cause, Scalar};

/// How far a number goes from the start of `bytes`, and whether it is an integer. None if there is no number.
pub(crate) fn extent(bytes: &[u8]) -> Option<(usize, bool)> {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let start = usize::from(bytes.first() == Some(&b'-'));
    let mut at = start
        + match digits(start) {
            0 => return None,
            // A leading zero stands alone.
            _ if bytes[start] == b'0' => 1,
            many => many,
        };
    let mut whole = true;
    if bytes.get(at) == Some(&b'.') {
        let many = digits(at + 1);
        if many > 0 {
            at += 1 + many;
            whole = false;
        }
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let many = if at + 1 + sign <= bytes.len() { digits(at + 1 + sign) } else { 0 };
        if many > 0 {
            at += 1 + sign + many;
            whole = false;
        }
    }
    Some((at, whole))
}

/// The number that `text` is as a whole, if it is one.
pub(crate) fn read(text: &str) -> Option<Result<Scalar<'static>, Cause>> {
    match extent(text.as_bytes()) {
        Some((end, whole)) if end == text.len() => Some(if whole { integer(text) } else { float(text) }),
        _ => None,
    }
}

/// An integer of digits, with or without a sign.
pub(crate) fn integer(text: &str) -> Result<Scalar<'static>, Cause> {
    text.parse().map(Scalar::Int).map_err(|_| Cause::IntegerTooLarge)
}

/// A decimal number. The caller has seen that it is one.
pub(crate) fn float(text: &str) -> Result<Scalar<'static>, Cause> {
    let number = text.parse().ok().and_then(|number| Finite::new(number).ok());
    number.map(Scalar::Float).ok_or(Cause::NotFinite)
}

/// A decimal number in a wider spelling: a plus, leading zeros, a bare point at either end.
pub(crate) fn loose(text: &str) -> Option<Result<Scalar<'static>, Cause>> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = digits.split_once(['e', 'E']).map_or((digits, None), |(m, e)| (m, Some(e)));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fine = !(whole.is_empty() && fraction.is_empty())
        && all_digits(whole)
        && all_digits(fraction)
        && exponent.is_none_or(|e| {
            let e = e.strip_prefix(['+', '-']).unwrap_or(e);
            !e.is_empty() && all_digits(e)
        });
    fine.then(|| float(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_a_json_number_and_what_is_not() {
        for (text, value) in [("0", 0), ("-0", 0), ("5", 5), ("9007199254740993", 9_007_199_254_740_993)] {
            assert_eq!(read(text), Some(Ok(Scalar::Int(value))), "{text}");
        }
        for (text, value) in [("0.0", 0.0), ("1E5", 1e5), ("-1.5e-3", -0.0015), ("5e-324", 5e-324)] {
            assert_eq!(read(text), Some(Ok(Scalar::Float(Finite::new(value).unwrap()))), "{text}");
        }
        for text in ["", "-", "007", "+5", "1.", ".5", "0x50005", "nan", "1e", "1e+", "5 ", "1_000", "--1", "1.2.3"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("9223372036854775808"), Some(Err(Cause::IntegerTooLarge)));
        assert_eq!(read("-9223372036854775808"), Some(Ok(Scalar::Int(i64::MIN))));
        assert_eq!(read("1e400"), Some(Err(Cause::NotFinite)));
    }

    proptest! {
        #[test]
        fn agrees_with_the_json_parser(text in "[-+0-9.eE]{0,12}") {
            let theirs = serde_json::from_str::<serde_json::Number>(&text);
            match read(&text) {
                None => prop_assert!(theirs.is_err()),
                Some(Err(_)) => {}
                Some(Ok(Scalar::Int(ours))) => prop_assert_eq!(text.parse::<i64>().unwrap(), ours),
                Some(Ok(Scalar::Float(ours))) => {
                    // Their value would differ in the last digit: they round for speed.
                    prop_assert!(theirs.is_ok());
                    prop_assert_eq!(text.parse(), Ok(ours.get()));
                }
                Some(Ok(_)) => prop_assert!(false, "a number became something else"),
            }
        }
    }
}
