//! The local bucket store: every reading of every bucket in one SQLite file, exactly once, with what charts need.
//!
//! [`Store`] is the one writer. A transaction takes rows of any number of buckets; the rows, their minute and hour
//! rollups, the change lists and the mark of each bucket's last sequence become durable together or not at all. So a
//! batch that comes a second time, after a crash or a lost answer, is skipped. [`Reader`] is for charts, tables and
//! exports; it never writes, and works while the writer does.
//!
//! The store starts no thread, reads no clock and knows no network. `SCHEMA.md`, beside this crate's sources, tells
//! how to read the file with the `sqlite3` command.
//!
//! ```
//! use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Value};
//! use streamer_store::{Limits, Reader, Row, Store};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("buckets.db");
//! let mut store = Store::open(&path, Limits::default())?;
//!
//! let bucket = BucketKey::new("greenhouse")?;
//! let reading = Reading::new(Key::new("temperature")?, Value::try_from(21.5)?, Epoch::from_secs(1_790_000_000)?);
//! let rows = [Row { opening: 7, count: 1, reading: &reading }];
//! store.begin()?.insert(&bucket, &BucketName::new("Greenhouse")?, &rows)?.commit()?;
//! assert_eq!(store.mark(&bucket)?, Some((7, 1)));
//!
//! let reader = Reader::open(&path)?;
//! assert_eq!(reader.latest(&bucket)?, [reading]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batch;
mod changes;
mod chart;
mod csv;
mod error;
mod export;
mod file;
mod fresh;
mod json_lines;
mod known;
mod marks;
mod occupied;
mod reader;
mod retention;
mod rollups;
mod span;
mod sql_value;
mod store;

pub use batch::{Batch, Inserted, Row};
pub use changes::Change;
pub use chart::{Chart, Point};
pub use csv::Csv;
pub use error::{Delay, Fault, StoreError};
pub use export::{Export, Progress};
pub use json_lines::JsonLines;
pub use reader::{Bucket, Reader};
pub use retention::{Limits, Tidied};
pub use store::{Size, Store};

/// The version of the schema that this build writes; it reads no newer one.
pub const SCHEMA_VERSION: i32 = file::VERSION;
