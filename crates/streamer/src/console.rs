//! What `debug_level` shows: readings and failures, on stderr, for a person at the console. Never an access key.

use std::io::Write;

use streamer_reading::BucketKey;
use streamer_spool::Entry;

/// One accepted reading, from level 1 on.
pub(crate) fn reading(level: u8, bucket: &BucketKey, entry: &Entry<'_>) {
    if level >= 1 {
        line(format_args!("{bucket} {} {} {}", entry.epoch, entry.key, entry.value));
    }
}

/// One failure, from level 1 on.
pub(crate) fn failure(level: u8, why: &str) {
    if level >= 1 {
        line(format_args!("streamer: {why}"));
    }
}

/// A console that is gone must not stop the program that logs.
fn line(line: std::fmt::Arguments<'_>) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}
