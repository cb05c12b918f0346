//! The one clock that tells the time, and the civil time of a zone.
