//! Access logs of web servers: nginx's and Apache's `common` and `combined`, with a virtual host before or more behind.
//!
//! What stands in a request is written by strangers. It is passed over by its quotes, never searched: a request that
//! holds ` 500 9 ` changes no status. `-` is no value. The epoch is the server's own.

use streamer_reading::{Epoch, Key};

use crate::item::{Item, Refused, Sink};
use crate::series::{Pins, Series, Units};
use crate::stamp::Stamper;
use crate::{Cause, FormatError};

/// What an access log tells of a request. Each is a key under its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "config", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AccessField {
    /// Who asked.
    Address,
    /// The name of a user who logged in.
    User,
    /// The whole first line of the request.
    Request,
    /// `GET`; nothing where the request is none.
    Method,
    /// What was asked for, with its query.
    Path,
    /// `HTTP/1.1`; nothing where the request had none.
    Protocol,
    /// The status of the answer.
    Status,
    /// Bytes of the answer's body.
    Bytes,
    /// The page that led here.
    Referer,
    /// The program that asked.
    Agent,
}

impl AccessField {
    /// What is read unless something else is asked for: nothing that is about a person.
    pub const DEFAULT: [Self; 4] = [Self::Status, Self::Bytes, Self::Method, Self::Path];

    /// The key.
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::User => "user",
            Self::Request => "request",
            Self::Method => "method",
            Self::Path => "path",
            Self::Protocol => "protocol",
            Self::Status => "status",
            Self::Bytes => "bytes",
            Self::Referer => "referer",
            Self::Agent => "agent",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AccessLog {
    columns: Vec<(AccessField, Series)>,
    units: Units,
    stamper: Stamper,
    plain: String,
}

impl AccessLog {
    pub(crate) fn new(
        fields: &[AccessField],
        pins: &Pins,
        units: Units,
        stamper: Stamper,
    ) -> Result<Self, FormatError> {
        let column = |field: &AccessField| Ok((*field, Series::new(Key::new(field.name())?, pins)));
        let columns = fields.iter().map(column).collect::<Result<_, FormatError>>()?;
        Ok(Self { columns, units, stamper, plain: String::new() })
    }

    pub(crate) fn series(&self) -> impl Iterator<Item = &Series> {
        self.columns.iter().map(|(_, series)| series)
    }

    pub(crate) fn restart(&mut self) {
        self.stamper.restart();
    }

    pub(crate) fn read(&mut self, line: &str, now: Epoch, sink: &mut Sink<'_>) {
        let visit = match Visit::read(line) {
            Ok(visit) => visit,
            Err((what, at)) => {
                let cause = Cause::Malformed { format: "access log", what, at };
                return sink(Item::Refused(Refused { key: None, cause, text: line }));
            }
        };
        let Ok(epoch) = self.stamper.stamp(Some(visit.time), line, now, sink) else { return };
        for (field, series) in &mut self.columns {
            let text = visit.get(*field);
            if text.is_empty() || text == "-" {
                continue;
            }
            let text = if text.contains('\\') { plain(text, &mut self.plain) } else { text };
            series.read(text, &self.units, epoch, sink);
        }
    }
}

/// One line, taken apart.
#[derive(Debug)]
struct Visit<'l> {
    address: &'l str,
    user: &'l str,
    time: &'l str,
    request: &'l str,
    status: &'l str,
    bytes: &'l str,
    referer: &'l str,
    agent: &'l str,
}

