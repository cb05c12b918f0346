//! Which buckets were created at the service, so that a start costs no call for each of them.
//!
//! A small file, one bucket a line, behind a mark of its account (never the access key itself). Losing the file costs a
//! call for each bucket and nothing else, so no fault of the disk is an error here.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use streamer_reading::BucketKey;

/// The buckets that are known to exist, of all accounts. Cloning is cheap; clones are one.
#[derive(Debug, Clone, Default)]
pub struct KnownBuckets(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    file: Option<PathBuf>,
    lines: BTreeSet<String>,
    /// Somebody writes the file, and looks again before it ends.
    written: bool,
    stale: bool,
}

impl KnownBuckets {
    /// Remembers until the end of the program.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Remembers in `file`, which is made when it is first needed.
    pub fn in_file(file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let mut known = Known { file: Some(file), ..Known::default() };
        known.lines.extend(text.lines().map(str::to_owned));
        Self(Arc::new(Mutex::new(known)))
    }

    pub(super) fn contains(&self, account: u64, bucket: &BucketKey) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lines.contains(&line(account, bucket))
    }

    pub(super) fn add(&self, account: u64, bucket: &BucketKey) {
        self.change(|lines| lines.insert(line(account, bucket)));
    }

    pub(super) fn remove(&self, account: u64, bucket: &BucketKey) {
        self.change(|lines| lines.remove(&line(account, bucket)));
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<String>) -> bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !change(&mut known.lines) || known.file.is_none() {
            return;
        }
        known.stale = true;
        if known.written {
            return;
        }
        // Who delivers must not wait for a disk, which may not answer at all.
        let shared = self.0.clone();
        let thread = std::thread::Builder::new().name("known buckets".into());
        known.written = thread.spawn(move || write(&shared)).is_ok();
    }
}

/// Writes until nothing has changed meanwhile.
fn write(shared: &Mutex<Known>) {
    loop {
        let (file, text) = {
            let mut known = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let file = known.file.clone().filter(|_| known.stale);
            let Some(file) = file else {
                known.written = false;
                return;
            };
            known.stale = false;
            (file, known.lines.iter().map(|line| format!("{line}\n")).collect::<String>())
        };
        let new = file.with_extension("new");
        if let Err(error) = fs::write(&new, text).and_then(|()| fs::rename(&new, &file)) {
            tracing::debug!(file = %file.display(), %error, "created buckets are not remembered over a restart");
        }
    }
}

fn line(account: u64, bucket: &BucketKey) -> String {
    format!("{account:016x} {bucket}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_knows_what_was_created() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("buckets");
        let (one, two) = (BucketKey::new("one").unwrap(), BucketKey::new("two").unwrap());
        let known = KnownBuckets::in_file(file.clone());
        known.add(7, &one);
        known.add(7, &two);
        known.remove(7, &one);
        while known.0.lock().unwrap().written {
            std::thread::yield_now();
        }
        let known = KnownBuckets::in_file(file);
        assert!(!known.contains(7, &one) && known.contains(7, &two) && !known.contains(8, &two));
    }
}
