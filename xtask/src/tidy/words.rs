//! Words that have one home, or none: in the code, and in every file.

use crate::tidy::Finding;
use crate::tidy::source::Source;

/// Words of which only some places may speak.
struct Rule {
    words: &'static [&'static str],
    /// Where they may stand.
    homes: &'static [&'static str],
    /// Longer words that hold one of them and are allowed.
    but: &'static [&'static str],
    /// Whether they are looked for in literal texts too.
    in_texts: bool,
    /// Whether tests may use them anywhere.
    tests_may: bool,
    reason: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        words: &[
            "SystemTime::now",
            "Instant::now",
            "Utc::now",
            "Local::now",
            "Zoned::now",
            "Timestamp::now",
            "clock_gettime",
        ],
        homes: &["crates/clock/", "crates/agent/build.rs", "tests/src/lib.rs", "xtask/src/step.rs"],
        // The runtime's own, for time-outs on sockets: spelled out, so that nobody takes it for the time of day.
        but: &["tokio::time::Instant::now"],
        in_texts: false,
        // Clippy asks every one of them for its reason; an example that measures has one.
        tests_may: true,
        reason: "only streamer_clock::Clock tells the time",
    },
    Rule {
        words: &["thread::spawn", "thread::Builder", "thread::scope", "tokio::spawn", "spawn_blocking", "spawn_local"],
        // A mount whose server is dead blocks its reader for ever: that one read has a thread to lose.
        homes: &[
            "crates/agent/",
            "crates/streamer/",
            "crates/plugin/src/testkit",
            "plugins/system/src/apart.rs",
            // A sampler that is past its time must return, and cannot wait for a process that takes its time to die.
            "plugins/exec/src/undertaker.rs",
            // The scripted side of a conversation.
            "fuzz/",
            "tests/",
            "xtask/",
        ],
        but: &[],
        in_texts: false,
        tests_may: true,
        reason: "only the agent and `Streamer::build` start threads and tasks",
    },
    Rule {
        words: &["X-IS-", "bucketKey", "bucketName", "/api/events", "/api/buckets", "BUCKET_REMOVED"],
        homes: &["crates/streamer/src/events_api", "tests/", "xtask/"],
        but: &[],
        in_texts: true,
        tests_may: true,
        reason: "only crates/streamer/src/events_api knows how the Events API spells things",
    },
    Rule {
        words: &[".expose()"],
        homes: &[
            "crates/reading/src/secret.rs",
            "crates/config/src/settings/access_key.rs",
            "crates/streamer/src/",
            "fuzz/",
        ],
        but: &[],
        in_texts: false,
        tests_may: true,
        reason: "an access key is only taken out of its Secret where it is checked and where it is sent",
    },
    Rule {
        words: &["impl Serialize for Secret", "Display for Secret", "ToString for Secret", "Deref for Secret"],
        homes: &[],
        but: &[],
        in_texts: false,
        tests_may: false,
        reason: "a Secret has no way to be shown or written",
    },
    Rule {
        words: &["#[allow(", "#![allow("],
        homes: &[],
        // A module that several test programs include is used in parts by each.
        but: &["#![allow(dead_code, reason"],
        in_texts: false,
        tests_may: false,
        reason: "write #[expect(LINT, reason = \"...\")]: it says why, and tells when it is no longer needed",
    },
    Rule {
        words: &["todo!(", "unimplemented!(", "#[ignore"],
        homes: &[],
        but: &[],
        in_texts: false,
        tests_may: false,
        reason: "finish it, or leave it out",
    },
];

/// This file must spell what it looks for.
const THIS: &str = "xtask/src/tidy/words.rs";

/// Words in no file at all, in any case.
const NOWHERE: &[(&str, &str)] = &[
    ("/work/", "a path of somebody's machine"),
    ("index.crates.io", "a registry's host"),
    ("static.crates.io", "a registry's host"),
];

/// Rules about the code of one Rust file.
pub fn in_code(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if source.is_below(THIS) {
        return findings;
    }
    for rule in RULES.iter().filter(|rule| !rule.homes.iter().any(|home| source.is_below(home))) {
        let text = if rule.in_texts { &source.words } else { &source.code };
        let lines: Vec<_> =
            if rule.tests_may { source.outside_tests(text).collect() } else { text.lines().enumerate().collect() };
        for (number, line) in lines {
            let line = rule.but.iter().fold(line.to_owned(), |line, but| line.replace(but, ""));
            if let Some(word) = rule.words.iter().find(|word| line.contains(**word)) {
                findings.push(Finding::new(source.place(number), format!("`{word}`: {}", rule.reason)));
            }
        }
    }
    findings.extend(derived_on_secret(source));
    findings
}

