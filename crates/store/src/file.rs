//! The database file: opened, checked to be ours, and given its tables the first time. It never deletes or repairs.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::{AtPath, Fault, StoreError};

/// The schema that this build writes.
pub(crate) const VERSION: i32 = 2;
/// `Strm`: what `file` and `PRAGMA application_id` show.
const APPLICATION: i32 = 0x5374_726d;
/// Bytes in a page. A commit writes a few whole pages, however little is new in them: half of SQLite's own default
/// saves a card a third to a half of the bytes of small commits, and costs a large one little.
pub(crate) const PAGE: u64 = 2048;
/// The agent lives in a few megabytes; SQLite's own default would be two.
const CACHE_KIB: i64 = 512;
/// How long a call waits for another program's lock: well within the second that a commit may take.
const PATIENCE: Duration = Duration::from_millis(500);
/// Statements kept prepared: a few more than a writer uses.
const STATEMENTS: usize = 40;

/// Which file it is, whatever its name: device and inode.
pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|about| (about.dev(), about.ino()))
}

/// Opens `path` for writing and makes it a store if it is new.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).at(path)?;
    match version(&connection, path)? {
        None => create(&mut connection, path)?,
        Some(VERSION) => {}
        Some(_) => bring_up(&mut connection).at(path)?,
    }
    settle(&connection).at(path)?;
    Ok(connection)
}

/// Opens `path` for reading. There must be a store.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    if matches!(path.try_exists(), Ok(false)) {
        return Err(StoreError::unusable(path, Fault::Missing));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).at(path)?;
    match version(&connection, path)? {
        None => return Err(StoreError::unusable(path, Fault::Missing)),
        Some(VERSION) => {}
        Some(_) => connection.execute_batch(include_str!("earlier_read.sql")).at(path)?,
    }
    connection.pragma_update(None, "cache_size", -CACHE_KIB).at(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// The version of the store, which is one we know; none for an empty file.
fn version(connection: &Connection, path: &Path) -> Result<Option<i32>, StoreError> {
    connection.busy_timeout(PATIENCE).at(path)?;
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0)).at(path);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).at(path)?;
    if tables == 0 {
        return Ok(None);
    }
    if number("application_id")? != APPLICATION {
        return Err(StoreError::unusable(path, Fault::Foreign));
    }
    let found = number("user_version")?;
    if found > VERSION {
        return Err(StoreError::unusable(path, Fault::Newer { found, known: VERSION }));
    }
    Ok(Some(found))
}

/// How freed pages go back to the file system can only be chosen before the first table.
fn create(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.pragma_update(None, "page_size", PAGE).at(path)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").at(path)?;
    // An empty database that was begun without it takes the choice over now.
    connection.execute_batch("VACUUM").at(path)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).at(path)?;
    transaction.execute_batch(concat!(include_str!("schema.sql"), include_str!("fresh.sql"))).at(path)?;
    transaction.pragma_update(None, "application_id", APPLICATION).at(path)?;
    transaction.pragma_update(None, "user_version", VERSION).at(path)?;
    transaction.commit().at(path)
}

/// Makes of version 1 the present one, as a whole or not at all. Only names change, so it is done at once however large
/// the file is. Another writer may have done it meanwhile.
fn bring_up(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if transaction.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0))? < VERSION {
        transaction.execute_batch(concat!(include_str!("earlier.sql"), include_str!("fresh.sql")))?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // In WAL mode only FULL makes a commit survive a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}
