//! A disk that is full, read-only or does not answer, and no descriptor left: collection goes on, the log says it once
//! for each change, and what could not be kept is counted.

use std::os::unix::fs::PermissionsExt;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::Value;
use streamer_tests::mount::Mount;
use streamer_tests::program::{Home, PATIENCE, Running, binary};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{eventually, skipped, streaming_to};

const BROKEN: &str = "the spool cannot be written";
const MENDED: &str = "the spool can be written again";

/// An agent whose state folder lies on that disk, and a service that is away for now: all of it is owed to the disk.
fn start(disk: &Mount) -> (Server, Home, Running) {
    let server = Server::start(Settings { script: "refused".parse().expect("a script"), ..Settings::default() });
    let server = server.expect("a server");
    let state = disk.path("state");
    let config = format!(
        "{}\n[agent]\nstate_dir = {state:?}\nshutdown_timeout = \"1s\"\n[spool]\nsync = \"200ms\"\n",
        streaming_to(&server)
    );
    let home = Home::with_config(&config).env("STREAMER_TEST_PACE", "0.1");
    let agent = home.start_agent();
    (server, home, agent)
}

/// The same at work: fifty readings, all of them on the disk.
fn start_at_work(disk: &Mount) -> (Server, Home, Running) {
    let (server, home, agent) = start(disk);
    home.log_numbers(0..50).expect_code(0);
    until_disk_is(&home, &agent, "ok");
    (server, home, agent)
}

fn disk_state(home: &Home) -> Option<String> {
    Some(home.status()?["spool"]["disk"]["state"].as_str()?.to_owned())
}

fn until_disk_is(home: &Home, agent: &Running, state: &str) {
    let seen = eventually(PATIENCE, || (disk_state(home)? == state).then_some(()));
    assert!(seen.is_some(), "{:#?}\n{}", home.status(), agent.stderr());
}

fn said(agent: &Running, words: &str) -> usize {
    agent.stderr().matches(words).count()
}

/// Waits until the log has told of as many broken and mended disks as that, and has told of no more. What `status` knows
/// stands in the log a moment later.
fn has_told(agent: &Running, broken: usize, mended: usize) {
    let told = || (said(agent, BROKEN), said(agent, MENDED));
    let enough = eventually(PATIENCE, || (told().0 >= broken && told().1 >= mended).then_some(()));
    assert!(enough.is_some() && told() == (broken, mended), "{:?}: {}", told(), agent.stderr());
}

