//! Any text in every line format; what must hold is in `fuzz/src/lines.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamer_hostile::check("lines", bytes));
