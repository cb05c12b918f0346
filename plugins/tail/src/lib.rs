//! Files that grow, line by line.
//!
//! A file is the buffer: what was not sent yet is read again after a start, and while the spool is full nothing is read.
//! The place in a file is committed together with the readings of its lines, under a name that tells the file from every
//! other one: its inode, its first bytes, and the path by which it is followed. So a crash repeats nothing that was
//! accepted and skips nothing, whatever became of the file meanwhile:
//!
//! - A file that is renamed or deleted is read to its end through the open handle, until it was silent for a while.
//! - One that is cut off, or whose inode another file has got, no longer fits its first bytes or the bytes before its
//!   place, and is begun anew. A copy that was made before is found beside it and read on.
//! - What was rotated away unseen, while nobody was following or twice within one look, is found by its name.
//!
//! Lines of one log are sent in the order of writing: those of a younger file only once nothing older has news.
//!
//! Some things nobody can know. What is written between copying and cutting off is lost by the way of `copytruncate`
//! itself. A file of which nothing was read yet is known by its inode alone: if it is compressed, or deleted, or cut off
//! while its copies are the only rotated files left, and nobody follows meanwhile, then what was in it is not found
//! again. Files that the globs find by a rotated name of their own are read side by side, the one that was written first
//! before the others; a copy among them is one more file, whose lines may come twice. A copy that was not finished for as
//! long as `rotated_wait` is taken for one that somebody made. Where a log is rotated several times and compressed while its
//! first look is still under way, its lines may come out of order.
//!
//! The kernel's hints only say when to look. This crate never writes to a file that it follows, and never waits for one.

mod admit;
mod copies;
mod delivery;
mod followed;
mod hints;
#[cfg(test)]
mod interleavings;
mod kinds;
mod known;
mod meanwhile;
mod options;
mod order;
mod packed;
mod paths;
mod place;
mod rotated;
mod rounds;
mod scan;
mod source;
mod tail;
mod text;

use streamer_plugin::{Kind, Made, Plugin};

const BY_NAME: &[Made] = &[Made { key: "NAME", unit: "", about: "one for each value that a line names" }];
const ACCESS: &[Made] = &[
    Made { key: "status", unit: "", about: "status of the answer" },
    Made { key: "bytes", unit: "bytes", about: "size of the answer's body" },
    Made { key: "method", unit: "", about: "method of the request, where it has one" },
    Made { key: "path", unit: "", about: "what was asked for, with its query" },
    Made { key: "protocol", unit: "", about: "protocol of the request, when asked for" },
    Made { key: "request", unit: "", about: "the whole request, when asked for" },
    Made { key: "address", unit: "", about: "who asked, when asked for" },
    Made { key: "user", unit: "", about: "name of a user who logged in, when asked for" },
    Made { key: "referer", unit: "", about: "the page that led here, when asked for" },
    Made { key: "agent", unit: "", about: "the program that asked, when asked for" },
];

/// `[[inputs.tail]]`.
pub const PLUGIN: Plugin = Plugin::new(
    "tail",
    "files that grow, line by line, through every rotation",
    &[
        Kind::of::<kinds::LineOptions>("line").makes(&[Made {
            key: "line",
            unit: "",
            about: "the line; `key` names it",
        }]),
        Kind::of::<kinds::RegexOptions>("regex").makes(BY_NAME),
        Kind::of::<kinds::JsonOptions>("json").makes(BY_NAME),
        Kind::of::<kinds::CsvKindOptions>("csv").makes(BY_NAME),
        Kind::of::<kinds::PairsKindOptions>("key_value").makes(BY_NAME),
        Kind::of::<kinds::LogfmtOptions>("logfmt").makes(BY_NAME),
        Kind::of::<kinds::InfluxKindOptions>("influx").makes(BY_NAME),
        Kind::of::<kinds::AccessOptions>("nginx").makes(ACCESS),
        Kind::of::<kinds::AccessOptions>("apache").makes(ACCESS),
        Kind::of::<kinds::ValueOptions>("value").makes(&[Made {
            key: "value",
            unit: "",
            about: "the value; `key` names it",
        }]),
    ],
)
.selected_by("format", Some("line"));
