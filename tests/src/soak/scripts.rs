//! The programs that `exec` runs: they count, hang, fork, fail and spew. Each claims a number in its own file before it
//! prints it, so that afterwards it is known what it wrote.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Takes the next `$1` numbers: `$n` is the last that was taken before.
const CLAIM: &str = r#"
claim() {
    n=$(cat "$0.claimed" 2>/dev/null || echo 0)
    echo $((n + $1)) >"$0.new" && mv "$0.new" "$0.claimed"
}
"#;

/// What a script is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Each run prints one number: at most the run that is cut off by a kill is missing.
    EachRun,
    /// Each third run fails and prints nothing that counts.
    TwoOfThree,
    /// Its lines come in order; a kill takes what lay in the pipe.
    Lines,
    /// Nothing of it is ever read.
    Nothing,
}

/// A script and what is said of it in the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    /// Its name, which is the key of its readings.
    pub key: &'static str,
    /// What it shows.
    pub shows: Shows,
    options: &'static str,
    body: &'static str,
}

/// `NAP` is a time that nobody else in the world sleeps: it tells our processes from others.
pub const SCRIPTS: &[Script] = &[
    Script {
        key: "forks",
        shows: Shows::EachRun,
        options: "interval = \"6s\"\ntimeout = \"5900ms\"\ngrace = \"100ms\"",
        body: "claim 1\nsetsid sh -c 'trap \"\" TERM; sleep NAP; sleep NAP' &\n(setsid sleep NAP &)\necho $((n + 1))",
    },
    Script {
        key: "fails",
        shows: Shows::TwoOfThree,
        options: "interval = \"5s\"\ntimeout = \"4900ms\"",
        body: "claim 1\n[ $((n % 3)) = 2 ] && { echo no luck this time >&2; exit 3; }\necho $((n + 1))",
    },
    Script {
        key: "hangs",
        shows: Shows::Nothing,
        options: "interval = \"7s\"\ntimeout = \"1s\"\ngrace = \"500ms\"",
        body: "claim 1\ntrap '' TERM\nsleep NAP &\nsetsid sleep NAP &\necho $n\nwhile :; do sleep NAP; done",
    },
    Script {
        key: "spews",
        shows: Shows::Nothing,
        options: "interval = \"5s\"\nmax_output = \"64KB\"\ngrace = \"500ms\"",
        body: "claim 1\nexec yes 1",
    },
    Script {
        key: "talks",
        shows: Shows::Lines,
        options: "mode = \"stream\"\nrestart = \"500ms\"\ngrace = \"500ms\"",
        body: "setsid sleep NAP &\nlife=0\nwhile [ $life -lt 40 ]; do\n    claim 25\n    seq -f 'talks,%.0f' $((n + 1)) $((n + 25))\n\
               sleep 0.5\n    life=$((life + 1))\ndone\necho that was all >&2\nexit 1",
    },
    Script {
        key: "floods",
        shows: Shows::Lines,
        options: "mode = \"stream\"\ngrace = \"500ms\"",
        body: "while :; do\n    claim 2000\n    seq -f 'floods,%.0f' $((n + 1)) $((n + 2000))\n    sleep 20\ndone",
    },
];

impl Script {
    fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.sh", self.key))
    }

    /// Writes it, and gives its part of the configuration.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn install(self, folder: &Path, nap: &str) -> io::Result<String> {
        let path = self.path(folder);
        fs::write(&path, format!("#!/bin/sh\n{CLAIM}\n{}\n", self.body.replace("NAP", nap)))?;
        fs::set_permissions(&path, PermissionsExt::from_mode(0o700))?;
        let key = if self.shows == Shows::Lines { String::new() } else { format!("key = \"{}\"\n", self.key) };
        Ok(format!("\n[[inputs.exec]]\nid = \"{}\"\ncommand = [{path:?}]\n{key}{}\n", self.key, self.options))
    }

    /// The last number that it took.
    pub fn claimed(self, folder: &Path) -> u64 {
        let text = fs::read_to_string(folder.join(format!("{}.sh.claimed", self.key)));
        text.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }
}
