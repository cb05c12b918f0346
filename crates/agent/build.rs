//! Tells the program when it was built, so that it knows a clock that shows a time before that; and the linker to pack it.

use std::time::{SystemTime, UNIX_EPOCH};

#[expect(clippy::disallowed_methods, reason = "at build time there is no Clock to ask")]
fn main() {
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rerun-if-changed=Cargo.toml");
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|secs| secs.parse::<u64>().ok());
    let built = given.or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs()));
    println!("cargo::rustc-env=STREAMER_BUILT={}", built.unwrap_or(0));
    // 0.3 MB of addresses, packed. A linker that is too old for it says so, and goes on without. A static program has to
    // unpack them itself, which not every C library's start does; and what is built for other machines is to run with C
    // libraries that are older than this.
    let native = std::env::var("HOST").ok() == std::env::var("TARGET").ok();
    if native && std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
