//! What the state folder keeps besides the spool: generated bucket keys, and the last stamp that was right.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use streamer_plugin::State;
use streamer_reading::{BucketKey, Epoch};

/// The files of a state folder that are not the spool's.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    keys: Mutex<()>,
}

impl StateFolder {
    /// The state folder at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), keys: Mutex::default() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key of a bucket whose configuration gives none: made once, and kept for good.
    ///
    /// # Errors
    /// Where it can be neither read nor kept: then every start would make another bucket, so none is made.
    pub fn bucket_key(&self, label: &str) -> io::Result<BucketKey> {
        let _alone = self.keys.lock();
        let mut keys = self.keys()?;
        if let Some(key) = keys.get(label).and_then(|key| BucketKey::new(key).ok()) {
            return Ok(key);
        }
        let made = uuid::Uuid::new_v4().to_string();
        keys.insert(label.to_owned(), made.clone());
        let mut text = serde_json::to_vec_pretty(&keys)?;
        text.push(b'\n');
        replace(&self.keys_file(), &text)?;
        BucketKey::new(made).map_err(io::Error::other)
    }

    /// The key that was made for a bucket, if one was.
    pub fn known_bucket_key(&self, label: &str) -> Option<BucketKey> {
        self.keys().ok()?.get(label).and_then(|key| BucketKey::new(key).ok())
    }

    fn keys_file(&self) -> PathBuf {
        self.path.join("bucket-keys.json")
    }

    fn keys(&self) -> io::Result<BTreeMap<String, String>> {
        match std::fs::read(self.keys_file()) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }

    /// The last stamp of our own that was right, as far as it was kept.
    pub fn last_stamp(&self) -> Option<Epoch> {
        let text = std::fs::read_to_string(self.path.join("last-stamp")).ok()?;
        text.trim().parse().ok().map(Epoch::from_micros)
    }

    /// Keeps the present as the last stamp that was right. A disk that refuses costs only the mark.
    pub fn keep_stamp(&self, now: Epoch) {
        if let Err(error) = replace(&self.path.join("last-stamp"), now.micros().to_string().as_bytes()) {
            tracing::debug!("the last stamp could not be kept: {error}");
        }
    }

    /// The small state of an input.
    pub fn of_input(&self, id: &str) -> State {
        State::in_folder(self.path.join("inputs").join(streamer_reading::word(id)))
    }
}

/// Writes a file whole or not at all.
fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = file.with_extension("new");
    let mut new = std::fs::File::create(&beside)?;
    new.write_all(bytes)?;
    new.sync_all()?;
    std::fs::rename(beside, file)
}
