#!/bin/sh
# Asks the Rust drivers: builds `rust.rs` in a folder of its own, for they are no part of the workspace.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cp "$here/rust.rs" "$work/src/main.rs"
cat > "$work/Cargo.toml" <<END
[package]
name = "oracles"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
bmp085-180-rs = "=1.0.0"
embedded-devices = { version = "=0.10.3", default-features = false, features = ["std", "sync", "texas_instruments-ina226"] }
lm75 = "=1.0.0"
streamer-plugin = { path = "$here/../../../crates/plugin", features = ["testkit"] }
tmp1x2 = "=1.1.0"
uom = { version = "0.37", default-features = false, features = ["f64", "si", "std"] }

# One of the drivers adds a negative number as the large unsigned one that it is modulo 2^32, which is right only so.
[profile.dev]
overflow-checks = false
END
cargo run --quiet --manifest-path "$work/Cargo.toml" -- "$here"
