//! The access key is in no message, whatever is wrong with the file.

use proptest::prelude::*;
use streamer_config::{Files, Style, Surroundings, load};

use crate::fakes::{around, variable};

const KEY: &str = "ist_Xq7nEverSeen93";

fn never_shown(text: &str) {
    let from_outside =
        |name: &str| if name == "SOME_KEY" || name == "MINE" { Some(KEY.into()) } else { variable(name) };
    let around = Surroundings { variable: &from_outside, ..around() };
    let mut files = Files::default();
    files.push("x.toml", text, true);
    let (said, debug) = match load(&files, &around) {
        Ok(plan) => {
            let said: Vec<_> = plan.warnings.iter().map(|warning| warning.render(Style::Plain)).collect();
            (said.concat(), format!("{plan:?}"))
        }
        Err(mistakes) => (mistakes.render(Style::Plain) + &mistakes.render(Style::Coloured), format!("{mistakes:?}")),
    };
    for shown in [said, debug, format!("{files:?}")] {
        assert!(!shown.contains(KEY) && !shown.contains(&KEY[4..]), "{text}\n{shown}");
    }
}

#[test]
fn in_no_complaint() {
    for text in [
        "[outputs.initial_state]\naccess_key = \"KEY\" oops\n",
        "[outputs.initial_state]\naccess_key = KEY\n",
        "[outputs.initial_state]\naccess_key = 'KEY\n",
        "[outputs.initial_state]\naccess_kee = \"KEY\"\n",
        "[outputs.initial_state]\naccess_key = [\"KEY\"]\n",
        "[outputs.initial_state]\naccess_key = { a = \"KEY\" }\n",
        "[outputs.initial_state]\naccess_key = \"KEY\"\naccess_key = \"KEY\"\n",
        "[outputs.initial_state]\naccess_key = \"KEY\"\naccess_key_file = \"k\"\n",
        "[outputs.initial_state]\naccess_key_file = \"KEY\"\n",
        "[outputs.initial_state]\naccess_key = \"\"\"KEY\nKEY\"\"\"\n",
        "[outputs.initial_state]\naccess_key = \"\"\"\nKEY\nKEY\nx = \"\n",
        "[outputs.initial_state]\naccess_key =\n  \"KEY\"\n",
        "[outputs.initial_state]\naccess_key = \"KEY\u{7f}\"\n",
        "[outputs.initial_state]\naccess_key = \"KEY\"\nmax_events_per_call = \"KEY\"\n",
        "[outputs.x]\ntype = \"initial_state\"\naccess_key = \"KEY\", api_base = \"h\"\n",
        "outputs.initial_state = { access_key = \"KEY\", api = 1 }\n",
        "outputs = { initial_state = { access_key = \"KEY\", api_base = \"KEY\" } }\n",
        "[outputs.initial_state]\naccess_key = \"${MINE} x\"\n",
        "[agent]\ninterval = \"${SOME_KEY}\"\n",
        "[agent]\ntimezone = \"${SOME_KEY}\"\nlog = \"${SOME_KEY}\"\n",
        "[outputs.initial_state]\naccess_key = \"${MINE}\"\n[agent]\ntimezone = \"${MINE}\"\n",
        "[agent]\n# access_key = \"KEY\"\n  intervall = 5\n",
        "[[inputs.system]]\ntoken = \"KEY\"\npassword = \"KEY\"\n",
        "[[inputs.exec]]\ncommand = [\"curl\", \"-H\", \"X-IS-AccessKey: KEY\", 5]\n",
        "access_key = \"KEY\"\n",
        "[\"access_key = KEY\"]\n",
    ] {
        never_shown(&text.replace("KEY", KEY).replace(&format!("SOME_{KEY}"), "SOME_KEY"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A right line with the key in it, and anything done to the file around and within it.
    #[test]
    fn whatever_is_broken(
        quote in proptest::sample::select(&["\"", "'", "\"\"\"", "'''", "", "[\"", "{ x = '"][..]),
        name in proptest::sample::select(&["access_key", "\"access_key\"", "initial_state.access_key", "access-key", "token", "password"][..]),
        sign in proptest::sample::select(&[" = ", "=", ": ", " ", " ? ", " == ", " =\n"][..]),
        before in "([a-z]{1,3} = [0-9]{1,2}\n|\\[[a-z]{1,3}\\]?\n|# [a-z]{1,5}\n|\"|x = \"\"\"\n){0,3}",
        behind in "( oops|\"| #|,|\\]|\\}|'|\"\"\"| x = 1){0,2}\n?",
        after in "([a-z]{1,3} = [0-9]{1,2}\n|\\[[a-z]{1,3}\\]?\n|[a-z]{1,3}\n){0,3}",
    ) {
        never_shown(&format!("{before}[outputs.initial_state]\n{name}{sign}{quote}{KEY}{quote}{behind}{after}"));
    }
}
