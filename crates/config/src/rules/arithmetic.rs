//! Scale, offset and rounding, without the noise that floats make on the way.

use streamer_reading::{Finite, Refusal, Value};

/// 2^53: from here on a double has no fraction that could be rounded.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// `value * scale + offset`, rounded to so many decimals. Integers stay integers where the result is one. Text and
/// booleans stay as they are.
pub(super) fn calculate(
    value: Value,
    scale: Option<f64>,
    offset: Option<f64>,
    round: Option<u8>,
) -> Result<Value, Refusal> {
    let value = match value {
        Value::Int(whole) if scale.is_none() && offset.is_none() => Value::Int(whole),
        Value::Int(whole) => match exactly(whole, scale, offset) {
            Some(whole) => return Ok(Value::Int(whole)),
            None => moved(Value::Int(whole), scale, offset)?,
        },
        Value::Float(_) => moved(value, scale, offset)?,
        Value::Text(_) | Value::Bool(_) => value,
    };
    match (value, round) {
        (Value::Float(number), Some(decimals)) => Value::try_from(rounded(number.get(), decimals)),
        (value, _) => Ok(value),
    }
}

fn moved(value: Value, scale: Option<f64>, offset: Option<f64>) -> Result<Value, Refusal> {
    let Some(number) = value.as_f64().filter(|_| scale.is_some() || offset.is_some()) else { return Ok(value) };
    Finite::new(number * scale.unwrap_or(1.0) + offset.unwrap_or(0.0)).map(Value::Float)
}

/// In integers, where scale and offset are whole numbers and nothing overflows.
fn exactly(whole: i64, scale: Option<f64>, offset: Option<f64>) -> Option<i64> {
    whole.checked_mul(integer(scale.unwrap_or(1.0))?)?.checked_add(integer(offset.unwrap_or(0.0))?)
}

fn integer(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "checked: whole, and below 2^53")]
    (number.fract() == 0.0 && number.abs() < WHOLE).then_some(number as i64)
}

/// The double that is nearest to the decimal number, so that it is shown with no more decimals than asked for.
fn rounded(number: f64, decimals: u8) -> f64 {
    let power = 10_f64.powi(i32::from(decimals));
    let shifted = number * power;
    if shifted.abs() >= WHOLE {
        return number;
    }
    // Adding zero makes a negative zero a plain one.
    shifted.round() / power + 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn float(number: f64) -> Value {
        Value::try_from(number).unwrap()
    }

    #[test]
    fn numbers_come_out_as_people_write_them() {
        for (value, scale, offset, round, expected) in [
            (float(21.449_999), None, None, Some(1), "21.4"),
            (float(21.5), Some(1.8), Some(32.0), Some(1), "70.7"),
            (float(0.1), Some(3.0), None, Some(2), "0.3"),
            (float(-0.04), None, None, Some(1), "0"),
            (
                float(1e300),
                None,
                None,
                Some(2),
                "1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            ),
            (float(1013.25), Some(0.01), None, Some(0), "10"),
            (Value::Int(48_312), Some(0.001), None, Some(1), "48.3"),
            (Value::Int(7), Some(1000.0), Some(-1.0), None, "6999"),
            (Value::Int(i64::MAX), None, None, Some(3), "9223372036854775807"),
            (Value::Int(i64::MAX), Some(1.0), Some(0.0), None, "9223372036854775807"),
            (Value::Int(12), None, None, Some(2), "12"),
            (Value::try_from("12").unwrap(), Some(2.0), Some(1.0), Some(1), "12"),
            (Value::Bool(true), Some(2.0), None, None, "true"),
        ] {
            assert_eq!(calculate(value.clone(), scale, offset, round).unwrap().to_string(), expected, "{value:?}");
        }
        assert!(matches!(calculate(Value::Int(i64::MAX), Some(2.0), None, None).unwrap(), Value::Float(_)));
        assert!(matches!(calculate(float(1e308), Some(10.0), None, None), Err(Refusal::NotFinite(_))));
    }

    proptest! {
        #[test]
        fn rounding_leaves_no_noise_and_moves_little(number in -1e9..1e9_f64, decimals in 0..6_u8) {
            let Value::Float(got) = calculate(float(number), None, None, Some(decimals)).unwrap() else { panic!() };
            let text = got.get().to_string();
            let shown = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            prop_assert!(shown <= usize::from(decimals), "{text}");
            // Half a unit of the last decimal, and what the doubles themselves are off.
            let most = 0.5 / 10_f64.powi(i32::from(decimals)) + 4.0 * f64::EPSILON * number.abs();
            prop_assert!((got.get() - number).abs() <= most);
            let again = calculate(Value::Float(got), None, None, Some(decimals)).unwrap();
            prop_assert_eq!(again, Value::Float(got));
        }

        #[test]
        fn whole_numbers_are_calculated_digit_by_digit(whole: i64, scale in -1000..1000_i32, offset: i32) {
            let got = calculate(Value::Int(whole), Some(f64::from(scale)), Some(f64::from(offset)), Some(2)).unwrap();
            let exact = i128::from(whole) * i128::from(scale) + i128::from(offset);
            match i64::try_from(exact) {
                Ok(exact) if whole.checked_mul(i64::from(scale)).is_some() => prop_assert_eq!(got, Value::Int(exact)),
                _ => prop_assert!(matches!(got, Value::Float(_))),
            }
        }
    }
}
