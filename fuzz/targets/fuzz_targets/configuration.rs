//! Any text as a configuration; what must hold is in `fuzz/src/configuration.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamer_hostile::check("configuration", bytes));
