//! All that the author of an input needs.
