//! The hand of somebody who stands beside the machine: it warms a sensor, moves a line. It speaks to the emulator, never
//! to the guest; what the guest makes of it is seen in a bucket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::{Value, json};

use super::PATIENCE;
use crate::eventually;

/// The emulator's two ears: one for its objects, one for its memory and its wires.
pub struct Hand {
    objects: Ear,
    wires: Ear,
}

impl Hand {
    /// What the emulator is told so that it listens below this folder.
    pub(super) fn arguments(folder: &Path) -> Vec<String> {
        let ear = |name: &str| format!("unix:{},server=on,wait=off", folder.join(name).display());
        ["-qmp", &ear("objects"), "-qtest", &ear("wires"), "-qtest-log", "none"].map(str::to_owned).into()
    }

    /// Takes both, of a machine that has started.
    pub(super) fn at(folder: &Path) -> Result<Self, String> {
        let mut objects = Ear::at(&folder.join("objects"))?;
        objects.hears()?;
        let mut hand = Self { objects, wires: Ear::at(&folder.join("wires"))? };
        hand.asks("qmp_capabilities", json!({}))?;
        Ok(hand)
    }

    /// Sets a property of a device that was given an `id`, such as the temperature around a sensor.
    ///
    /// # Errors
    /// What the emulator says.
    pub fn sets(&mut self, id: &str, property: &str, value: i64) -> Result<(), String> {
        let path = format!("/machine/peripheral/{id}");
        self.asks("qom-set", json!({ "path": path, "property": property, "value": value })).map(drop)
    }

    /// The path of the first device of the board itself whose type has this in its name.
    ///
    /// # Errors
    /// Where there is none.
    pub fn finds(&mut self, kind: &str) -> Result<String, String> {
        let parent = "/machine/unattached";
        let all = self.asks("qom-list", json!({ "path": parent }))?;
        let of_kind = |device: &&Value| device["type"].as_str().is_some_and(|named| named.contains(kind));
        let found = all.as_array().into_iter().flatten().find(of_kind).and_then(|device| device["name"].as_str());
        found.map(|name| format!("{parent}/{name}")).ok_or_else(|| format!("the board has no {kind}"))
    }

    /// Moves a wire that leads into a device.
    ///
    /// # Errors
    /// What the emulator says.
    pub fn moves(&mut self, device: &str, wire: u32, high: bool) -> Result<(), String> {
        self.wired(&format!("set_irq_in {device} unnamed-gpio-in {wire} {}", u8::from(high)))
    }

    /// Writes a word to a register of the board.
    ///
    /// # Errors
    /// What the emulator says.
    pub fn writes(&mut self, register: u64, word: u32) -> Result<(), String> {
        self.wired(&format!("writel {register:#x} {word:#x}"))
    }

    fn asks(&mut self, question: &str, arguments: Value) -> Result<Value, String> {
        self.objects.says(&json!({ "execute": question, "arguments": arguments }).to_string())?;
        loop {
            let said: Value = serde_json::from_str(&self.objects.hears()?).map_err(|error| error.to_string())?;
            // It tells of what happens to the machine, too.
            if let Some(answer) = said.get("return") {
                return Ok(answer.clone());
            }
            if let Some(error) = said.get("error") {
                return Err(format!("{question}: {error}"));
            }
        }
    }

    fn wired(&mut self, line: &str) -> Result<(), String> {
        self.wires.says(line)?;
        let said = self.wires.hears()?;
        if said.starts_with("OK") { Ok(()) } else { Err(format!("{line}: {said}")) }
    }
}

/// A line to the emulator and back.
struct Ear(BufReader<UnixStream>);

impl Ear {
    fn at(socket: &Path) -> Result<Self, String> {
        let line = eventually(PATIENCE, || UnixStream::connect(socket).ok());
        let line = line.ok_or_else(|| format!("nobody listens at {}", socket.display()))?;
        line.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        Ok(Self(BufReader::new(line)))
    }

    fn says(&mut self, line: &str) -> Result<(), String> {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).map_err(|error| format!("the emulator: {error}"))
    }

    fn hears(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.0.read_line(&mut line).map_err(|error| format!("the emulator: {error}"))?;
        Ok(line)
    }
}
