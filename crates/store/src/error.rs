//! What can go wrong with the store, and whether waiting helps. The words are for the person who runs the agent.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store did not do what it was asked for. Nothing of a transaction that failed is in the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The same call can succeed later, without anybody changing the configuration.
    #[error("the store {} {delay}", path.display())]
    Later {
        /// The database file.
        path: PathBuf,
        /// What is in the way.
        delay: Delay,
    },
    /// The store cannot be used until a person does something. The file is left as it is.
    #[error("the store {} {fault}", path.display())]
    Unusable {
        /// The database file.
        path: PathBuf,
        /// What is wrong, and the cure.
        fault: Fault,
    },
}

/// Something that passes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Delay {
    /// Another program holds the write lock.
    #[error("is locked by another program; a `sqlite3` with an open transaction must commit or quit")]
    Busy,
    /// The file system has no room.
    #[error("cannot grow because the disk is full; free some space, or set a smaller `max_size`")]
    Full,
    /// The disk answered with an error.
    #[error("was not written or read ({0}); look at the kernel log for the state of the disk")]
    Disk(String),
}

/// Something that a person must mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file is no SQLite database.
    #[error("is not an SQLite database; move it away, or give another `path`")]
    NotADatabase,
    /// The file is an SQLite database of another program.
    #[error("is a database of another program; give another `path`")]
    Foreign,
    /// The file was written by a later version of this program.
    #[error(
        "has schema version {found}, and this program knows {known}; install the newer program, or give another `path`"
    )]
    Newer {
        /// The version in the file.
        found: i32,
        /// The newest version that this build knows.
        known: i32,
    },
    /// The file's structure is broken.
    #[error(
        "is damaged ({0}); stop the agent, save what can be read with `sqlite3 FILE .recover`, and move the file away"
    )]
    Damaged(String),
    /// There is no such file to read.
    #[error("does not exist; it is made when the first reading is stored")]
    Missing,
    /// The folder of the file does not exist.
    #[error("has no folder to lie in; create the folder, or give another `path`")]
    NoFolder,
    /// The file or its folder may not be opened or written by this user.
    #[error("may not be opened by this user ({0}); give the user read and write access to the file and its folder")]
    Permission(String),
    /// SQLite refused a statement: the tables are not what this build writes.
    #[error("does not have the tables it should ({0}); move the file away, or give another `path`")]
    Statement(String),
}

impl StoreError {
    /// Whether the same call can succeed later, by itself.
    pub fn is_later(&self) -> bool {
        matches!(self, Self::Later { .. })
    }

    pub(crate) fn unusable(path: &Path, fault: Fault) -> Self {
        Self::Unusable { path: path.to_owned(), fault }
    }

    /// What SQLite's own error means for whoever called.
    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let later = |delay| Self::Later { path: path.to_owned(), delay };
        let words = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
                later(Delay::Busy)
            }
            Some(ErrorCode::DiskFull) => later(Delay::Full),
            Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory | ErrorCode::OperationInterrupted) => {
                later(Delay::Disk(words))
            }
            Some(ErrorCode::NotADatabase) => Self::unusable(path, Fault::NotADatabase),
            Some(ErrorCode::DatabaseCorrupt) => Self::unusable(path, Fault::Damaged(words)),
            Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::AuthorizationForStatementDenied) => {
                Self::unusable(path, Fault::Permission(words))
            }
            Some(ErrorCode::CannotOpen) => Self::not_opened(path, words),
            _ => Self::unusable(path, Fault::Statement(words)),
        }
    }

    /// SQLite says only that it could not open a file; the file system knows why.
    fn not_opened(path: &Path, words: String) -> Self {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Self::unusable(path, Fault::NoFolder);
        }
        match std::fs::OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                Self::unusable(path, Fault::Permission(error.to_string()))
            }
            Err(error) if error.raw_os_error() == Some(NO_SPACE) => {
                Self::Later { path: path.to_owned(), delay: Delay::Full }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Self::unusable(path, Fault::Permission(words))
            }
            Err(error) => Self::Later { path: path.to_owned(), delay: Delay::Disk(error.to_string()) },
            // The file opens by itself; it was a file beside it (the log of pending writes) that did not.
            Ok(_) => Self::unusable(path, Fault::Permission(words)),
        }
    }
}

/// ENOSPC, the same number on every Linux.
const NO_SPACE: i32 = 28;

/// Gives SQLite's errors the name of the file they are about.
pub(crate) trait AtPath<T> {
    fn at(self, path: &Path) -> Result<T, StoreError>;
}

impl<T> AtPath<T> for rusqlite::Result<T> {
    fn at(self, path: &Path) -> Result<T, StoreError> {
        self.map_err(|error| StoreError::of(path, &error))
    }
}
