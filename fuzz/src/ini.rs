//! An ini file of the Python client's: read or refused with its place, and the access key never in what is said.

use std::path::Path;

pub fn check(bytes: &[u8]) {
    match streamer::ini::parse(bytes, Path::new("x.ini")) {
        Ok(file) => {
            let shown = format!("{file:?}");
            if let Some(key) = file.access_key.as_ref().map(|key| key.expose()).filter(|key| key.len() > 12) {
                assert!(!shown.contains(key), "the key is shown");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
