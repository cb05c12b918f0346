//! Inputs and outputs that misbehave in every way there is, in the real agent: only they suffer.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::Command;

use serde_json::Value;
use streamer_tests::books::Books;
use streamer_tests::program::{Home, PATIENCE, Running, built};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{ACCESS_KEY, eventually, streaming_to};

/// `examples/misbehaving.rs` of the agent.
fn home(config: &str) -> Home {
    Home::with_config(config).program(built("examples/misbehaving"))
}

fn input(id: &str, does: &str, rest: &str) -> String {
    format!("\n[[inputs.misbehaving]]\nid = \"{id}\"\ninterval = \"50ms\"\ndoes = \"{does}\"\n{rest}\n")
}

fn health(home: &Home, id: &str) -> Option<Value> {
    home.status()?["inputs"].as_array()?.iter().find(|input| input["id"] == id).cloned()
}

/// Waits until this holds of the input.
#[track_caller]
fn becomes(home: &Home, agent: &Running, id: &str, holds: impl Fn(&Value) -> bool) {
    let seen = eventually(PATIENCE, || health(home, id).filter(&holds));
    assert!(seen.is_some(), "{id}: {:#?}\n{}", health(home, id), agent.stderr());
}

/// The values that arrived under a key, in order of arrival.
fn arrived(server: &Server, key: &str) -> Vec<i64> {
    let report = server.report();
    let events = report.events("test").iter().filter(|event| event.key == key);
    events.filter_map(|event| event.value.parse().ok()).collect()
}

/// The good input goes on: so many more rounds arrive from now on.
#[track_caller]
fn goes_on(server: &Server, agent: &Running, rounds: usize) {
    let now = arrived(server, "good").len();
    let more = eventually(PATIENCE, || (arrived(server, "good").len() >= now + rounds).then_some(()));
    assert!(more.is_some(), "the good input stands still: {}", agent.stderr());
}