impl<'l> Visit<'l> {
    fn read(line: &'l str) -> Result<Self, (&'static str, usize)> {
        let (before, time, at) = time(line).ok_or(("no time stands in brackets", 0))?;
        // The user's name may hold blanks; the address, and the dash behind it, do not.
        let mut words = before.trim_end().splitn(3, ' ');
        let (address, _, user) = (words.next().unwrap_or(""), words.next(), words.next().unwrap_or(""));
        // Apache's vhost_combined puts `name:port` first.
        let (address, user) = match user.split_once(' ') {
            Some((dash, rest)) if dash == "-" && is_host(address) => (words_second(before), rest),
            _ => (address, user),
        };
        let (request, end) = quoted(line, at).ok_or(("the request has no end", at))?;
        let mut rest = line[end..].trim_start().splitn(3, ' ');
        let (status, bytes, tail) = (rest.next().unwrap_or(""), rest.next().unwrap_or(""), rest.next().unwrap_or(""));
        if status.len() != 3 || !is_number(status) {
            return Err(("no status stands behind the request", end));
        }
        if bytes != "-" && !is_number(bytes) {
            return Err(("no number of bytes stands behind the status", end));
        }
        let (referer, behind) = quoted(tail, 0).unwrap_or(("", tail.len()));
        let start = behind + usize::from(tail[behind..].starts_with(' '));
        let (agent, _) = quoted(tail, start).unwrap_or(("", start));
        Ok(Self { address, user, time, request, status, bytes, referer, agent })
    }

    fn get(&self, field: AccessField) -> &'l str {
        match field {
            AccessField::Address => self.address,
            AccessField::User => self.user,
            AccessField::Request => self.request,
            AccessField::Status => self.status,
            AccessField::Bytes => self.bytes,
            AccessField::Referer => self.referer,
            AccessField::Agent => self.agent,
            AccessField::Method | AccessField::Path | AccessField::Protocol => self.of_request(field),
        }
    }

    /// A part of `METHOD PATH PROTOCOL`. The path may hold blanks; a request of another kind has no parts.
    fn of_request(&self, field: AccessField) -> &'l str {
        let Some((method, rest)) = self.request.split_once(' ') else { return "" };
        if method.is_empty() || !method.bytes().all(|b| b.is_ascii_uppercase() || b == b'-' || b == b'_') {
            return "";
        }
        let (path, protocol) = match rest.rsplit_once(' ') {
            Some((path, protocol)) if protocol.starts_with("HTTP/") => (path, protocol),
            _ => (rest, ""),
        };
        match field {
            AccessField::Method => method,
            AccessField::Path => path,
            _ => protocol,
        }
    }
}

/// What stands before the time, the time, and where the quote of the request stands.
///
/// A bracket in a user's name is not the time: the time begins with a digit and has slashes, or hyphens, in their places.
fn time(line: &str) -> Option<(&str, &str, usize)> {
    for (open, _) in line.match_indices('[') {
        let rest = &line[open + 1..];
        let bytes = rest.as_bytes();
        let is_time = bytes.first().is_some_and(u8::is_ascii_digit)
            && (bytes.get(2) == Some(&b'/') && bytes.get(6) == Some(&b'/')
                || bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-'));
        if is_time && let Some(length) = rest.find("] \"") {
            return Some((&line[..open], &rest[..length], open + 1 + length + 2));
        }
    }
    None
}

/// The text between the quote at `at` and the next that no backslash holds, and where it ends.
fn quoted(line: &str, at: usize) -> Option<(&str, usize)> {
    let bytes = line.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut end = at + 1;
    loop {
        end += memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
        if bytes[end] == b'"' {
            return Some((&line[at + 1..end], end + 1));
        }
        end += 2;
    }
}

/// A text without its escapes, if that is text that people can read; else as it stands.
fn plain<'p>(text: &'p str, room: &'p mut String) -> &'p str {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match after {
            [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = &after[3..];
            }
            [held @ (b'"' | b'\\'), ..] => {
                bytes.push(*held);
                rest = &after[1..];
            }
            _ => bytes.push(byte),
        }
    }
    match String::from_utf8(bytes) {
        Ok(plain) if !plain.contains(char::is_control) => {
            *room = plain;
            room
        }
        _ => text,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `example.org:443`: a name with a port; an address of version 6 has more colons.
fn is_host(word: &str) -> bool {
    word.split_once(':').is_some_and(|(host, port)| !host.is_empty() && is_number(port))
}

fn words_second(before: &str) -> &str {
    before.split(' ').nth(1).unwrap_or("")
}
