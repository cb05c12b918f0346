//! What is known about the machine's clock when the program starts. It only looks; `Trust` judges.

use std::fs;
use std::path::Path;

use streamer_reading::Epoch;

use crate::Offset;

/// Whether the clock may be doubted at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is judged by the facts.
    #[default]
    Auto,
    /// It is right, whatever it shows.
    Trust,
}

/// The facts that a judgement starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether the clock may be doubted.
    pub mode: Mode,
    /// When this program was built: it cannot be earlier than that.
    pub built: Epoch,
    /// The last stamp of a right clock that the state folder keeps.
    pub last_trusted: Option<Epoch>,
    /// The offset that an earlier run recorded for the present boot: in this boot the clock was right once.
    pub recorded: Option<Offset>,
    /// Whether the machine is a board, which may boot without knowing the time.
    pub board: bool,
    /// Whether it has a battery clock.
    pub rtc: bool,
}

impl Facts {
    /// The facts about the machine whose `/proc` and `/sys` lie below `root`, with nothing known from earlier runs.
    ///
    /// ```
    /// use std::path::Path;
    /// use streamer_clock::{Facts, Mode};
    /// use streamer_reading::Epoch;
    /// let facts = Facts { mode: Mode::Trust, ..Facts::below(Path::new("/"), Epoch::ZERO) };
    /// assert_eq!(facts.last_trusted, None);
    /// ```
    pub fn below(root: &Path, built: Epoch) -> Self {
        let has_entry = |folder: &str| fs::read_dir(root.join(folder)).is_ok_and(|mut found| found.next().is_some());
        Self {
            mode: Mode::Auto,
            built,
            last_trusted: None,
            recorded: None,
            board: root.join("proc/device-tree/model").exists(),
            rtc: has_entry("sys/class/rtc"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_is_known_by_its_model_and_a_battery_clock_by_its_folder() {
        let root = tempfile::tempdir().unwrap();
        let facts = || Facts::below(root.path(), Epoch::ZERO);
        assert!(!facts().board && !facts().rtc);
        fs::create_dir_all(root.path().join("proc/device-tree")).unwrap();
        fs::write(root.path().join("proc/device-tree/model"), "Raspberry Pi 3 Model B\0").unwrap();
        fs::create_dir_all(root.path().join("sys/class/rtc")).unwrap();
        assert!(facts().board && !facts().rtc);
        fs::create_dir(root.path().join("sys/class/rtc/rtc0")).unwrap();
        assert!(facts().board && facts().rtc);
    }
}
