//! Descendants that left their group, and what becomes of all when the agent is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::bench::{ask, eventually, processes_with, run, sampler, zombies};

#[track_caller]
fn leaves_nothing(toml: &str, sign: &str) {
    let round = run(toml);
    assert_eq!(round.error(), "");
    eventually(&format!("{sign} is gone"), || processes_with(sign).is_empty());
}

#[test]
fn who_moved_to_a_session_of_its_own_is_found() {
    leaves_nothing("shell = 'setsid sleep 7201.5 >/dev/null 2>&1 & echo 1'", "7201.5");
    leaves_nothing("shell = '(setsid sh -c \"sleep 7202.5 & sleep 7202.5\" >/dev/null 2>&1 &) ; echo 1'", "7202.5");
}

#[test]
fn who_cleared_its_environment_is_found_too() {
    leaves_nothing("shell = 'env -i /usr/bin/setsid sleep 7203.5 >/dev/null 2>&1 & sleep 0.1; echo 1'", "7203.5");
}

#[test]
fn who_ignores_being_told_is_found_and_killed() {
    leaves_nothing(
        "shell = 'setsid sh -c \"trap : TERM; while :; do sleep 7204.5; done\" >/dev/null 2>&1 & echo 1'\ngrace = '50ms'",
        "7204.5",
    );
}

#[test]
fn strays_of_a_run_that_goes_on_are_left_alone() {
    let busy = std::thread::spawn(|| {
        // The stray lost its parent; its run still waits for what it will print.
        run("shell = '(setsid sh -c \"sleep 1.7; echo 7205\" &) ; sleep 2'")
    });
    eventually("the stray is there", || !processes_with("sleep 1.7; echo 7205").is_empty());
    for _ in 0..20 {
        assert_eq!(run("command = ['echo', '1']").lines, ["value 1"]);
    }
    assert_eq!(busy.join().unwrap().lines, ["value 7205"]);
}

#[test]
fn children_of_others_are_left_to_them() {
    let mut foreign = Command::new("sh").args(["-c", "exit 3"]).spawn().unwrap();
    eventually("it has ended", || zombies().contains(&i32::try_from(foreign.id()).unwrap()));
    for _ in 0..10 {
        leaves_nothing("shell = 'setsid sleep 7206.5 >/dev/null 2>&1 & echo 1'", "7206.5");
    }
    assert_eq!(foreign.wait().unwrap().code(), Some(3));
}

/// What the killed agent of the next test does; it is this program, told so by a variable.
#[test]
fn the_agent_that_is_killed() {
    if std::env::var_os("STREAMER_EXEC_VICTIM").is_none() {
        return;
    }
    std::thread::spawn(|| {
        ask(
            &mut *sampler(
                "shell = 'trap : TERM; sleep 7207.5 & setsid sleep 7208.5 & echo 1; exec 7>&1; sleep 7209.5 & wait'",
            ),
            Duration::from_secs(600),
        );
    });
    eventually("all are there", || {
        ["7207.5", "7208.5", "7209.5"].iter().all(|s| !processes_with(&format!("sleep {s}")).is_empty())
    });
    println!("ready");
    std::io::stdout().flush().unwrap();
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
fn a_command_dies_with_its_agent_and_the_rest_with_the_next() {
    let mut agent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "strays::the_agent_that_is_killed", "--nocapture"])
        .env("STREAMER_EXEC_VICTIM", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(agent.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "ready"));
    agent.kill().unwrap();
    agent.wait().unwrap();
    eventually("the command has died", || processes_with("trap : TERM; sleep 7207.5").is_empty());
    // A fresh agent ends what the command itself left.
    let next = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "place::no_shell_reads_the_arguments"])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(next.success());
    for sign in ["sleep 7207.5", "sleep 7208.5", "sleep 7209.5"] {
        eventually(&format!("{sign} is gone"), || processes_with(sign).is_empty());
    }
}

/// In a container the session of the agent may have begun outside, and then its number is 0.
#[test]
fn who_is_in_a_session_from_outside_ends_its_strays_too() {
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--mount-proc"]).stdin(Stdio::null()).stdout(Stdio::null());
        command
    };
    if !unshare().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        println!("skipped: no namespace of process numbers can be made here");
        return;
    }
    let this = std::env::current_exe().unwrap();
    let within = unshare().arg(this).args(["--exact", "strays::who_moved_to_a_session_of_its_own_is_found"]).status();
    assert!(within.unwrap().success());
}
