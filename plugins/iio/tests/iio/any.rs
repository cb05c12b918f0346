//! Whatever stands in the files and whatever they are called: no panic, and no key twice.

use proptest::prelude::*;

use crate::tree::Tree;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| format!("{n:e}")),
        (-100_000_i32..100_000).prop_map(|n| n.to_string()),
        ".{0,20}",
    ]
}

fn file() -> impl Strategy<Value = String> {
    let kind =
        proptest::sample::select(vec!["voltage", "temp", "accel", "", "new", "humidityrelative", "voltage0-voltage"]);
    let number = proptest::sample::select(vec!["", "0", "1", "99999999999"]);
    let modifier = proptest::sample::select(vec!["", "_x", "_both", "_mean", "_a_b_c"]);
    let end = proptest::sample::select(vec!["_raw", "_input", "_scale", "_offset", "_label", ""]);
    let iio = (kind, number, modifier, end).prop_map(|(k, n, m, e)| format!("in_{k}{n}{m}{e}"));
    let kind = proptest::sample::select(vec!["in", "temp", "fan", "power", "new", ""]);
    let number = proptest::sample::select(vec!["0", "1", "", "99999999999"]);
    let end = proptest::sample::select(vec!["_input", "_label", "_alarm", "_average", "_fault", ""]);
    let hwmon = (kind, number, end).prop_map(|(k, n, e)| format!("x{k}{n}{e}")[1..].to_owned());
    prop_oneof![iio, hwmon].prop_filter("a file has a name", |name| !name.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_files_are_read_or_left(
        names in proptest::array::uniform2("[ -~]{1,12}"),
        files in proptest::collection::vec((file(), text()), 0..20),
    ) {
        let tree = Tree::new();
        for (folder, name) in ["sys/bus/iio/devices/iio:device0", "sys/class/hwmon/hwmon0"].iter().zip(&names) {
            tree.file(&format!("{folder}/name"), name);
            for (file, text) in &files {
                tree.file(&format!("{folder}/{file}"), text);
            }
        }
        // What a round may bring is checked there.
        if let Ok(round) = tree.input("").ask() {
            for item in round.items() {
                prop_assert!(item.key.as_str().chars().count() <= 100);
            }
        }
    }
}
