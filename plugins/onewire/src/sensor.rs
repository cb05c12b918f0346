//! One sensor over time: what it said last decides whether 85 °C can be true.

use std::fs;
use std::io;
use std::path::Path;

use crate::id::SensorId;
use crate::scratchpad::{self, Said};
use crate::wrong::Wrong;

/// What a sensor says that has power again and has not measured yet. In thousandths of a degree.
const POWER_UP: i64 = 85_000;
/// How close the reading before must be for a doubtful one to count.
const NEAR: u64 = 5_000;
/// How often a resolution is set that the sensor does not keep.
const TRIES: u8 = 3;

/// What is remembered of a sensor.
#[derive(Debug, Default)]
pub(crate) struct Sensor {
    last: Option<i64>,
    resolutions_set: u8,
}

impl Sensor {
    /// Lets the sensor measure and reads it: takes up to a second where nothing was measured before.
    pub(crate) fn read(&mut self, id: SensorId, folder: &Path) -> Result<Said, Wrong> {
        let (said, proven) = match text(&folder.join("w1_slave"))? {
            Some(text) => (scratchpad::read(&text, id.family())?, true),
            None => (scratchpad::read_plain(&text(&folder.join("temperature"))?.ok_or(Wrong::NoDriver)?)?, false),
        };
        let near = self.last.is_some_and(|last| last.abs_diff(said.millidegrees) <= NEAR);
        match said.millidegrees {
            POWER_UP if !near => return Err(Wrong::PowerUp),
            0 if !proven && !near => return Err(Wrong::UnprovenZero),
            _ => self.last = Some(said.millidegrees),
        }
        Ok(said)
    }

    /// Sets how many bits the sensor measures with, where it says that it has another setting.
    pub(crate) fn resolve(&mut self, bits: u8, said: Said, folder: &Path) -> io::Result<()> {
        match said.resolution {
            Some(has) if has != bits && self.resolutions_set < TRIES => {
                self.resolutions_set += 1;
                let mut file = fs::OpenOptions::new().write(true).open(folder.join("resolution"))?;
                io::Write::write_all(&mut file, format!("{bits}\n").as_bytes())
            }
            // It lost its power some time, or never kept it: set again after it was right.
            Some(has) if has == bits => {
                self.resolutions_set = 0;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The text of a file; none where it is not there.
fn text(path: &Path) -> Result<Option<String>, Wrong> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Wrong::Unreadable(error.to_string())),
    }
}
