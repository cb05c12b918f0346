//! The wires into a running machine from outside: QMP, which turns the knobs of emulated sensors, and qtest, which moves
//! lines. The guest does not know of them.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::eventually;

/// Both wires.
pub struct Wires {
    qmp: BufReader<UnixStream>,
    qtest: BufReader<UnixStream>,
}

impl Wires {
    /// Takes the wires in this folder, `qmp` and `qtest`.
    ///
    /// # Errors
    /// Where one is not there in time.
    pub fn below(folder: &Path) -> Result<Self, String> {
        let wire = |name: &str| {
            let path = folder.join(name);
            let stream = eventually(Duration::from_secs(30), || UnixStream::connect(&path).ok());
            stream.map(BufReader::new).ok_or_else(|| format!("no {name}"))
        };
        let mut wires = Self { qmp: wire("qmp")?, qtest: wire("qtest")? };
        line(&mut wires.qmp)?;
        wires.ask("qmp_capabilities", &json!({}))?;
        Ok(wires)
    }

    /// Asks the machine over QMP.
    ///
    /// # Errors
    /// What it answers instead.
    pub fn ask(&mut self, question: &str, arguments: &Value) -> Result<Value, String> {
        let text = json!({ "execute": question, "arguments": arguments }).to_string() + "\n";
        self.qmp.get_mut().write_all(text.as_bytes()).map_err(|error| format!("qmp: {error}"))?;
        loop {
            let answer: Value = serde_json::from_str(&line(&mut self.qmp)?).map_err(|error| format!("qmp: {error}"))?;
            // What happens meanwhile is told in between.
            if let Some(found) = answer.get("return") {
                return Ok(found.clone());
            }
            if let Some(error) = answer.get("error") {
                return Err(format!("{question}: {error}"));
            }
        }
    }

    /// Sets a property of a device, such as the temperature of a sensor.
    ///
    /// # Errors
    /// What the machine answers.
    pub fn set(&mut self, device: &str, property: &str, value: i64) -> Result<(), String> {
        let arguments = json!({ "path": device, "property": property, "value": value });
        self.ask("qom-set", &arguments).map(|_| ())
    }

    /// Says a line over qtest.
    ///
    /// # Errors
    /// Where it is not answered with OK.
    pub fn poke(&mut self, words: &str) -> Result<(), String> {
        self.qtest.get_mut().write_all(format!("{words}\n").as_bytes()).map_err(|error| format!("qtest: {error}"))?;
        let answer = line(&mut self.qtest)?;
        if answer.starts_with("OK") { Ok(()) } else { Err(format!("{words}: {answer}")) }
    }
}

fn line(wire: &mut BufReader<UnixStream>) -> Result<String, String> {
    let mut text = String::new();
    match wire.read_line(&mut text) {
        Ok(1..) => Ok(text),
        Ok(0) => Err("the machine is gone".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
