//! What a person writes: every spelling of a line, what is wrong with others, and what is said where there is no chip.

use streamer_gpio::PLUGIN;
use streamer_plugin::testkit::{Bench, BuildError};
use streamer_plugin::{Claim, InputError};

fn faults(toml: &str) -> String {
    Bench::new("/").options(&PLUGIN, toml).err().map(|error| error.to_string()).unwrap_or_default()
}

fn line(chip: &str, line: u32) -> Claim {
    Claim::Line { chip: chip.into(), line }
}

#[test]
fn a_line_has_many_names_and_one_claim() {
    let bench = Bench::new("/");
    for toml in [
        "pin = 17",
        "pin = '17'",
        "pin = 'GPIO17'",
        "pin = 'P11'",
        "mode = 'edge'\npin = 17",
        "mode = 'count'\npin = 17",
    ] {
        let options = bench.options(&PLUGIN, toml).unwrap();
        assert!(options.claims().contains(&line("header", 17)), "{toml}");
        assert_eq!(options.natural_key(), "17", "{toml}");
    }
    for (toml, claim) in [
        ("chip = 'pinctrl-rp1'\nline = 17", line("header", 17)),
        ("chip = 'pinctrl-bcm2711'\nline = 'GPIO17'", line("header", 17)),
        ("chip = 'mcp23017'\nline = 3", line("mcp23017", 3)),
        ("pin = 'DOOR'", Claim::Other("the line DOOR".into())),
    ] {
        assert!(bench.options(&PLUGIN, toml).unwrap().claims().contains(&claim), "{toml}");
    }
    let natural = |toml| bench.options(&PLUGIN, toml).unwrap().natural_key();
    assert_eq!([natural("pin = 'DOOR'"), natural("chip = 'mcp23017'\nline = 3")], ["DOOR", "mcp23017-3"]);
}

#[test]
fn what_is_wrong_is_said_with_its_option() {
    for (toml, words) in [
        ("", "pin: which line is missing"),
        ("line = 3", "line: a line belongs to a `chip`"),
        ("chip = 'mcp23017'", "chip: which `line` of the chip is missing"),
        ("chip = 'mcp23017'\npin = 3", "pin: with `chip`, the option is called `line`"),
        ("chip = 'mcp23017'\npin = 3\nline = 3", "line: either `pin`, or `chip` and `line`"),
        ("pin = 99", "pin: no Raspberry Pi has a pin 99"),
        ("pin = 'P9'", "P9 is no GPIO"),
        ("chip = 'x'\nline = 'P11'", "line: only the header has places"),
        ("pin = -1", "BCM number"),
        ("pin = 17\nkey = ''", "key: "),
        ("pin = 17\ndebounce = 50", "debounce: "),
        ("pin = 17\ndebounce = '2m'", "debounce: no switch bounces for longer"),
        ("pin = 17\npull = 'top'", "pull: "),
        ("pin = 17\nmode = 'egde'", "mode"),
        ("pin = 17\nedge = 'both'", "unknown key `edge`"),
        ("chip = 'mcp23017'\nline = 3\nbackend = 'rppal'", "chip: `backend` \"rppal\" knows the header's chip only"),
        ("pin = 'DOOR'\nbackend = 'rppal'", "pin: `backend` \"rppal\" knows BCM numbers only"),
    ] {
        let said = faults(toml);
        assert!(said.contains(words), "{toml:?}: {said:?}");
    }
}

fn trouble(root: &std::path::Path, toml: &str) -> InputError {
    match Bench::new(root).build(&PLUGIN, toml) {
        Err(BuildError::Input(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("was built"),
    }
}

#[test]
fn a_machine_without_a_chip_is_told_so() {
    let root = tempfile::tempdir().unwrap();
    for toml in ["pin = 17", "mode = 'edge'\npin = 'DOOR'", "mode = 'count'\nchip = 'mcp23017'\nline = 3"] {
        let InputError::Gone(words) = trouble(root.path(), toml) else { panic!("{toml}") };
        assert!(words.contains("/dev/gpiochip0") && words.contains("no GPIO chip"), "{words}");
    }
    std::fs::create_dir(root.path().join("dev")).unwrap();
    std::fs::write(root.path().join("dev/gpiochip0"), "").unwrap();
    let InputError::Gone(words) = trouble(root.path(), "pin = 17") else { panic!("a file is no chip") };
    assert!(words.contains("dev/gpiochip0 cannot be asked for its lines"), "{words}");
}

#[test]
fn the_other_way_needs_a_machine_that_it_knows() {
    let root = tempfile::tempdir().unwrap();
    assert!(trouble(root.path(), "pin = 17\nbackend = 'rppal'").words().contains("`root`"));
    if std::path::Path::new("/proc/device-tree/model").exists() {
        eprintln!("skipped: this may be a machine that rppal knows");
        return;
    }
    let error = trouble(std::path::Path::new("/"), "pin = 17\nbackend = 'rppal'");
    assert!(error.words().contains("leave `backend` out"), "{error}");
}
