//! What a long-lived program and the agent say to each other, once the program has greeted: PROTOCOL.md is its page.
//!
//! A program that does not greet is none the worse for it: its input is closed with its first line, and it is read as it
//! talks. Nothing here waits for a program that does not listen.

use std::os::fd::OwnedFd;
use std::time::Duration;

use serde_json::{Map, Value, json};
use streamer_plugin::Outlet;
use streamer_plugin::clock::SinceBoot;
use streamer_plugin::options::misfit;

/// The version of the protocol.
const VERSION: u64 = 1;
/// How long a program has for its greeting; then its input is closed.
pub const GREETING: Duration = Duration::from_secs(5);
/// How often to look how far outputs are.
const LOOK: Duration = Duration::from_secs(1);

/// A conversation with one life of a program.
#[derive(Debug)]
pub struct Talk {
    stdin: Option<OwnedFd>,
    partner: Partner,
    options: Map<String, Value>,
    every: Duration,
    begun: SinceBoot,
}

#[derive(Debug)]
enum Partner {
    /// It has said nothing yet.
    Unknown,
    /// It only talks.
    Plain,
    Greeted(Greeted),
}

#[derive(Debug)]
struct Greeted {
    name: String,
    /// When it is asked next, where it wants to be asked.
    ask: Option<SinceBoot>,
    asked: u64,
    cursor: bool,
    reached: Option<u64>,
    settled: Option<u64>,
    beat: Option<Duration>,
}

/// What a line is.
#[derive(Debug, PartialEq)]
pub enum Line {
    /// For the reader of its format.
    Readings,
    /// A sign of life, or a greeting.
    Taken,
    /// All readings up to here belong to this place of the program's own.
    At(u64),
    /// Something that belongs to the protocol and is not right; nothing else is disturbed.
    Wrong(String),
    /// A greeting that cannot be understood: the program is ended.
    Fault(String),
}

impl Talk {
    pub fn new(stdin: Option<OwnedFd>, options: &Map<String, Value>, every: Duration, now: SinceBoot) -> Self {
        Self { stdin, partner: Partner::Unknown, options: options.clone(), every, begun: now }
    }

    /// The stream of its own places.
    pub fn stream(&self) -> Option<&str> {
        if let Partner::Greeted(greeted) = &self.partner { Some(&greeted.name) } else { None }
    }

    /// After how long without a word it is taken for hung.
    pub fn silence(&self) -> Option<Duration> {
        if let Partner::Greeted(greeted) = &self.partner { greeted.beat.map(|beat| beat * 3) } else { None }
    }

    /// Takes a line that the program printed.
    pub fn hear(&mut self, line: &str, out: &Outlet) -> Line {
        let ours = is_ours(line);
        match &mut self.partner {
            Partner::Plain => Line::Readings,
            Partner::Unknown if ours => match self.greet(line, out) {
                Ok(()) => Line::Taken,
                Err(why) => Line::Fault(why),
            },
            Partner::Unknown => {
                self.partner = Partner::Plain;
                self.stdin = None;
                if self.options.is_empty() {
                    Line::Readings
                } else {
                    Line::Fault("it has `options`, and did not greet: it never saw them (see PROTOCOL.md)".into())
                }
            }
            Partner::Greeted(_) if !ours => Line::Readings,
            Partner::Greeted(greeted) => greeted.told(line),
        }
    }

