//! Dates in HTTP headers: `Sun, 06 Nov 1994 08:49:37 GMT`. Only differences between two of them are ever used.

/// Seconds since 1970; none for what is not a date in the one form that servers must send.
pub(super) fn parse(text: &str) -> Option<i64> {
    let mut words = text.trim().split([' ', '-']).filter(|word| !word.is_empty());
    let weekday = words.next()?;
    if !weekday.ends_with(',') {
        return None;
    }
    let day: i64 = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = 1 + i64::try_from("JanFebMarAprMayJunJulAugSepOctNovDec".find(month.get(..3)?)? / 3).ok()?;
    let year: i64 = words.next()?.parse().ok()?;
    // The older form has two digits; such a date is never more than 50 years in the future.
    let year = if year < 70 {
        year + 2000
    } else if year < 100 {
        year + 1900
    } else {
        year
    };
    let mut time = words.next()?.splitn(3, ':').map(str::parse::<i64>);
    let mut part = || time.next()?.ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    let sane = (1..=31).contains(&day) && (1970..=9999).contains(&year) && hour < 24 && minute < 60 && second <= 60;
    (sane && words.next() == Some("GMT")).then(|| days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; years are counted from March, so that a leap day ends one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_servers_send() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(parse("Sunday, 06-Nov-94 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(parse("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        for odd in
            ["", "5", "yesterday", "Sun, 06 Nov", "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT"]
        {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }
}
