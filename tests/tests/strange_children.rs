//! Programs that do not speak as they should, kept running by the real agent: each is told in a line with its input, its
//! place is in the status, and the one beside them is not disturbed.

use serde_json::Value;
use streamer_tests::eventually;
use streamer_tests::program::{Home, PATIENCE};

/// What each does, and words of the line about it.
const STRANGE: &[(&str, &str, &str)] = &[
    ("binary", r"printf '\377\000\376\001\n'; exec sleep 7351.25", "bytes that are no UTF-8 were replaced"),
    ("endless", r"head -c 300000 /dev/zero | tr '\000' x; exec sleep 7352.25", "a line longer than `max_line` was cut"),
    ("half", r#"printf '{"streamer": 1, "na'; exec sleep 7353.25"#, "half a greeting"),
    ("later", r#"echo '{"streamer": 7, "name": "x"}'; exec sleep 7354.25"#, "speaks version 7 of the protocol"),
    ("mute", "exec 1>&-; exec sleep 7355.25", "closed its output and stayed"),
];

fn health(home: &Home, id: &str) -> Option<Value> {
    home.status()?["inputs"].as_array()?.iter().find(|input| input["id"] == id).cloned()
}

/// How many readings of the sound one were accepted.
fn accepted(home: &Home) -> u64 {
    health(home, "sound").and_then(|health| health["accepted"].as_u64()).unwrap_or(0)
}

#[test]
fn children_that_do_not_speak_as_they_should_are_told_one_by_one() {
    let mut config = String::from(
        "[outputs.local]\n[buckets.b]\n[[inputs.exec]]\nid = \"sound\"\nmode = \"stream\"\n\
         shell = \"while :; do echo three,3; sleep 0.1; done\"\n",
    );
    let mut places = Vec::new();
    for (id, shell, _) in STRANGE {
        places.push(format!("streamer.toml:{}:1", config.lines().count() + 1));
        config += &format!("[[inputs.exec]]\nid = \"{id}\"\nmode = \"stream\"\nshell = \'\'\'{shell}\'\'\'\n");
    }
    let home = Home::with_config(&config);
    let agent = home.start_agent();
    for ((id, _, words), place) in STRANGE.iter().zip(&places) {
        let about = format!("input=\"{id}\"");
        let told = eventually(PATIENCE, || {
            agent.stderr().lines().find(|line| line.contains(words) && line.contains(&about)).map(str::to_owned)
        });
        let told = told.unwrap_or_else(|| panic!("{id}: nothing says {words:?}: {}", agent.stderr()));
        assert!(told.contains(place), "a person is told where to look: {told}");
        assert_eq!(health(&home, id).expect("it is in the status")["place"], place.as_str());
    }
    let so_far = accepted(&home);
    let more = eventually(PATIENCE, || (accepted(&home) >= so_far + 10).then_some(()));
    assert!(more.is_some(), "the sound one stands still: {}", agent.stderr());
    assert!(!agent.stderr().contains("input=\"sound\""), "{}", agent.stderr());
    agent.stop().expect_code(0);
}
