//! Any bytes as an ini file; what must hold is in `fuzz/src/ini.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamer_hostile::check("ini", bytes));
