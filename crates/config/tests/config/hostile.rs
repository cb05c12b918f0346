//! Whatever is in a file: no panic, and places that are within it.

use proptest::prelude::*;
use streamer_config::{Files, Style, load};

use crate::fakes::around;

fn told(text: &str) {
    let lines = text.split('\n').count();
    if let Err(mistakes) = load(&Files::text("x.toml", text), &around()) {
        assert!(!mistakes.0.is_empty(), "{text:?}");
        for place in mistakes.0.iter().filter_map(streamer_config::Diagnostic::place) {
            assert!((1..=lines).contains(&place.line), "{place} of {lines} in {text:?}");
        }
        let plain = mistakes.render(Style::Plain);
        assert!(plain.chars().all(|c| c == '\n' || !c.is_control()), "{plain:?}");
        mistakes.render(Style::Coloured);
    }
}

/// Pieces that files are made of, so that random texts come far.
fn piece() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "[agent]\n",
        "[spool]\n",
        "[outputs.local]\n",
        "[outputs.initial_state]\n",
        "[buckets.a]\n",
        "[buckets.b]\n",
        "[taps.stdout]\n",
        "[[inputs.system]]\n",
        "[[inputs.gpio]]\n",
        "[[inputs.i2c]]\n",
        "[[inputs.system.readings]]\n",
        "[inputs.tail]\n",
        "interval = ",
        "cron = ",
        "key = ",
        "pin = ",
        "id = ",
        "access_key = ",
        "outputs = ",
        "match = ",
        "on_change = ",
        "sensor = ",
        "address = ",
        "bucket = ",
        "collect = ",
        "files = ",
        "timezone = ",
        "type = ",
        "\"10s\"\n",
        "'* * * * *'\n",
        "\"${IS_ACCESS_KEY}\"\n",
        "\"${NONE}\"\n",
        "17\n",
        "0x76\n",
        "true\n",
        "[1, 'a']\n",
        "{ a = 1, delta = nan }\n",
        "\"\"\"\n",
        "'''",
        "\"",
        "# x\n",
        "\n",
        "= ",
        ".",
        "\u{feff}",
        "é",
        "\u{1b}[31m",
        "\u{0}",
        "\"\\u001b\"\n",
        "1e999\n",
        "99999999999999999999\n",
        "1979-05-27\n",
        "\r\n",
    ];
    prop_oneof![4 => proptest::sample::select(WORDS).prop_map(str::to_owned), 1 => ".{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_text_is_a_plan_or_mistakes(pieces in proptest::collection::vec(piece(), 0..24)) {
        told(&pieces.concat());
    }

    #[test]
    fn so_is_any_text_at_all(text in "(?s).{0,80}") {
        told(&text);
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    told(&format!("a = {}", "[".repeat(20_000)));
    told(&format!("a = {}1{}", "{b=".repeat(5000), "}".repeat(5000)));
    told(&format!("[{}]\nx = 1\n", vec!["a"; 3000].join(".")));
}

#[test]
fn a_thousand_mistakes_are_told_in_one_go() {
    let text = format!("[outputs.local]\n[buckets.a]\n{}", "[[inputs.system]]\nintervall = 5\n".repeat(500));
    let mistakes = load(&Files::text("x.toml", text), &around()).unwrap_err();
    assert_eq!(mistakes.0.len(), 500);
}
