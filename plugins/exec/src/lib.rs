//! Programs and what they print.