/// Lets the service come back, and waits until it has all of these numbers, in order and once.
fn all_arrive(server: &Server, home: &Home, agent: &Running, numbers: u64) {
    server.set_script("");
    let all = eventually(PATIENCE * 2, || (server.counts().unique == numbers).then_some(()));
    assert!(all.is_some(), "{:?}\n{:#?}\n{}", server.counts(), home.status(), agent.stderr());
    let values: Vec<_> = server.report().events("test").iter().map(|event| event.value.clone()).collect();
    assert_eq!(values, (0..numbers).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(server.counts().duplicates, 0);
}

fn books(home: &Home) -> Value {
    home.status().expect("status answers")["buckets"][0].clone()
}

#[test]
fn a_full_disk_costs_nothing_as_long_as_there_is_memory_and_then_what_is_counted() {
    let disk = match Mount::tmpfs(12_000_000) {
        Ok(disk) => disk,
        Err(why) => return skipped(&why),
    };
    let (server, home, agent) = start(&disk);
    home.log_numbers(0..100).expect_code(0);
    until_disk_is(&home, &agent, "ok");
    // It takes what there is and fails at the end, as a full disk does.
    let _ = std::fs::write(disk.path("filler"), vec![0_u8; 16_000_000]);
    // Beyond what the files of the log were set aside for.
    let long = format!("long,{}\n", "x".repeat(1900)).repeat(200);
    let mut lines = 0;
    let dropped = eventually(PATIENCE, || {
        home.run_with_input(&["log", "-"], &long).expect_code(0);
        lines += 200;
        // 4 MB of memory stand in; beyond them the oldest go, and are counted.
        let bucket = books(&home);
        (bucket["outputs"][0]["dropped"]["full"].as_u64()? > 0).then_some(())
    });
    assert!(dropped.is_some(), "{:#?}\n{}", home.status(), agent.stderr());
    has_told(&agent, 1, 0);
    assert!(home.run(&["status"]).expect_code(0).stdout.contains("the disk takes nothing"));
    std::fs::remove_file(disk.path("filler")).unwrap();
    until_disk_is(&home, &agent, "ok");
    has_told(&agent, 1, 1);
    home.log_numbers(100..200).expect_code(0);
    server.set_script("");
    let drained = eventually(PATIENCE * 3, || (books(&home)["outputs"][0]["waiting"] == 0).then_some(()));
    assert!(drained.is_some(), "{:#?}", home.status());
    let output = books(&home)["outputs"][0].clone();
    let count = |value: &Value| value.as_u64().expect("a count");
    let counts = server.counts();
    assert_eq!(count(&output["accepted"]), 200 + lines);
    assert_eq!(count(&output["acknowledged"]), counts.unique + counts.duplicates, "the server's own count");
    assert_eq!(count(&output["accepted"]), count(&output["acknowledged"]) + count(&output["dropped"]["full"]));
    let newest: Vec<_> =
        server.report().events("test").iter().filter(|e| e.key == "n").map(|e| e.value.clone()).collect();
    assert!(newest.ends_with(&(100..200).map(|n| n.to_string()).collect::<Vec<_>>()), "{newest:?}");
    agent.stop().expect_code(0);
}

#[test]
fn a_full_runtime_folder_costs_the_safety_from_a_kill_and_no_more() {
    let memory = match Mount::tmpfs(1_000_000) {
        Ok(memory) => memory,
        Err(why) => return skipped(&why),
    };
    let server =
        Server::start(Settings { script: "refused".parse().expect("a script"), ..Settings::default() }).unwrap();
    let home = Home::with_config(&format!("{}\n[spool]\nsync = \"200ms\"\n", streaming_to(&server)))
        .env("STREAMER_TEST_PACE", "0.1")
        .with_runtime_on(&memory.path(""));
    let agent = home.start_agent();
    home.log_numbers(0..100).expect_code(0);
    let until_it_survives = |wanted: bool, more: &mut dyn FnMut()| {
        let seen = eventually(PATIENCE, || {
            more();
            (home.status()?["spool"]["survives_a_kill"] == wanted).then_some(())
        });
        assert!(seen.is_some(), "{:#?}\n{}", home.status(), agent.stderr());
    };
    until_it_survives(true, &mut || {});
    let _ = std::fs::write(memory.path("filler"), vec![0_u8; 2_000_000]);
    let mut numbers = 100;
    until_it_survives(false, &mut || {
        home.log_numbers(numbers..numbers + 500).expect_code(0);
        numbers += 500;
    });
    std::fs::remove_file(memory.path("filler")).unwrap();
    until_it_survives(true, &mut || {});
    home.log_numbers(numbers..numbers + 100).expect_code(0);
    // What the new tail says is true: the next start has all of it.
    agent.kill();
    let again = home.start_agent();
    all_arrive(&server, &home, &again, numbers + 100);
    again.stop().expect_code(0);
}

#[test]
fn a_runtime_folder_that_sets_no_room_aside_keeps_what_was_accepted_all_the_same() {
    let memory = match Mount::ramfs() {
        Ok(memory) => memory,
        Err(why) => return skipped(&why),
    };
    let server =
        Server::start(Settings { script: "refused".parse().expect("a script"), ..Settings::default() }).unwrap();
    let home =
        Home::with_config(&streaming_to(&server)).env("STREAMER_TEST_PACE", "0.1").with_runtime_on(&memory.path(""));
    let agent = home.start_agent();
    home.log_numbers(0..500).expect_code(0);
    assert_eq!(home.status().expect("it answers")["spool"]["survives_a_kill"], true);
    agent.kill();
    let again = home.start_agent();
    all_arrive(&server, &home, &again, 500);
    again.stop().expect_code(0);
}

#[test]
fn a_disk_that_turns_read_only_stops_nothing() {
    let disk = match Mount::ext4(64_000_000) {
        Ok(disk) => disk,
        Err(why) => return skipped(&why),
    };
    let (server, home, agent) = start_at_work(&disk);
    if let Err(why) = disk.break_down() {
        return skipped(&why);
    }
    home.log_numbers(50..100).expect_code(0);
    until_disk_is(&home, &agent, "memory_only");
    home.log_numbers(100..150).expect_code(0);
    all_arrive(&server, &home, &agent, 150);
    has_told(&agent, 1, said(&agent, MENDED));
    agent.stop().expect_code(0);
}

#[test]
fn a_sync_that_does_not_return_holds_up_nobody() {
    let disk = match Mount::ext4(64_000_000) {
        Ok(disk) => disk,
        Err(why) => return skipped(&why),
    };
    let (server, home, agent) = start_at_work(&disk);
    let frozen = match disk.freeze() {
        Ok(frozen) => frozen,
        Err(why) => return skipped(&why),
    };
    for round in 1..6 {
        home.log_numbers(round * 50..round * 50 + 50).expect_code(0);
        assert!(home.status().is_some(), "{}", agent.stderr());
    }
    all_arrive(&server, &home, &agent, 300);
    drop(frozen);
    home.log_numbers(300..301).expect_code(0);
    until_disk_is(&home, &agent, "ok");
    agent.stop().expect_code(0);
    let counts = server.counts();
    assert_eq!((counts.unique, counts.duplicates, counts.out_of_order), (301, 0, 0), "{counts:?}");
}

#[test]
fn without_a_descriptor_left_what_needs_none_goes_on_and_the_rest_comes_back() {
    let server = Server::start(Settings::default()).unwrap();
    let inputs = "\n[[inputs.system]]\ninterval = \"100ms\"\ncollect = [\"load\"]\n\
                  [[inputs.exec]]\nid = \"echo\"\ninterval = \"100ms\"\ntimeout = \"30s\"\ncommand = [\"echo\", \"1\"]\nformat = \"value\"\nkey = \"e\"\n";
    let home = Home::with_config(&(streaming_to(&server) + inputs));
    let agent = home.start_agent();
    let seen = |key: &str| server.report().events("test").iter().filter(|event| event.key == key).count();
    assert!(eventually(PATIENCE, || (seen("e") > 0 && seen("load1") > 0).then_some(())).is_some());
    let process = Pid::from_raw(i32::try_from(agent.id()).unwrap());
    // The upper bound stays: not everybody may raise it again.
    let maximum = getrlimit(Resource::Nofile).maximum;
    let before = prlimit(process, Resource::Nofile, Rlimit { current: Some(0), maximum }).unwrap();
    let failing = eventually(PATIENCE, || (said(&agent, "os error 24") > 0).then_some(()));
    assert!(failing.is_some(), "{}", agent.stderr());
    // An input that opened its files before needs no new one.
    let now = seen("load1");
    assert!(eventually(PATIENCE, || (seen("load1") > now + 20).then_some(())).is_some(), "{}", agent.stderr());
    // A pipe or a process: which of the two could not be had is news, the third time of either is none.
    assert!(said(&agent, "os error 24") <= 2, "once for each change: {}", agent.stderr());
    prlimit(process, Resource::Nofile, before).unwrap();
    let now = seen("e");
    assert!(eventually(PATIENCE, || (seen("e") > now).then_some(())).is_some(), "{}", agent.stderr());
    let status = home.status().expect("the control socket answers again");
    let echo = status["inputs"].as_array().unwrap().iter().find(|input| input["id"] == "echo").cloned();
    assert!(echo.is_some_and(|echo| echo["failed"].as_u64() > Some(0) && echo["state"] == "working"), "{status:#}");
    let well = eventually(PATIENCE, || (said(&agent, "works again") > 0).then_some(()));
    assert!(well.is_some() && said(&agent, "works again") == 1, "{}", agent.stderr());
    home.log_numbers(0..5).expect_code(0);
    agent.stop().expect_code(0);
    assert_eq!((seen("n"), server.counts().duplicates, server.counts().out_of_order), (5, 0, 0));
}

#[test]
fn more_inputs_than_the_usual_limit_has_descriptors_for() {
    let server = Server::start(Settings::default()).unwrap();
    let child = |n: u32| {
        format!("\n[[inputs.exec]]\nid = \"child{n}\"\nmode = \"stream\"\nshell = \"echo c{n},1; exec sleep 1000\"\n")
    };
    let config: String = std::iter::once(streaming_to(&server)).chain((0..40).map(child)).collect();
    let home = Home::with_config(&config);
    // What a program is given at its start, made small: 100 instead of 1024, and 40 inputs instead of 400.
    let given_little = home.path("given-little");
    let script = format!("#!/bin/sh\nulimit -Sn 100\nexec {:?} \"$@\"\n", binary());
    std::fs::write(&given_little, script).unwrap();
    std::fs::set_permissions(&given_little, std::fs::Permissions::from_mode(0o755)).unwrap();
    let home = home.program(given_little);
    let agent = home.start_agent();
    let all = eventually(PATIENCE, || (server.counts().unique >= 40).then_some(()));
    assert!(all.is_some(), "{:?}\n{}", server.counts(), agent.stderr());
    assert_eq!(said(&agent, "os error 24"), 0, "{}", agent.stderr());
    agent.stop().expect_code(0);
}