/// `#[derive(.. Serialize ..)]` above `struct Secret`.
fn derived_on_secret(source: &Source) -> Option<Finding> {
    let at = ["struct Secret(", "struct Secret {"].iter().find_map(|start| source.code.find(start))?;
    let above = &source.code[..at];
    let derive = above.rfind("#[derive(")?;
    let gap = &above[derive..];
    let shown = ["Serialize", "Display", "Debug"].iter().find(|word| gap.contains(**word))?;
    // Another item between the two means that the derive is not the Secret's.
    (!gap.contains('}') && !gap.contains(';')).then(|| {
        Finding::new(
            source.place(above.matches('\n').count()),
            format!("Secret derives {shown}: it must not be shown or written"),
        )
    })
}

/// Rules about every text of the repository.
pub fn everywhere(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Shared cases and the lock file are checked elsewhere, or are other people's words.
    if source.is_below(THIS) || source.path.ends_with("Cargo.lock") {
        return findings;
    }
    for (number, line) in source.text.lines().enumerate() {
        let mut found =
            |word: &str, reason: &str| findings.push(Finding::new(source.place(number), format!("`{word}`: {reason}")));
        for word in ["TODO", "FIXME", "XXX"] {
            if line.split(|c: char| !c.is_alphanumeric()).any(|part| part == word) {
                found(word, "finish it, or leave it out");
            }
        }
        for (word, reason) in NOWHERE {
            if line.contains(word) {
                found(word, reason);
            }
        }
        if source.path.extension().is_some_and(|kind| kind == "rs" || kind == "toml") {
            if let Some((_, after)) = line.split_once("issue ")
                && after.starts_with(|c: char| c.is_ascii_digit())
            {
                found("issue", "the code speaks for itself: give the reason, not a number");
            }
            if line.ends_with([' ', '\t']) {
                found("blank", "at the end of a line");
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let source = Source::new(Path::new(path), text.to_owned());
        in_code(&source)
            .into_iter()
            .chain(everywhere(&source))
            .map(|finding| finding.place + " " + &finding.message)
            .collect()
    }

    #[test]
    fn words_have_their_homes() {
        let time = "fn f() { let t = Instant::now(); } // Instant::now in a comment\n";
        assert_eq!(found("crates/spool/src/log.rs", time).len(), 1);
        assert!(found("crates/clock/src/clock.rs", time).is_empty());
        assert!(found("crates/streamer/src/x.rs", "fn f() { tokio::time::Instant::now(); }\n").is_empty());
        let spawn = "#[cfg(test)]\nmod tests { fn f() { std::thread::spawn(|| ()); } }\n";
        assert!(found("crates/spool/src/log.rs", spawn).is_empty());
        assert_eq!(found("crates/spool/src/log.rs", "fn f() { std::thread::spawn(|| ()); }\n").len(), 1);
        let wire = "const H: &str = \"X-IS-AccessKey\";\n";
        assert_eq!(found("crates/agent/src/run.rs", wire).len(), 1);
        assert!(found("crates/streamer/src/events_api/call.rs", wire).is_empty());
    }

    #[test]
    fn a_secret_derives_nothing_that_shows_it() {
        assert_eq!(
            found("crates/reading/src/secret.rs", "#[derive(Clone, Serialize)]\npub struct Secret(Box<str>);\n").len(),
            1
        );
        assert!(found("crates/reading/src/secret.rs", "#[derive(Clone)]\npub struct Secret(Box<str>);\n").is_empty());
        assert!(found("x.rs", "#[derive(Debug)]\nstruct Other;\nstruct Secret(Box<str>);\n").is_empty());
    }

    #[test]
    fn nothing_is_left_open() {
        let left = ["// TO", "DO: later\n"].concat();
        assert_eq!(found("src/x.rs", &left).len(), 1);
        assert_eq!(found("src/x.rs", "// see issue 12\n").len(), 1);
        assert!(found("src/x.rs", "// an issue that is none\n").is_empty());
    }
}
