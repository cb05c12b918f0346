//! The durable logs between inputs and outputs.
//!
//! A [`Spool`] holds one log for each bucket. The writing end, [`Log`], appends readings and cannot acknowledge; the
//! reading end, [`Reader`], has one output's cursor and cannot append. What [`Log::append`] accepted survives a killed
//! process at once, and a power cut from the next [`Spool::commit`] on; what every output acknowledged before that
//! commit is never written to the disk at all. The promises, and what each of them costs, are in `FORMAT.md` beside
//! this crate.
//!
//! Nothing in here knows the time, a thread or a network: whoever opens a spool runs one committer thread that calls
//! [`Spool::wait_for_work`] and [`Spool::commit`]. Nothing here may ever hold the lock that [`Log::append`] needs
//! across a system call that can wait for a disk.
//!
//! ```
//! use streamer_reading::{BucketKey, Epoch, Key, Value};
//! use streamer_spool::{Entry, Limit, Next, Quality, Spool};
//!
//! let spool = Spool::in_memory(4_000_000);
//! let log = spool.log(&BucketKey::new("greenhouse")?, &["initial_state"])?;
//! let mut reader = log.reader("initial_state")?;
//!
//! let (key, value) = (Key::new("temperature")?, Value::try_from(21.5)?);
//! log.append(&[Entry::new(&key, &value, Epoch::from_secs(1_790_000_000)?, Quality::Trusted, "i2c-1-76")], None)?;
//!
//! let Next::Batch(batch) = reader.next(Limit::events(10)) else { panic!("one reading waits") };
//! assert_eq!(batch.records[0].reading.to_string(), "1790000000.000000 temperature 21.5");
//! reader.ack(batch.last());
//! assert!(matches!(reader.next(Limit::events(10)), Next::Nothing));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aside;
mod book;
mod bound;
mod committer;
mod cursor;
mod dead_letters;
mod disk;
mod entry;
mod frame;
mod home;
mod item;
mod kept_letters;
mod letter;
mod letter_file;
mod limits;
mod log;
mod mark;
mod memory_file;
mod next_tail;
mod open;
mod options;
mod reader;
mod real_disk;
mod recover;
mod register;
mod replay;
mod scan;
mod segment;
mod spool;
mod state;
mod status;
mod tail;
mod unread;
mod way;
mod wire;
mod writer;

pub use aside::SetAside;
pub use dead_letters::DeadLetters;
pub use disk::{Disk, DiskFile};
pub use entry::{Entry, Position, Quality, Record, Seq};
pub use home::OpenError;
pub use letter::{Letter, LetterCounts, LetterError, LetterId, LetterState, NewLetter};
pub use log::{AppendError, Log, LogError};
pub use options::{OnFull, Options, Places};
pub use reader::{Batch, Limit, Next, Reader};
pub use real_disk::RealDisk;
pub use recover::Recovery;
pub use spool::{Committed, Spool, SpoolError, Work};
pub use status::{BucketStatus, DiskState, Dropped, OutputStatus, Refused, Status, Waiting};
pub use unread::Unread;
