//! Performance data of monitoring plugins: `'label'=value[UOM];[warn];[crit];[min];[max]` behind a bar.
//!
//! The first line may have some behind its bar; once a later line has a bar, all that follows is performance data. Only
//! labels and values are read: thresholds are not measurements. The unit goes, a comma is a decimal point, `U` is
//! unknown and no value.

use crate::row::{Raw, Row, Span};
use crate::{Cause, number};

/// Gathers the performance data of a plugin's whole output.
pub(crate) fn read(output: &str, row: &mut Row) -> Result<(), Cause> {
    let mut at = 0;
    let mut all_data = false;
    for (count, line) in output.split_inclusive('\n').enumerate() {
        let start = if all_data {
            Some(0)
        } else {
            let bar = line.find('|');
            all_data = count > 0 && bar.is_some();
            bar.map(|bar| bar + 1)
        };
        if let Some(start) = start {
            items(output, at + start, at + line.trim_end().len(), row)?;
        }
        at += line.len();
    }
    Ok(())
}

/// The items between `at` and `end`.
fn items(output: &str, mut at: usize, end: usize, row: &mut Row) -> Result<(), Cause> {
    let blanks = |at: usize| {
        let rest = output.get(at..end).unwrap_or("");
        at + (rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '|').len())
    };
    let mut label = String::new();
    loop {
        at = blanks(at);
        if at >= end {
            return Ok(());
        }
        label.clear();
        let Some(value) = read_label(&output[at..end], &mut label) else {
            // Where more may follow, only this word is lost.
            let rest = &output[at..end];
            let lost =
                if rest.contains('=') { rest.find(char::is_whitespace).unwrap_or(rest.len()) } else { rest.len() };
            let span = Span { start: at, end: at + lost, decoded: false };
            row.push("performance data", Raw::Nothing("performance data without a label and '='"), span)?;
            at += lost;
            continue;
        };
        // Some plugins write blanks around the sign: `'CPU Utilization' = 11.11%`.
        let behind = &output[at + value..end];
        let blanks = behind.len() - behind.trim_start().len();
        let next = behind[blanks..].split(|c: char| c == ';' || c.is_whitespace()).next().unwrap_or("");
        let goes_on = next == "U" || next.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.'));
        let start = at + value + if goes_on { blanks } else { 0 };
        let length = output[start..end].find(char::is_whitespace).unwrap_or(end - start);
        at = start + length;
        let number = output[start..at].split(';').next().unwrap_or("");
        let span = Span { start, end: start + number.len(), decoded: false };
        if number == "U" {
            continue;
        }
        if label.is_empty() {
            row.push_nameless(span)?;
            continue;
        }
        let (raw, span) = measured(number, span, row);
        row.push(&label, raw, span)?;
    }
}

/// Reads a label into `label`; where its value begins, behind the sign.
fn read_label(text: &str, label: &mut String) -> Option<usize> {
    if !text.starts_with('\'') {
        let sign = text.find('=')?;
        label.push_str(text[..sign].trim());
        return Some(sign + 1);
    }
    let mut at = 1;
    loop {
        let quote = at + text[at..].find('\'')?;
        label.push_str(&text[at..quote]);
        let behind = &text[quote + 1..];
        if behind.starts_with('\'') {
            label.push('\'');
            at = quote + 2;
        } else {
            let blanks = behind.len() - behind.trim_start().len();
            return behind[blanks..].starts_with('=').then_some(quote + 1 + blanks + 1);
        }
    }
}

/// The number at the start of `text`, without its unit.
fn measured(text: &str, span: Span, row: &mut Row) -> (Raw, Span) {
    const NONE: Raw = Raw::Nothing("performance data that is no number");
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | ',' | '-' | '+')).unwrap_or(text.len());
    // An exponent is part of the number only with digits behind it: 5e3, but 5EB.
    let exponent = text[end..].strip_prefix(['e', 'E']).map(|rest| {
        let sign = usize::from(rest.starts_with(['+', '-']));
        let digits = rest[sign..].bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 { 1 + sign + digits } else { 0 }
    });
    let end = end + exponent.unwrap_or(0);
    let (digits, unit) = text.split_at(end);
    let is_unit = unit.is_empty() || unit.starts_with(|c: char| c.is_alphabetic() || matches!(c, '%' | '°' | '/'));
    let hexadecimal = digits == "0" && unit.starts_with(['x', 'X']);
    if !is_unit || hexadecimal {
        return (NONE, span);
    }
    let span = Span { end: span.start + end, ..span };
    match number::extent(digits.as_bytes()) {
        Some((all, whole)) if all == digits.len() => return (if whole { Raw::Integer } else { Raw::Float }, span),
        _ => {}
    }
    if digits.matches([',', '.']).count() > 1 || number::loose(&digits.replace(',', ".")).is_none() {
        return (NONE, span);
    }
    let start = row.decoded.len();
    row.decoded.push_str(&digits.replace(',', "."));
    let whole = !digits.contains(['.', ',', 'e', 'E']);
    (if whole { Raw::Integer } else { Raw::Float }, Span { start, end: row.decoded.len(), decoded: true })
}
