//! The input from outside: options and a scripted chip in, readings out.

use streamer_plugin::testkit::{Bench, Example, Trouble, conformance};
use streamer_plugin::{InputError, sample};
use streamer_template::{CHIP, PLUGIN};

/// A bench with a chip at 0x48 on bus 1, whose register 0 holds 42.
fn bench() -> Bench {
    Bench::new("/").with_chips(1, CHIP)
}

#[test]
fn without_a_chip_it_counts() {
    let mut input = Bench::new("/").build(&PLUGIN, "").unwrap();
    assert_eq!(input.sample().unwrap().lines(), ["value 1"]);
    assert_eq!(input.sample().unwrap().lines(), ["value 2"]);
}

#[test]
fn with_a_chip_it_reads_the_register() {
    let bench = bench();
    let mut input = bench.build(&PLUGIN, "address = 0x48").unwrap();
    assert_eq!(input.sample().unwrap().lines(), ["value 42"]);
    bench.trouble(Trouble::Silent);
    assert!(matches!(input.sample(), Err(InputError::Gone(_))), "it is opened anew");
}

#[test]
fn it_is_as_every_input_must_be() {
    conformance(&PLUGIN, &[Example::new("", || Bench::new("/")), Example::new("address = 0x48", bench)]);
}

#[test]
fn the_page_shows_the_sample() {
    let sample = sample(&PLUGIN, &PLUGIN.kinds[0]);
    assert!(include_str!("../README.md").contains(&sample), "put this into README.md:\n{sample}");
}
