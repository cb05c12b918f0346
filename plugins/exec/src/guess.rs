//! Lines whose writer did not say how they are written: JSON, `key,value[,epoch]`, the line protocol, or PUTVAL.

use streamer_lines::{Reader, TripleError, triple};
use streamer_plugin::clock::Zone;
use streamer_plugin::{Readings, When};

use streamer_lines::config::Wrong;

use crate::format::{Writing, Written};
use crate::once::put;

/// Reads each line as what it looks like.
#[derive(Debug)]
pub struct Guess {
    json: Reader,
    influx: Reader,
    collectd: Reader,
}

impl Guess {
    /// Readers for all of them, with the types and units that the options give.
    ///
    /// # Errors
    /// The option that is wrong.
    pub fn new(writing: &Writing<'_>, zone: &Zone) -> Result<Self, Wrong> {
        let reader = |format, epoch| Ok(Writing { format, epoch, ..*writing }.ready(zone, false)?.reader());
        Ok(Self {
            json: reader(Written::Json, writing.epoch)?,
            influx: reader(Written::Influx, None)?,
            collectd: reader(Written::Collectd, None)?,
        })
    }

    pub fn read(&mut self, line: &str, out: &mut Readings) {
        let text = line.trim();
        let reader = match text.bytes().next() {
            None | Some(b'#') => return,
            Some(b'{' | b'[') => &mut self.json,
            _ if text.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("PUTVAL ")) => &mut self.collectd,
            _ if is_point(text) => &mut self.influx,
            _ => return reading(line, out),
        };
        put(reader, line, out);
    }
}

/// `key,value[,epoch]`.
fn reading(line: &str, out: &mut Readings) {
    match triple(line) {
        Ok((key, value, epoch)) => out.put_at(key, value, epoch.map_or(When::Began, When::Epoch)),
        Err(error) => {
            let cause = match &error {
                TripleError::Refused(refusal) => refusal.cause(),
                TripleError::Value(cause) => cause.word(),
                _ => "malformed",
            };
            let shown: String = line.chars().take(80).collect();
            out.refuse("", cause, format_args!("{error}, in {shown:?}"));
        }
    }
}

/// `measurement[,tag=value...] field=value[...] [stamp]`: a blank that no backslash holds, tags before it, fields behind.
fn is_point(text: &str) -> bool {
    let blank = text.match_indices(' ').map(|(at, _)| at).find(|at| !text[..*at].ends_with('\\'));
    let Some(blank) = blank else { return false };
    let (head, fields) = (&text[..blank], text[blank..].trim_start());
    let mut tags = head.split(',').skip(1).collect::<Vec<_>>();
    // A comma that belongs to a name stands behind a backslash.
    tags.retain(|tag| !tag.is_empty());
    let name = fields.split('=').next().unwrap_or_default();
    fields.contains('=')
        && !name.is_empty()
        && !name.contains([',', '"'])
        && (head.contains("\\,") || tags.iter().all(|tag| tag.contains('=')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_readings_are_told_apart() {
        for text in ["m f=1", "m,a=b,c=d f=1,g=2 1790000000000000000", "we\\ at,a=b f=\"x, y\"", "m\\,n f=1"] {
            assert!(is_point(text), "{text}");
        }
        for text in ["a,1", "a,1,1790000000", "note,hello world", "note,a b=c", "text,x = y, z", "alone", "a b"] {
            assert!(!is_point(text), "{text}");
        }
    }
}
