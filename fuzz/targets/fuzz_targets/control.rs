//! Any bytes over the control socket; what must hold is in `fuzz/src/control.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| streamer_hostile::check("control", bytes));