/// The most memory that the program has had at once, in bytes.
fn peak(agent: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells it");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// What is true at every end: the good input's rounds arrived, each once and in order, and nothing was lost on the way.
fn ends_well(server: &Server, home: &Home, agent: Running) {
    let status = home.status().expect("it answers");
    let books = Books::of_output(&status, "initial_state").expect("the output's books");
    assert_eq!((books.set_aside, books.dropped), (0, 0), "{books:?}");
    agent.stop().expect_code(0);
    let good = arrived(server, "good");
    assert_eq!(good, (1..=good.len() as i64).collect::<Vec<_>>());
    assert!(arrived(server, "too_late").is_empty(), "what comes after its deadline is nobody's reading any more");
    let counts = server.counts();
    assert_eq!((counts.duplicates, counts.out_of_order), (0, 0), "{counts:?}");
}

#[test]
fn one_that_panics_blocks_or_never_ends_suffers_alone() {
    let server = Server::start(Settings::default()).unwrap();
    let mut config = streaming_to(&server) + &input("good", "nothing bad", "");
    for how in ["build", "read", "drop", "listen"] {
        config += &input(how, &format!("panic in {how}"), "");
    }
    config += &input("blocks", "block", "timeout = \"100ms\"\nuntil = \"go-on\"");
    config += &input("deaf", "never stop", "until = \"never\"");
    let home = home(&config);
    let agent = home.start_agent();
    for (id, words) in [("build", "in build"), ("read", "in read"), ("listen", "in listen"), ("drop", "unplugged")] {
        becomes(&home, &agent, id, |health| {
            health["error"].as_str().is_some_and(|error| error.contains(words)) && count(&health["failed"]) >= 2
        });
    }
    becomes(&home, &agent, "blocks", |health| health["state"] == "stuck" && count(&health["late"]) >= 1);
    goes_on(&server, &agent, 20);
    std::fs::write(home.path("go-on"), "").unwrap();
    let in_time = eventually(PATIENCE, || (!arrived(&server, "in_time").is_empty()).then_some(()));
    assert!(in_time.is_some(), "{}", agent.stderr());
    goes_on(&server, &agent, 10);
    // One that does not hear that it is to stop keeps nobody from the end.
    ends_well(&server, &home, agent);
}

#[test]
fn floods_and_nonsense_are_bounded_and_counted() {
    let server = Server::start(Settings::default()).unwrap();
    let config = streaming_to(&server)
        + &input("good", "nothing bad", "")
        + &input("floods", "flood", "timeout = \"30s\"")
        + &input("torrent", "flood without end", "")
        + &input("nonsense", "bring nonsense", "timeout = \"30s\"");
    let home = home(&config);
    let agent = home.start_agent();
    becomes(&home, &agent, "floods", |health| {
        count(&health["refused"]["too_many"]) > 500_000 && count(&health["dropped"]["max_rate"]) > 10_000
    });
    becomes(&home, &agent, "torrent", |health| count(&health["dropped"]["max_rate"]) > 10_000);
    becomes(&home, &agent, "nonsense", |health| {
        let refused: u64 = health["refused"].as_object().into_iter().flatten().map(|(_, of)| count(of)).sum();
        refused >= 100_003 && health["state"] == "working" && count(&health["accepted"]) >= 1
    });
    goes_on(&server, &agent, 20);
    assert!(!arrived(&server, "sound").is_empty(), "one bad value costs that value");
    let memory = peak(&agent);
    println!("at most {:.1} MB of memory", memory as f64 / 1e6);
    assert!(memory < 80_000_000, "a million readings at once would not fit: {memory} bytes");
    ends_well(&server, &home, agent);
}

#[test]
fn nine_wedged_inputs_and_the_tenth_keeps_its_schedule() {
    let server = Server::start(Settings::default()).unwrap();
    let mut config = streaming_to(&server) + &input("good", "nothing bad", "");
    for number in 0..9 {
        config += &input(&format!("wedged{number}"), "block", "timeout = \"100ms\"\nuntil = \"never\"");
    }
    let home = home(&config);
    let agent = home.start_agent();
    for number in 0..9 {
        becomes(&home, &agent, &format!("wedged{number}"), |health| health["state"] == "stuck");
    }
    // Each is opened anew once; then it waits for one of its threads to come back.
    let left_behind = eventually(PATIENCE, || (home.status()?["stuck_threads"] == 18).then_some(()));
    assert!(left_behind.is_some(), "{:#?}", home.status());
    goes_on(&server, &agent, 40);
    ends_well(&server, &home, agent);
}

#[test]
fn an_output_that_hangs_slows_neither_another_output_nor_an_input() {
    let silent = Server::start(Settings { script: "events:slow-before=3600".parse().unwrap(), ..Settings::default() });
    let (silent, well) = (silent.unwrap(), Server::start(Settings::default()).unwrap());
    let config = format!(
        "{}\n[outputs.silent]\ntype = \"initial_state\"\naccess_key = \"{ACCESS_KEY}2\"\napi_base = \"{}\"\n\
         [outputs.csv]\npath = \"pipe.csv\"\n[outputs.local]\n[spool]\nsync = \"200ms\"\n[agent]\nshutdown_timeout = \"1s\"\n",
        streaming_to(&well),
        silent.url(),
    );
    let home = home(&(config + &input("good", "nothing bad", "")));
    // Opening a pipe for writing that nobody reads does not return.
    let pipe = home.path("pipe.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let agent = home.start_agent();
    for round in 0..10 {
        home.log_numbers(round * 50..round * 50 + 50).expect_code(0);
        goes_on(&well, &agent, 5);
    }
    let numbers = eventually(PATIENCE, || Some(arrived(&well, "n")).filter(|numbers| numbers.len() == 500));
    assert_eq!(numbers, Some((0..500).collect()), "{:#?}", home.status());
    let stored = || home.export("test").iter().filter(|row| row.key == "n").count();
    assert!(eventually(PATIENCE, || (stored() == 500).then_some(())).is_some(), "{:#?}", home.status());
    let hanging = |output: &str| Books::of_output(&home.status()?, output);
    for output in ["silent", "csv"] {
        let books = hanging(output).unwrap();
        assert!(books.acknowledged == 0 && books.waiting > 500, "{output}: {books:?}");
    }
    assert_eq!(silent.counts().unique, 0);
    // It hangs where nothing can interrupt it, and keeps nobody from the end.
    agent.stop().expect_code(0);
    // They were kept for both, and both get them once they answer.
    silent.set_script("");
    std::fs::remove_file(&pipe).unwrap();
    let agent = home.start_agent();
    for output in ["silent", "csv"] {
        let all = eventually(PATIENCE, || Books::of_output(&home.status()?, output).filter(|books| books.waiting == 0));
        assert!(all.is_some(), "{output}: {:#?}", home.status());
    }
    agent.stop().expect_code(0);
    assert_eq!(arrived(&silent, "n"), (0..500).collect::<Vec<_>>());
    let rows = std::fs::read_to_string(&pipe).unwrap();
    assert_eq!(rows.lines().filter(|row| row.contains(",n,")).count(), 500);
    assert_eq!((well.counts().duplicates, well.counts().out_of_order), (0, 0));
}

#[test]
fn callers_who_say_nothing_keep_nobody_from_the_control_socket() {
    let server = Server::start(Settings::default()).unwrap();
    let home = Home::with_config(&streaming_to(&server));
    let agent = home.start_agent();
    let socket = home.socket().unwrap();
    let mut silent: Vec<UnixStream> = (0..30).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    silent.iter_mut().take(5).for_each(|caller| caller.write_all(b"{\"do\":").unwrap());
    assert!(home.status().is_some(), "{}", agent.stderr());
    // One that was silent for long is still served.
    let mut last = silent.pop().unwrap();
    last.write_all(b"{\"do\":\"status\"}\n").unwrap();
    let mut answer = String::new();
    BufReader::new(last).read_line(&mut answer).unwrap();
    assert!(answer.contains("buckets"), "{answer}");
    agent.stop().expect_code(0);
}
