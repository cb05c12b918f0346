//! The program `streamer`.

fn main() {}
