//! `pi`: the real program in emulated machines, judged by what arrives in a bucket outside. `cargo xtask pi` brings what
//! it needs and runs it; a check that fails ends it with the guest's last words.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people and scripts speaks on both")]

mod agent;
mod bench;
mod clock;
mod pc;
mod pi3;
mod power;
mod virt;

use std::process::ExitCode;

use bench::Parts;

const USAGE: &str = "pi BOARD program=PATH kernel=PATH modules=FOLDER busybox=PATH [libraries=FOLDER]\n   [device_tree=PATH]\n\nBOARD: pc, pi3, virt";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let board = words.next().unwrap_or_default();
    let done = Parts::from_words(words).and_then(|parts| match board.as_str() {
        "pc" => pc::checks(&parts),
        "pi3" => pi3::checks(&parts),
        "virt" => virt::checks(&parts),
        _ => Err(USAGE.to_owned()),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{board}: {why}");
            ExitCode::FAILURE
        }
    }
}
