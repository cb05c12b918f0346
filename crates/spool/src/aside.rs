//! Files set aside: damaged ones, and those that are not ours to read. They are kept for a person to look at, under a
//! name that ends in `.bad` and a number that grows; beyond a bound the oldest make way. Nothing here reads them.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::home::Home;
use crate::options::Places;

/// A file set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it lies.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    number: u64,
}

impl Places {
    /// The files of this state folder that were set aside, the oldest first.
    pub fn set_aside(&self, disk: &dyn Disk) -> Vec<SetAside> {
        find(disk, &self.state.join("spool"), self.runtime_folder(disk).as_deref())
    }
}

impl Home {
    /// Sets a file aside: renamed, as it is.
    pub fn set_aside(&self, path: &Path) -> io::Result<PathBuf> {
        let number = self.aside().last().map_or(1, |last| last.number + 1);
        let to = path.with_added_extension(format!("bad{number}"));
        self.disk.rename(path, &to)?;
        Ok(to)
    }

    /// Removes the oldest files that were set aside until the others take no more than `most` bytes; gives those that are
    /// gone. The last one stays, however long it is.
    pub fn bound_aside(&self, most: u64) -> Vec<PathBuf> {
        let mut files = self.aside();
        let mut taken = files.pop().map_or(0, |last| last.bytes);
        let too_old = files.into_iter().rev().filter(|file| {
            taken = taken.saturating_add(file.bytes);
            taken > most
        });
        too_old.filter(|file| self.disk.remove(&file.path).is_ok()).map(|file| file.path).collect()
    }

    fn aside(&self) -> Vec<SetAside> {
        find(&*self.disk, &self.spool, self.runtime.as_deref())
    }
}

fn find(disk: &dyn Disk, spool: &Path, runtime: Option<&Path>) -> Vec<SetAside> {
    let names = |dir: &Path| disk.names(dir).unwrap_or_default();
    let logs = names(spool).into_iter().filter(|name| name.starts_with("log-")).map(|name| spool.join(name));
    let dirs = logs.chain([spool.to_owned()]).chain(runtime.map(Path::to_owned));
    let mut found = Vec::new();
    for dir in dirs {
        for name in names(&dir) {
            let Some(number) = number(&name) else { continue };
            let path = dir.join(name);
            let bytes = disk.open(&path, false).and_then(|file| file.length()).unwrap_or(0);
            found.push(SetAside { path, bytes, number });
        }
    }
    found.sort_by_key(|file| file.number);
    found
}

/// The number of a file that was set aside. Earlier versions gave the first one none.
fn number(name: &str) -> Option<u64> {
    match name.rsplit_once(".bad")?.1 {
        "" => Some(0),
        number => number.parse().ok(),
    }
}
