//! What lies on the disk: the files that the globs find, and those that a log was rotated into.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::delivery::Delivery;
use crate::followed::Look;
use crate::meanwhile::others_act;
use crate::paths::Pattern;
use crate::place::Inode;
use crate::rotated::{Age, mark};
use crate::source::is_packed;

/// A regular file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub path: PathBuf,
    pub inode: Inode,
    pub look: Look,
}

impl Seen {
    fn new(path: PathBuf, file: &fs::Metadata) -> Self {
        Self { path, inode: Inode::of(file), look: look(file) }
    }
}

/// Size and time of writing.
pub fn look(file: &fs::Metadata) -> Look {
    (file.len(), i128::from(file.mtime()) * 1_000_000_000 + i128::from(file.mtime_nsec()))
}

/// One look at everything that the globs find.
#[derive(Debug, Default)]
pub struct Scan {
    /// Each file once, whatever links lead to it, in the order of writing.
    pub files: Vec<Seen>,
    pub folders: Vec<PathBuf>,
}

impl Scan {
    pub fn of(patterns: &[Pattern], out: &mut Delivery<'_>) -> Self {
        let (mut scan, mut paths) = (Self::default(), Vec::new());
        for pattern in patterns {
            pattern.expand(&mut paths, &mut scan.folders);
        }
        let mut met = HashSet::with_capacity(paths.len());
        let mut met_paths = HashSet::with_capacity(paths.len());
        for path in paths {
            if !met_paths.insert(path.clone()) {
                continue;
            }
            if let Some(seen) = regular(path, out)
                && met.insert(seen.inode)
            {
                scan.files.push(seen);
            }
        }
        // What a log was rotated into has the longer name, and is the older one of two written in the same moment.
        scan.files.sort_by_cached_key(|seen| (seen.look.1, Reverse(seen.path.as_os_str().len())));
        scan.folders.sort_unstable();
        scan.folders.dedup();
        scan
    }
}

const NOT_THERE: &str = "is not there yet";
const NO_PERMISSION: &str = "may not be looked at; the folders above it need `x` for the agent's user";

/// What is not a regular file is said once and passed over.
fn regular(path: PathBuf, out: &mut Delivery<'_>) -> Option<Seen> {
    let shown = path.display();
    others_act();
    let file = match fs::metadata(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            out.say(shown, NOT_THERE);
            return None;
        }
        Err(error) => {
            let words =
                if error.kind() == ErrorKind::PermissionDenied { NO_PERMISSION.into() } else { error.to_string() };
            out.count_once(shown, "no_permission", &words);
            return None;
        }
    };
    let kind = file.file_type();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (cause, words) = if kind.is_dir() {
        ("directory", "is a directory; only files are followed")
    } else if kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device() {
        ("no_file", "is no regular file; only those are followed")
    } else if is_packed(&name).is_some() {
        ("compressed", "is compressed and passed over; `rotated_gzip = true` catches up with what was rotated")
    } else {
        return Some(Seen::new(path, &file));
    };
    out.count_once(shown, cause, words);
    None
}

/// A file beside a log whose name says that the log was rotated into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sibling {
    pub seen: Seen,
    pub age: Age,
    /// It has to be unpacked.
    pub packed: bool,
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    others_act();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

/// Everything that `log` was rotated into, the oldest first.
///
/// A folder in which files are renamed meanwhile may show one of them twice and another not at all, so it is looked at
/// until two looks are the same.
pub fn siblings(log: &Path) -> Vec<Sibling> {
    const PATIENCE: usize = 100;
    let look = || log.parent().map_or_else(Vec::new, |folder| siblings_among(&names(folder), log));
    let mut last = look();
    for _ in 0..PATIENCE {
        let next = look();
        if next == last {
            break;
        }
        last = next;
    }
    last
}

fn siblings_among(names: &[String], log: &Path) -> Vec<Sibling> {
    let (Some(folder), Some(name)) = (log.parent(), log.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    // Whatever the log was rotated into begins like it, so that those names stand together.
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let first = names.partition_point(|other| other.as_str() < stem);
    let alike = names[first..].iter().take_while(|other| other.starts_with(stem));
    let sibling = |other: &String| {
        let mark = mark(name, other)?;
        let packed = is_packed(other);
        let path = folder.join(other);
        others_act();
        let file = fs::symlink_metadata(&path).ok().filter(|file| file.is_file() && packed != Some(false))?;
        Some(Sibling { seen: Seen::new(path, &file), age: Age::of(mark), packed: packed == Some(true) })
    };
    let mut siblings: Vec<_> = alike.filter_map(sibling).collect();
    // A program that was not told yet writes on into what was renamed: names tell the age better than times do.
    let named = siblings.iter().all(|sibling| sibling.age.compares(siblings[0].age));
    siblings.sort_unstable_by(|a, b| {
        let (age, time) = (a.age.cmp(&b.age), a.seen.look.1.cmp(&b.seen.look.1));
        let order = if named { age.then(time) } else { time.then(age) };
        order.then_with(|| a.seen.path.cmp(&b.seen.path))
    });
    siblings
}

/// What lay beside each log when it was last looked at: whatever comes later was rotated meanwhile.
#[derive(Debug, Default)]
pub struct Beside {
    there: HashMap<PathBuf, HashSet<(Inode, Look)>>,
    /// The names in a folder, for as long as one round lasts.
    folders: HashMap<PathBuf, Vec<String>>,
}

impl Beside {
    pub fn begin_round(&mut self) {
        self.folders.clear();
    }

    /// Looks what lies beside a log that is about to be opened for the first time. What comes later, however soon, is new.
    ///
    /// The log itself may have been renamed since it was seen: then it is found beside its name, and new.
    pub fn note(&mut self, log: &Path, seen: Inode) {
        if self.there.contains_key(log) {
            return;
        }
        let folder = log.parent().unwrap_or(log).to_owned();
        let names = self.folders.entry(folder).or_insert_with_key(|folder| names(folder));
        let mut there = siblings_among(names, log);
        there.retain(|sibling| sibling.seen.inode != seen);
        self.set(log, &there);
    }

    /// What was found beside a log is known from now on.
    pub fn set(&mut self, log: &Path, there: &[Sibling]) {
        let there = there.iter().map(|sibling| (sibling.seen.inode, sibling.seen.look)).collect();
        self.there.insert(log.to_owned(), there);
    }

    pub fn had(&self, log: &Path, seen: &Seen) -> bool {
        self.there.get(log).is_some_and(|there| there.contains(&(seen.inode, seen.look)))
    }

    pub fn knows(&self, log: &Path) -> bool {
        self.there.contains_key(log)
    }
}
