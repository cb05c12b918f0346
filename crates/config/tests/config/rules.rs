//! Rules for readings, from the configuration to what is sent.

use std::time::Duration;

use proptest::prelude::*;
use streamer_clock::SinceBoot;
use streamer_config::{OnChange, Outcome, Rule, Rules};
use streamer_plugin::options::Glob;
use streamer_reading::{Key, Refusal, Value};

use crate::fakes::plan;

fn rules(text: &str, prefix: &str) -> Rules {
    let plan = plan(&format!("[outputs.local]\n[buckets.a]\n[[inputs.system]]\n{text}"));
    Rules::new(plan.inputs[0].rules.clone(), prefix)
}

fn at(secs: u64) -> SinceBoot {
    SinceBoot::from_micros(secs * 1_000_000)
}

fn shown(outcome: Outcome) -> String {
    match outcome {
        Outcome::Keep(key, value) => format!("{key} {value}"),
        Outcome::Drop => "dropped".into(),
        Outcome::Unchanged => "unchanged".into(),
        Outcome::Refuse(refusal) => format!("refused: {refusal}"),
    }
}

/// One reading that the spool accepts.
fn send(rules: &mut Rules, key: &str, value: impl Into<Value>, now: SinceBoot) -> String {
    let outcome = rules.judge(&Key::new(key).unwrap(), value.into(), now);
    rules.accepted();
    shown(outcome)
}

fn float(number: f64) -> Value {
    Value::try_from(number).unwrap()
}

#[test]
fn the_first_table_that_matches_applies_alone() {
    let mut rules = rules(
        r#"
        [[inputs.system.readings]]
        match = "cpu_core?"
        drop = true
        [[inputs.system.readings]]
        match = "temperature"
        rename = "air"
        scale = 1.8
        offset = 32.0
        round = 1
        [[inputs.system.readings]]
        match = "air"
        drop = true
        [[inputs.system.readings]]
        match = "*"
        scale = 10
        "#,
        "out_",
    );
    assert_eq!(send(&mut rules, "cpu_core1", 5, at(0)), "dropped");
    assert_eq!(send(&mut rules, "temperature", float(21.46), at(0)), "out_air 70.6");
    assert_eq!(send(&mut rules, "air", 5, at(0)), "dropped");
    assert_eq!(send(&mut rules, "load", 5, at(0)), "out_load 50");
    assert_eq!(send(&mut rules, "state", true, at(0)), "out_state true");
}

#[test]
fn without_rules_there_is_the_prefix() {
    let mut rules = Rules::new(Vec::new(), "pi_");
    assert_eq!(send(&mut rules, "a", 1, at(0)), "pi_a 1");
    let long = "k".repeat(249);
    let outcome = rules.judge(&Key::new(long).unwrap(), 1.into(), at(0));
    assert_eq!(outcome, Outcome::Refuse(Refusal::KeyTooLong(252)));
}

#[test]
fn changes_only_and_a_heartbeat() {
    let text = "[[inputs.system.readings]]\nmatch = '*'\nround = 1\non_change = { delta = 0.2, heartbeat = '15m' }\n";
    let mut rules = rules(text, "");
    for (secs, value, expected) in [
        (0, 21.4, "t 21.4"),
        (1, 21.5, "unchanged"),
        (2, 21.6, "t 21.6"),
        (3, 21.4, "t 21.4"),
        (4, 21.24, "t 21.2"),
        (5, 21.36, "t 21.4"),
        (6, 21.3, "unchanged"),
        (899, 21.4, "unchanged"),
        (905, 21.4, "t 21.4"),
        (1000, 21.4, "unchanged"),
    ] {
        assert_eq!(send(&mut rules, "t", float(value), at(secs)), expected, "at {secs}");
    }
    // Each key by itself, and text and booleans exactly.
    assert_eq!(send(&mut rules, "other", float(21.4), at(6)), "other 21.4");
    assert_eq!(send(&mut rules, "door", true, at(6)), "door true");
    assert_eq!(send(&mut rules, "door", true, at(7)), "unchanged");
    assert_eq!(send(&mut rules, "door", false, at(7)), "door false");
    let text = |text: &str| Value::try_from(text).unwrap();
    assert_eq!(send(&mut rules, "mode", text("a"), at(6)), "mode a");
    assert_eq!(send(&mut rules, "mode", text("a"), at(6)), "unchanged");
    assert_eq!(send(&mut rules, "mode", text("b"), at(6)), "mode b");
    // A value of another type is another value.
    assert_eq!(send(&mut rules, "mode", 5, at(6)), "mode 5");
}

