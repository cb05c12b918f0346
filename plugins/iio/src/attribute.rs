//! One file of a driver, read now: its text, or what came instead.

use std::io;
use std::path::Path;

use crate::number::decimal;

/// Why a file gave nothing that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// One word for the counters.
    pub(crate) cause: &'static str,
    /// For a person: which file, what, and the cure where there is one.
    pub(crate) words: String,
    /// Whether the driver may well answer if it is asked again soon.
    pub(crate) passes: bool,
}

const NO_DEVICE: [i32; 2] = [6, 19];
/// EIO, EAGAIN, ETIMEDOUT: how drivers say that the sensor did not answer this time.
const PASSING: [i32; 3] = [5, 11, 110];
const BUSY: i32 = 16;
const NO_DATA: i32 = 61;

impl Trouble {
    pub(crate) fn new(cause: &'static str, path: &Path, words: impl std::fmt::Display) -> Self {
        Self { cause, words: format!("{}: {words}", path.display()), passes: false }
    }

    fn of(error: &io::Error, path: &Path) -> Self {
        let code = error.raw_os_error().unwrap_or(0);
        let cure = match code {
            BUSY => "; another program captures from this device",
            NO_DATA => "; the driver has nothing to tell: the channel is switched off, or nothing is connected to it",
            _ if PASSING.contains(&code) => "; the sensor did not answer: look at its wires",
            _ if error.kind() == io::ErrorKind::PermissionDenied => "; let this program read it",
            _ => "",
        };
        let gone = NO_DEVICE.contains(&code) || error.kind() == io::ErrorKind::NotFound;
        let cause = if gone { "gone" } else { "unreadable" };
        Self { passes: PASSING.contains(&code), ..Self::new(cause, path, format_args!("{error}{cure}")) }
    }
}

/// The text of a file that was seen in its folder: if it is gone now, or empty, that is trouble, too.
pub(crate) fn text(path: &Path) -> Result<String, Trouble> {
    let bytes = std::fs::read(path).map_err(|error| Trouble::of(&error, path))?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    if text.is_empty() {
        return Err(Trouble::new("unreadable", path, "there is nothing in it"));
    }
    Ok(text)
}

/// The number in a file.
pub(crate) fn number(path: &Path) -> Result<f64, Trouble> {
    let text = text(path)?;
    decimal(&text).ok_or_else(|| not_a_number(path, &text))
}

pub(crate) fn not_a_number(path: &Path, text: &str) -> Trouble {
    Trouble::new("number", path, format_args!("{:?} is no number", text.chars().take(40).collect::<String>()))
}
