//! What /proc says of a process: its state, its session, its beginning, and the mark that it inherited.

use std::fs;
use std::io::Read;

use rustix::process::Pid;

/// A process as it was a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub dead: bool,
    pub parent: i32,
    pub session: i32,
    /// When it began, in ticks since boot: with its number it names a process for good.
    pub began: u64,
}

impl Stat {
    pub fn of(pid: Pid) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn read(text: &str) -> Option<Self> {
        // The name in brackets may hold blanks and brackets itself.
        let mut fields = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace();
        let dead = matches!(fields.next()?, "Z" | "X" | "x");
        let parent = fields.next()?.parse().ok()?;
        let session = fields.nth(1)?.parse().ok()?;
        Some(Self { dead, parent, session, began: fields.nth(15)?.parse().ok()? })
    }
}

/// The value of the environment variable `name` with which `pid` was started.
pub fn environment(pid: Pid, name: &str) -> Option<String> {
    const ENOUGH: u64 = 256 * 1024;
    let mut bytes = Vec::new();
    fs::File::open(format!("/proc/{pid}/environ")).ok()?.take(ENOUGH).read_to_end(&mut bytes).ok()?;
    bytes.split(|byte| *byte == 0).find_map(|entry| {
        let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(String::from_utf8_lossy(value).into_owned())
    })
}

/// All processes that can be seen.
pub fn all() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_anything() {
        let text = "42 (a) R (b) Z 7 41 40 0 -1 4194560 0 0 0 0 1 2 3 4 20 0 1 0 98765 0 0";
        assert_eq!(Stat::read(text), Some(Stat { dead: true, parent: 7, session: 40, began: 98765 }));
        assert_eq!(Stat::read("42 (x"), None);
        let me = Stat::of(rustix::process::getpid()).unwrap();
        assert!(!me.dead && me.began > 0);
    }
}