#[test]
fn a_tick_that_comes_a_moment_early_still_brings_the_heartbeat() {
    let mut rules = rules("[[inputs.system.readings]]\nmatch = '*'\non_change = { heartbeat = '15m' }\n", "");
    assert_eq!(send(&mut rules, "t", 5, SinceBoot::from_micros(3_000)), "t 5");
    assert_eq!(send(&mut rules, "t", 5, at(900)), "t 5");
}

#[test]
fn what_the_spool_refused_was_not_sent() {
    let mut rules = rules("[[inputs.system.readings]]\nmatch = '*'\non_change = {}\n", "");
    let key = Key::new("t").unwrap();
    let mut judge = |value: i32, accept: Option<bool>| {
        let said = shown(rules.judge(&key, value.into(), at(0)));
        match accept {
            Some(true) => rules.accepted(),
            Some(false) => rules.refused(),
            None => {}
        }
        said
    };
    assert_eq!(judge(1, Some(false)), "t 1");
    // Several in one append: each is compared with the one before it.
    assert_eq!(judge(1, None), "t 1");
    assert_eq!(judge(1, None), "unchanged");
    assert_eq!(judge(2, Some(false)), "t 2");
    assert_eq!(judge(1, Some(true)), "t 1");
    assert_eq!(judge(1, Some(true)), "unchanged");
    assert_eq!(judge(2, Some(false)), "t 2");
    assert_eq!(judge(1, Some(true)), "unchanged");
}

#[test]
fn ever_new_keys_do_not_fill_the_memory_and_lose_nothing() {
    let mut rules = rules("[[inputs.system.readings]]\nmatch = '*'\non_change = {}\n", "");
    for number in 0..50_000 {
        assert_eq!(send(&mut rules, &format!("k{number}"), 1, at(0)), format!("k{number} 1"));
    }
}

fn on_change(delta: f64) -> Rules {
    let change = OnChange { delta: Some(delta), heartbeat: Some(Duration::from_secs(60)) };
    let rule = Rule {
        keys: Glob::new("*"),
        drop: false,
        rename: None,
        scale: None,
        offset: None,
        round: None,
        on_change: Some(change),
    };
    Rules::new(vec![rule], "")
}

proptest! {
    /// Whoever sees only what was sent is never further from the truth than the delta, nor longer without a word than
    /// the heartbeat; and nothing is sent that is neither news nor a heartbeat.
    #[test]
    fn the_receiver_is_never_far_from_the_truth(
        values in proptest::collection::vec((-50..50_i64, 1..30_u64, any::<bool>()), 1..60),
        delta in 0..5_i64,
    ) {
        let mut rules = on_change(delta as f64);
        let key = Key::new("t").unwrap();
        let mut now = 0;
        let mut seen: Option<(i64, u64)> = None;
        for (value, wait, accepted) in values {
            now += wait;
            let kept = matches!(rules.judge(&key, Value::Int(value), at(now)), Outcome::Keep(..));
            let news = seen.is_none_or(|(last, when)| (last != value && (last - value).abs() >= delta) || now - when >= 60);
            prop_assert_eq!(kept, news, "{} at {} after {:?}", value, now, seen);
            if accepted {
                rules.accepted();
                if kept {
                    seen = Some((value, now));
                }
            } else {
                rules.refused();
            }
        }
    }
}