    fn greet(&mut self, line: &str, out: &Outlet) -> Result<(), String> {
        let hello: Map<String, Value> = serde_json::from_str(line)
            .map_err(|error| format!("half a greeting: its first line is no JSON: {error}"))?;
        match hello.get("streamer").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(other) => {
                return Err(format!("it speaks version {other} of the protocol, and this agent speaks {VERSION}"));
            }
            None => return Err("half a greeting: \"streamer\" is the version, a number".into()),
        }
        const KNOWN: [&str; 6] = ["streamer", "name", "schema", "asked", "cursor", "beat"];
        if let Some(unknown) = hello.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(format!("its greeting says {unknown:?}, which version {VERSION} does not know"));
        }
        let name = hello.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.ok_or("half a greeting: it does not say its \"name\"")?.to_owned();
        let options = Value::Object(std::mem::take(&mut self.options));
        if let Some(words) = hello.get("schema").and_then(|schema| misfit(schema, &options)) {
            return Err(format!("`options` does not fit what {name} takes: {words}"));
        }
        let is = |key: &str| hello.get(key).is_some_and(|value| *value == Value::Bool(true));
        let beat = hello.get("beat").and_then(Value::as_f64).filter(|beat| *beat >= 0.1);
        let place = out.positions().into_iter().find(|(stream, _)| *stream == name).map(|(_, at)| at);
        let greeted = Greeted {
            ask: is("asked").then(|| out.clock().boot()),
            asked: 0,
            cursor: is("cursor"),
            reached: place,
            settled: out.settled(&name),
            beat: beat.and_then(|beat| Duration::try_from_secs_f64(beat).ok()),
            name,
        };
        let first = json!({ "options": options, "reached": greeted.reached, "settled": greeted.settled });
        self.partner = Partner::Greeted(greeted);
        self.say(&first);
        Ok(())
    }

    /// Says a line; one that the program has no room for is left out, for a later one says more.
    fn say(&mut self, line: &Value) {
        let Some(stdin) = &self.stdin else { return };
        let text = format!("{line}\n");
        match rustix::io::write(stdin, text.as_bytes()) {
            Ok(_) | Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            // It closed its input: it does not want to hear more.
            Err(_) => self.stdin = None,
        }
    }

    /// Does what is due; tells how long until the next is.
    pub fn tend(&mut self, out: &Outlet, held: &[u8]) -> Result<Duration, String> {
        let now = out.clock().boot();
        let every = self.every;
        let mut lines = Vec::new();
        let next = match &mut self.partner {
            Partner::Plain => Duration::MAX,
            Partner::Unknown => {
                let left = self.begun.plus(GREETING).since(now);
                if left.is_zero() {
                    if is_ours(&String::from_utf8_lossy(held)) {
                        return Err("half a greeting: its first line did not end within 5 s".into());
                    }
                    self.partner = Partner::Plain;
                    self.stdin = None;
                    return Ok(Duration::MAX);
                }
                left
            }
            Partner::Greeted(greeted) => {
                let mut next = Duration::MAX;
                if let Some(ask) = &mut greeted.ask {
                    if *ask <= now {
                        greeted.asked += 1;
                        *ask = now.plus(every);
                        lines.push(json!({ "read": greeted.asked }));
                    }
                    next = ask.since(now);
                }
                if greeted.cursor && greeted.reached != greeted.settled {
                    let settled = out.settled(&greeted.name);
                    if settled != greeted.settled {
                        greeted.settled = settled;
                        lines.push(json!({ "settled": settled }));
                    }
                    next = next.min(LOOK);
                }
                next
            }
        };
        lines.iter().for_each(|line| self.say(line));
        Ok(next)
    }
}

impl Greeted {
    fn told(&mut self, line: &str) -> Line {
        let wrong = || Line::Wrong(format!("not in version {VERSION}: {}", line.chars().take(80).collect::<String>()));
        let Ok(Value::Object(line)) = serde_json::from_str(line) else { return wrong() };
        let Some(Value::Object(told)) = line.get("streamer") else { return wrong() };
        match (told.get("at").map(Value::as_u64), told.contains_key("beat")) {
            (Some(Some(at)), _) if self.cursor && self.reached.is_none_or(|reached| reached <= at) => {
                self.reached = Some(at);
                Line::At(at)
            }
            (Some(_), _) => Line::Wrong("\"at\" is a whole number that never falls, of a program with a cursor".into()),
            (None, true) => Line::Taken,
            (None, false) => wrong(),
        }
    }
}

/// Whether a line belongs to the protocol: an object whose first name is `streamer`.
fn is_ours(line: &str) -> bool {
    let inner = line.trim_start().strip_prefix('{').map(str::trim_start);
    inner.is_some_and(|inner| inner.starts_with("\"streamer\""))
}
