//! Devices below /sys, and names for them that stay the same after the next start.
//!
//! The kernel numbers chips, zones and IIO devices as it finds them, so those numbers never name anything here: the
//! chip's name, a label that somebody gave it, a serial or the place where it is connected do. Nothing here reads a
//! measurement.

mod device;
mod place;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use device::{Device, alone, tell_apart};

/// The first line of a small file, without blanks around it; none where there is no such file or nothing in that line.
///
/// # Errors
/// Where the file is there and cannot be read: that is not the same as a file that is missing.
pub fn line(path: &Path) -> io::Result<Option<String>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line).trim().to_owned();
    Ok((!line.is_empty()).then_some(line))
}

/// The same where it makes no difference whether the file is missing or cannot be read.
pub fn first_line(path: &Path) -> Option<String> {
    line(path).ok().flatten()
}

/// The entries of a folder, sorted by name; none where it cannot be read.
pub fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(read) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> =
        read.flatten().map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect();
    found.sort_unstable();
    found
}

/// The folder itself instead of the link to it, whose name may be another's after the next start.
pub fn itself(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
