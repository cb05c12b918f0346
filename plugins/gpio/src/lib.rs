//! Levels, edges and pulse counts of GPIO lines.
