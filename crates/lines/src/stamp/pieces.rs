//! A time pattern, taken apart once, so that a line costs no look at the pattern's text.

/// Why a pattern cannot be a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// A letter after `%` that is not known here.
    #[error(
        "%{0} is not known in a time pattern; known are %Y %y %m %d %e %j %b %B %a %A %H %k %I %l %M %S %f %p %z %Z %s %T %R %D %F"
    )]
    Unknown(String),
    /// A year, month, day or hour that nothing completes.
    #[error("the time pattern has {has} but no {lacks}")]
    Incomplete {
        /// What stands there.
        has: &'static str,
        /// What is missing beside it.
        lacks: &'static str,
    },
}

/// One piece of a time as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Year,
    YearOfCentury,
    Month,
    MonthName,
    Day,
    DayOfYear,
    Weekday,
    Hour,
    HourOfHalf,
    Half,
    Minute,
    /// With whatever fraction follows it, unless the pattern goes on with a point or comma of its own.
    Second {
        fraction: bool,
    },
    Fraction,
    OptionalFraction,
    Offset,
    ZoneName,
    Unix,
    Literal(char),
    /// Any number of blanks, none included.
    Blank,
}

/// Takes `pattern` apart.
pub(super) fn compile(pattern: &str) -> Result<Box<[Piece]>, PatternError> {
    let mut pieces = Vec::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            pieces.push(if c.is_whitespace() { Piece::Blank } else { Piece::Literal(c) });
            continue;
        }
        let mut name = String::new();
        // `%-d`, `%.3f`, `%:z`, `%6N`: paddings, widths and colons do not change what is read.
        let letter = loop {
            match rest.next() {
                Some(c @ ('-' | '_' | '0'..='9' | '.' | ':' | '^' | '#')) => name.push(c),
                Some(c) => break c,
                None => return Err(PatternError::Unknown(name)),
            }
        };
        let pointed = name.starts_with('.');
        name.push(letter);
        let one: &[Piece] = match letter {
            'Y' => &[Piece::Year],
            'y' => &[Piece::YearOfCentury],
            'm' => &[Piece::Month],
            'b' | 'B' | 'h' => &[Piece::MonthName],
            'd' | 'e' => &[Piece::Day],
            'j' => &[Piece::DayOfYear],
            'a' | 'A' => &[Piece::Weekday],
            'H' | 'k' => &[Piece::Hour],
            'I' | 'l' => &[Piece::HourOfHalf],
            'p' | 'P' => &[Piece::Half],
            'M' => &[Piece::Minute],
            'S' => &[Piece::Second { fraction: true }],
            'f' | 'N' | 'L' if pointed => &[Piece::OptionalFraction],
            'f' | 'N' | 'L' => &[Piece::Fraction],
            'z' => &[Piece::Offset],
            'Z' => &[Piece::ZoneName],
            's' => &[Piece::Unix],
            'T' => {
                const COLON: Piece = Piece::Literal(':');
                &[Piece::Hour, COLON, Piece::Minute, COLON, Piece::Second { fraction: true }]
            }
            'R' => &[Piece::Hour, Piece::Literal(':'), Piece::Minute],
            'F' => &[Piece::Year, Piece::Literal('-'), Piece::Month, Piece::Literal('-'), Piece::Day],
            'D' => &[Piece::Month, Piece::Literal('/'), Piece::Day, Piece::Literal('/'), Piece::YearOfCentury],
            '%' => &[Piece::Literal('%')],
            'n' | 't' => &[Piece::Blank],
            _ => return Err(PatternError::Unknown(name)),
        };
        pieces.extend_from_slice(one);
    }
    check(&pieces)?;
    Ok(join_fractions(&pieces).into())
}

/// Seconds take the fraction behind them, so that it may be missing; `%S,%f`, `%S.%f`, `%S%.f` and `%S` are one.
fn join_fractions(pieces: &[Piece]) -> Vec<Piece> {
    let mut joined = Vec::with_capacity(pieces.len());
    let mut rest = pieces;
    while let Some((&piece, after)) = rest.split_first() {
        rest = after;
        joined.push(match piece {
            Piece::Second { .. } | Piece::Unix => {
                match rest {
                    [Piece::Literal('.' | ','), Piece::Fraction, ..] => rest = &rest[2..],
                    [Piece::OptionalFraction, ..] => rest = &rest[1..],
                    _ => {}
                }
                let own_point = matches!(rest, [Piece::Literal('.' | ','), ..]);
                if piece == Piece::Unix { piece } else { Piece::Second { fraction: !own_point } }
            }
            other => other,
        });
    }
    joined
}

/// A date needs its month and day, or nothing of a date at all; a time of day its hour.
fn check(pieces: &[Piece]) -> Result<(), PatternError> {
    let has = |wanted: &[Piece]| pieces.iter().any(|piece| wanted.contains(piece));
    if has(&[Piece::Unix]) {
        return Ok(());
    }
    let lacking = |has, lacks| Err(PatternError::Incomplete { has, lacks });
    let year = has(&[Piece::Year, Piece::YearOfCentury]);
    let (month, day) = (has(&[Piece::Month, Piece::MonthName]), has(&[Piece::Day]));
    if has(&[Piece::DayOfYear]) {
        if !year {
            return lacking("a day of the year (%j)", "year (%Y)");
        }
    } else if month != day {
        return if month { lacking("a month", "day (%d)") } else { lacking("a day", "month (%m or %b)") };
    } else if year && !month {
        return lacking("a year", "month and day");
    }
    if has(&[Piece::HourOfHalf]) && !has(&[Piece::Half]) {
        return lacking("an hour of twelve (%I)", "half of the day (%p)");
    }
    if !has(&[Piece::Hour, Piece::HourOfHalf]) && (!month || has(&[Piece::Minute])) && !has(&[Piece::DayOfYear]) {
        return lacking("no whole time", "hour (%H)");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_one_with_their_seconds() {
        let plain = compile("%H:%M:%S").unwrap();
        for pattern in ["%H:%M:%S,%f", "%H:%M:%S.%f", "%H:%M:%S%.f", "%H:%M:%S.%3f", "%T.%N", "%-H:%M:%S.%L"] {
            assert_eq!(compile(pattern).unwrap(), plain, "{pattern}");
        }
        assert_eq!(compile("%s.%f").unwrap(), compile("%s").unwrap());
    }

    #[test]
    fn what_cannot_be_a_time_is_said_when_it_is_made() {
        for pattern in ["%G-W%V-%u", "%Y-%q", "%", "%Y-%m", "%d %H:%M", "%I:%M", "%Y", "%M:%S", "", "%j"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
        for pattern in ["%Y-%m-%d", "%H:%M", "%b %e %T", "%Y%j", "%d.%m.%y %I:%M %p"] {
            assert!(compile(pattern).is_ok(), "{pattern}");
        }
        let said = compile("%V").unwrap_err().to_string();
        assert!(said.starts_with("%V is not known") && said.contains("%Y"), "{said}");
    }
}
