//! What is wrong with a command, each in one clear line with its cure.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use streamer_plugin::InputError;

use crate::bench::{Round, run};

#[track_caller]
fn only_a_person_helps(round: &Round, words: &[&str]) {
    assert!(matches!(round.error, Some(InputError::Misconfigured(_))), "{:?}", round.error);
    tells(round, words);
}

#[track_caller]
fn tells(round: &Round, words: &[&str]) {
    let said = round.error();
    assert!(!said.contains('\n') && said.len() < 500, "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said:?}");
    }
}

fn script(text: &str, mode: u32) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("script");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    let path = file.to_str().unwrap().to_owned();
    (dir, path)
}

#[test]
fn a_program_that_is_not_there() {
    only_a_person_helps(
        &run("command = ['no-such-program-here', 'x']"),
        &["no-such-program-here x: ", "no such program in", "install it"],
    );
    only_a_person_helps(&run("command = ['/no/such/file']"), &["/no/such/file", "install it"]);
    only_a_person_helps(&run("command = ['./nothing']\ncwd = '/tmp'"), &["/tmp/./nothing"]);
    only_a_person_helps(&run("command = ['/tmp']"), &["is a folder"]);
}

#[test]
fn a_program_that_may_not_or_cannot_be_executed() {
    let (_dir, path) = script("#!/bin/sh\necho 1\n", 0o644);
    only_a_person_helps(&run(&format!("command = ['{path}']")), &["chmod +x", &path]);
    let (_dir, path) = script("echo 1\n", 0o755);
    only_a_person_helps(&run(&format!("command = ['{path}']")), &["#!/bin/sh"]);
    let (_dir, path) = script("#!/no/such/interpreter\n", 0o755);
    only_a_person_helps(&run(&format!("command = ['{path}']")), &["#! line"]);
}

#[test]
fn a_folder_and_a_user_that_are_not_there() {
    only_a_person_helps(&run("command = ['true']\ncwd = '/no/such/folder'"), &["true: ", "`cwd`", "/no/such/folder"]);
    let built = streamer_plugin::testkit::Bench::new("/")
        .build(&streamer_exec::PLUGIN, "command = ['true']\nuser = 'no-such-user'")
        .err()
        .map(|error| error.to_string());
    assert!(built.clone().is_some_and(|words| words.contains("no user \"no-such-user\" in /etc/passwd")), "{built:?}");
}

#[test]
fn a_failure_has_its_code_and_the_last_words() {
    tells(&run("shell = 'echo first >&2; echo the reason >&2; exit 3'"), &["exit code 3: the reason"]);
    tells(&run("shell = 'echo on stdout; exit 4'"), &["exit code 4: on stdout"]);
    tells(&run("shell = 'exit 5'"), &["exit code 5"]);
    tells(&run("shell = 'kill -SEGV $$'"), &["ended by signal 11"]);
    tells(&run("shell = 'no-such-thing-at-all'"), &["exit code 127", "not found", "did not find"]);
    tells(&run("shell = 'echo \"cat: /root/x: Permission denied\" >&2; exit 1'"), &["give `user`"]);
    let round = run("shell = 'echo 5; exit 1'");
    assert!(round.lines.is_empty() && matches!(round.error, Some(InputError::Again(_))));
}

#[test]
fn codes_that_were_said_to_be_good_are_no_failure() {
    let round = run("shell = 'echo 5; exit 1'\ngood_exits = [0, 1]");
    assert_eq!((round.lines, round.error), (vec!["value 5".to_owned()], None));
    let round = run("shell = 'echo 5; exit 7'\nexit_code = 'code'");
    assert_eq!((round.lines, round.error), (vec!["code 7".to_owned(), "value 5".to_owned()], None));
    let round = run("shell = 'kill -9 $$'\nexit_code = 'code'");
    assert_eq!(round.lines, ["code 137"]);
    // The code is told although it is a failure.
    let round = run("shell = 'exit 2'\nexit_code = 'code'\ngood_exits = [0]");
    assert_eq!(round.lines, ["code 2"]);
    tells(&round, &["exit code 2"]);
}
