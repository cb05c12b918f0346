//! Any bytes as an answer of the service; what must hold is in `fuzz/src/answer.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamer_hostile::check("answer", bytes));
