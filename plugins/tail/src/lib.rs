//! Files that grow, line by line.
