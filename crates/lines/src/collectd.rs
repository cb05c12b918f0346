//! collectd's plain text protocol: `PUTVAL "host/plugin-instance/type-instance" interval=10 N:1.5:2`.
//!
//! The key is the plugin and the type, each with its instance; the host is this one and left out. Several values count
//! from 0. `N` is now, `U` is no value.

use streamer_reading::Epoch;

use crate::row::{JOINT, Raw, Row, Span};
use crate::stamp::{Unit, read_unix};
use crate::{Cause, number, quote};

/// Gathers the values of one line; other commands of the protocol carry none. What comes back is the line's time.
pub(crate) fn read(line: &str, name: &mut String, row: &mut Row) -> Result<Option<Epoch>, Cause> {
    let broken = |what, at| Cause::Malformed { format: "PUTVAL", what, at };
    let start = line.len() - line.trim_start().len();
    let (command, rest) = line[start..].split_once(' ').unwrap_or((&line[start..], ""));
    if command.is_empty() || command.starts_with('#') {
        return Ok(None);
    }
    if !command.eq_ignore_ascii_case("PUTVAL") {
        return Err(broken("the command is another one", start));
    }
    let at = line.len() - rest.trim_start().len();
    let mut identifier = String::new();
    let end = if line[at..].starts_with('"') {
        quote::read(line, at, &mut identifier).ok_or(broken("the identifier has no end", at))?
    } else {
        let end = at + line[at..].find(char::is_whitespace).unwrap_or(line.len() - at);
        identifier.push_str(&line[at..end]);
        end
    };
    let mut parts = identifier.splitn(3, '/');
    let (Some(_), Some(plugin), Some(kind)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(broken("the identifier is not host/plugin/type", at));
    };
    let mut list = None;
    let mut from = end;
    for word in line[end..].split_whitespace() {
        let place = from + line[from..].find(word).unwrap_or(0);
        from = place + word.len();
        // Options have an equals sign, lists of values a colon.
        if word.contains(':') && !word.contains('=') {
            list = Some(place);
            name.clear();
            name.push_str(plugin);
            name.push(JOINT);
            name.push_str(kind);
            values(word, place, name, row)?;
        }
    }
    let list = list.ok_or(broken("no values are there", end))?;
    let stamp = line[list..].split(':').next().unwrap_or("N");
    if stamp == "N" {
        return Ok(None);
    }
    read_unix(stamp, Unit::Seconds).map(Some).map_err(Cause::EpochRequired)
}

fn values(word: &str, place: usize, name: &mut String, row: &mut Row) -> Result<(), Cause> {
    let parent = name.len();
    let several = word.split(':').count() > 2;
    let mut at = place;
    for (index, text) in word.split(':').enumerate() {
        let span = Span { start: at, end: at + text.len(), decoded: false };
        at += text.len() + 1;
        if index == 0 || text == "U" {
            continue;
        }
        if several {
            name.push(JOINT);
            name.push_str(&(index - 1).to_string());
        }
        let raw = match number::extent(text.as_bytes()) {
            Some((all, true)) if all == text.len() => Raw::Integer,
            _ if number::loose(text).is_some() => Raw::Float,
            _ if ["nan", "-nan", "inf", "-inf"].iter().any(|word| text.eq_ignore_ascii_case(word)) => Raw::NotFinite,
            _ => Raw::Nothing("a value that is no number"),
        };
        row.push(name, raw, span)?;
        name.truncate(parent);
    }
    Ok(())
}
