//! A spool's files, changed in any way; what must hold is in `fuzz/src/spool.rs`, as for every target here.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamer_hostile::check("spool", bytes));
