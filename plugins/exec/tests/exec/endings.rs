//! Commands that do not end as they should: hanging, spewing, holding pipes. Each costs one line, and is gone afterwards.

use std::time::Duration;

use crate::bench::{ask, eventually, processes_with, run, sampler};

#[track_caller]
fn hangs(shell: &str, sign: &str) -> String {
    let round = ask(&mut *sampler(&format!("shell = '{shell}'\ngrace = '100ms'")), Duration::from_millis(700));
    assert!(round.lines.is_empty());
    let words = round.error().to_owned();
    eventually(&format!("{sign} is gone"), || processes_with(sign).is_empty());
    words
}

#[test]
fn what_hangs_is_ended_and_named() {
    let words = hangs("echo before >&2; sleep 7101.5; echo after", "7101.5");
    assert!(words.starts_with("echo before >&2; sleep 7101.5; echo after: did not end within"), "{words}");
    assert!(words.contains("`timeout`") && words.contains("its last words: before"), "{words}");
}

#[test]
fn what_ignores_being_told_is_killed() {
    hangs("trap : TERM INT HUP; while :; do sleep 7102.5; done", "7102.5");
}

#[test]
fn what_stopped_itself_is_ended() {
    hangs("sleep 7103.5 & kill -STOP $!; kill -STOP $$", "7103.5");
}

#[test]
fn what_closed_its_output_and_stays_is_ended() {
    hangs("echo 1; exec >&- 2>&-; sleep 7104.5", "7104.5");
}

#[test]
fn the_time_is_kept_also_while_it_talks() {
    let words = hangs("while :; do echo 7105.5; sleep 0.05; done", "7105.5");
    assert!(words.contains("did not end within"), "{words}");
}

#[test]
fn what_spews_is_ended_at_its_bound() {
    for (shell, sign) in [("yes spew-7106", "spew-7106"), ("yes spew-7107 >&2", "spew-7107")] {
        let round = run(&format!("shell = '{shell}'\nmax_output = '64KB'"));
        assert!(round.error().contains("printed more than 64KB") && round.lines.is_empty(), "{}", round.error());
        eventually("the spewer is gone", || processes_with(sign).is_empty());
    }
    let round = run("command = ['head', '-c', '65536', '/dev/zero']\nmax_output = '64KB'\nformat = 'line'");
    assert_eq!(round.error(), "");
}

#[test]
fn one_huge_line_is_read_as_far_as_a_text_goes() {
    let round = run("shell = 'head -c 500000 /dev/zero | tr \"\\\\0\" x'\nformat = 'line'");
    assert_eq!((round.lines.len(), round.error()), (1, ""));
    assert!(round.remarks.iter().any(|words| words.contains("was cut")), "{:?}", round.remarks);
}

#[test]
fn a_grandchild_that_holds_the_pipe_is_not_waited_for() {
    let round = run("shell = 'sleep 7108.5 & echo 5'");
    assert_eq!((round.lines, round.error), (vec!["value 5".to_owned()], None));
    eventually("the grandchild is gone", || processes_with("7108.5").is_empty());
}

#[test]
fn what_a_grandchild_prints_soon_is_still_read() {
    let round = run("shell = '(sleep 0.05; echo b=2) & echo a=1'\nformat = 'key_value'");
    assert_eq!(round.lines, ["a 1", "b 2"]);
}

#[test]
fn the_next_run_is_not_held_up() {
    let mut input = sampler("shell = 'test -e $FLAG && sleep 7109.5; echo 1'\nenv = { FLAG = '/proc/self/stat' }");
    assert!(ask(&mut *input, Duration::from_millis(300)).error.is_some());
    let mut other = sampler("shell = 'echo 1'");
    assert_eq!(ask(&mut *other, Duration::from_secs(60)).lines, ["value 1"]);
    assert!(ask(&mut *input, Duration::from_millis(300)).error().contains("did not end"));
    drop(input);
    eventually("both are gone", || processes_with("7109.5").is_empty());
}

#[test]
fn what_is_told_to_end_may_tidy_up() {
    let dir = tempfile::tempdir().unwrap();
    let shell = "trap \"echo tidying >&2; echo so; touch tidy; exit\" TERM; sleep 7110.5 & wait";
    let mut input = sampler(&format!("shell = '{shell}'\ncwd = {:?}\ngrace = '60s'", dir.path()));
    assert!(ask(&mut *input, Duration::from_millis(500)).error().contains("did not end within"));
    eventually("it tidied up", || dir.path().join("tidy").exists());
    eventually("it is gone", || processes_with("7110.5").is_empty());
}
