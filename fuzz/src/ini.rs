//! An ini file of the Python client's: read or refused with its place, and the access key never in what is said.

use std::path::Path;

pub fn check(bytes: &[u8]) {
    match streamer::ini::parse(bytes, Path::new("x.ini")) {
        Ok(file) => {
            let shown = format!("{file:?}");
            let key = file.access_key.as_ref().map(|key| key.expose());
            // What stands under another name too is no secret of the file's.
            if let Some(key) = key.filter(|key| key.len() > 12 && times(key, bytes) == 1) {
                assert!(!shown.contains(key), "the key is shown");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// How often a word stands in the file, in whatever case: names are read in small letters.
fn times(word: &str, bytes: &[u8]) -> usize {
    let text =
        std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|&b| char::from(b)).collect(), str::to_owned);
    text.to_lowercase().matches(&word.to_lowercase()).count()
}
