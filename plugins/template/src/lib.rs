//! The smallest whole input; copy it to make your own.
