//! The Python client's offline format: one row `epoch,key,value` a reading, no heading.
//!
//! The file is only ever appended to; a row that did not get to the disk whole is taken back before the next attempt.

use std::fs::{File, OpenOptions, metadata};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use streamer_reading::{Reading, Value};
use streamer_spool::{Limit, Record};

use crate::output::{Output, Standing, Verdict};

/// A CSV file as an output.
#[derive(Debug)]
pub struct Csv {
    path: PathBuf,
    /// None until the first batch, where it was not opened at once.
    file: Option<File>,
    rows: Vec<u8>,
}

impl Csv {
    /// The file at `path`, opened when the first batch comes: what is wrong with it now may be right by then. A path
    /// without an extension gets `.csv`, as from the Python client; unlike from that one, no second.
    pub fn at(path: &Path) -> Self {
        let path = if path.extension().is_some() { path.to_owned() } else { path.with_extension("csv") };
        Self { path, file: None, rows: Vec::new() }
    }

    /// As [`Csv::at`], opened or made at once.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut csv = Self::at(path);
        csv.file = Some(append_to(&csv.path)?);
        Ok(csv)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All rows or none, and on the disk.
    fn write(&mut self) -> io::Result<()> {
        let there = metadata(&self.path).map(|about| (about.dev(), about.ino())).ok();
        let open = self.file.as_ref().and_then(|file| file.metadata().ok()).map(|about| (about.dev(), about.ino()));
        let file = match &mut self.file {
            Some(file) if there == open => file,
            // It was never opened, or somebody moved or removed it: the rows go where people will look for them.
            other => other.insert(append_to(&self.path)?),
        };
        let before = file.metadata()?.len();
        let written = file.write_all(&self.rows).and_then(|()| file.sync_data());
        if written.is_err() {
            // If this fails too, the next attempt meets the same disk and says so.
            drop(file.set_len(before));
        }
        written
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// One row, its line end included. A text with a comma, a quote or a line end is quoted, and one that
/// looks like a number or a boolean.
///
/// ```
/// use streamer::{Epoch, Key, Reading, Value};
/// let reading = Reading::new(Key::new("note")?, Value::try_from("a, \"b\"")?, Epoch::from_secs(1_790_000_000)?);
/// let mut row = Vec::new();
/// streamer::csv::row(&mut row, &reading);
/// assert_eq!(row, b"1790000000.000000,note,\"a, \"\"b\"\"\"\n");
/// # Ok::<(), streamer::Refusal>(())
/// ```
pub fn row(out: &mut Vec<u8>, reading: &Reading) {
    // Writing into memory cannot fail.
    drop(write!(out, "{},", reading.epoch));
    field(out, reading.key.as_str());
    out.push(b',');
    match &reading.value {
        Value::Text(text) if reads_as_another_kind(text.as_str()) => {
            drop(write!(out, "\"{text}\"", text = text.as_str()))
        }
        Value::Text(text) => field(out, text.as_str()),
        other => drop(write!(out, "{other}")),
    }
    out.push(b'\n');
}

/// A text that would come back as a number or a boolean if it stood there without quotes.
fn reads_as_another_kind(text: &str) -> bool {
    matches!(text, "true" | "false" | "True" | "False") || serde_json::from_str::<serde_json::Number>(text).is_ok()
}

fn field(out: &mut Vec<u8>, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        out.push(b'"');
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

impl Output for Csv {
    fn limit(&self) -> Limit {
        // A sync for each batch: large ones spare the card.
        Limit { events: 1000, bytes: 256 * 1024 }
    }

    fn size(&self, record: &Record) -> usize {
        let value = if let Value::Text(text) = &record.reading.value { text.as_str().len() } else { 24 };
        record.reading.key.as_str().len() + value + 24
    }

    fn standing(&self) -> impl Fn() -> Option<Standing> + Send + Sync + 'static {
        || None
    }

    async fn ready(&mut self) {}

    async fn deliver(&mut self, records: &[Record]) -> Verdict {
        self.rows.clear();
        records.iter().for_each(|record| row(&mut self.rows, &record.reading));
        match self.write() {
            Ok(()) => Verdict::Delivered,
            Err(error) => {
                Verdict::Retry { why: format!("cannot write {}: {error}", self.path.display()), in_doubt: false }
            }
        }
    }
}
