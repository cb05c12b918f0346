//! The local bucket store, in SQLite.
