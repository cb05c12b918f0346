//! Programs in other languages, and what they and the agent say to each other.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use streamer_exec::PLUGIN;
use streamer_plugin::testkit::{Bench, Recorder};
use streamer_plugin::{InputError, Outlet, Stop, Stopper};

use crate::bench::eventually;

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");

struct Running {
    heard: Arc<Recorder>,
    stopper: Stopper,
    thread: std::thread::JoinHandle<Result<(), InputError>>,
}

impl Running {
    fn stop(self) -> Result<(), InputError> {
        self.stopper.stop();
        self.thread.join().expect("the listener panicked")
    }

    /// Why it ended by itself.
    fn why(self) -> String {
        eventually("it ended", || self.thread.is_finished());
        self.thread.join().expect("the listener panicked").unwrap_err().to_string()
    }
}

fn start(bench: &Bench, heard: Arc<Recorder>, toml: &str) -> Running {
    let mut listener = bench.build(&PLUGIN, &format!("mode = 'stream'\n{toml}")).unwrap().into_listener().unwrap();
    let (stop, stopper) = Stop::new().unwrap();
    let outlet = Outlet::new(heard.clone(), bench.clock().clone(), stop.clone());
    Running { heard, stopper, thread: std::thread::spawn(move || listener.listen(&outlet, &stop)) }
}

fn run(toml: &str) -> Running {
    start(&Bench::new("/"), Arc::default(), toml)
}

fn is_there(program: &str) -> bool {
    let there =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|at| at.join(program).is_file());
    if !there {
        eprintln!("skipped: there is no {program} here");
    }
    there
}

#[test]
fn three_lines_of_shell() {
    let running = run(&format!("command = ['/bin/sh', '{PROGRAMS}/uptime.sh']\nenv = {{ EVERY = '0.01' }}"));
    for line in running.heard.wait_for(2) {
        assert!(line.strip_prefix("uptime ").is_some_and(|number| number.parse::<f64>().is_ok()), "{line}");
    }
    running.stop().unwrap();
}

#[test]
fn the_least_in_python() {
    if !is_there("python3") {
        return;
    }
    let page = std::fs::read_to_string(Path::new(PROGRAMS).join("../../README.md")).unwrap();
    let program = page.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("oven.py"), program).unwrap();
    let running = run(&format!("command = ['python3', 'oven.py']\ncwd = {:?}", folder.path()));
    assert_eq!(running.heard.wait_for(1), ["oven 21.5"]);
    running.stop().unwrap();
}

#[test]
fn a_cursor_in_python() {
    if !is_there("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |number: u32| {
        let new = folder.path().join("new");
        std::fs::write(&new, format!("{{\"n\": {number}}}")).unwrap();
        std::fs::rename(new, folder.path().join(format!("{number}.json"))).unwrap();
    };
    (1..=3).for_each(write);
    let toml = format!(
        "command = ['python3', '{PROGRAMS}/queue.py']\noptions = {{ folder = {:?} }}\nenv = {{ EVERY = '0.01' }}",
        folder.path()
    );
    let running = run(&toml);
    assert_eq!(running.heard.wait_for(3), ["n 1", "n 2", "n 3"]);
    let left = || std::fs::read_dir(folder.path()).unwrap().count();
    eventually("what is settled was removed", || left() == 0);
    write(4);
    assert_eq!(running.heard.wait_for(4)[3..], ["n 4"]);
    running.stop().unwrap();

    // Another life goes on behind what was accepted.
    (6..=7).for_each(write);
    let heard = Arc::<Recorder>::default();
    heard.place("queue", 5);
    let running = start(&Bench::new("/"), heard, &toml);
    assert_eq!(running.heard.wait_for(2), ["n 6", "n 7"]);
    eventually("its place is kept", || streamer_plugin::Sink::positions(&*running.heard) == [("queue".to_owned(), 7)]);
    running.stop().unwrap();
}

#[test]
fn asked_in_javascript() {
    if !is_there("node") {
        return;
    }
    let bench = Bench::new("/");
    let running = start(&bench, Arc::default(), &format!("command = ['node', '{PROGRAMS}/memory.js']\nask = '5s'"));
    assert!(running.heard.wait_for(1)[0].starts_with("free_bytes "));
    assert_eq!(running.heard.lines().len(), 1, "it is asked when it is time");
    running.stop().unwrap();
}

#[test]
fn whoever_asks_is_asked_again_when_it_is_time() {
    let bench = Bench::new("/");
    let program = r#"echo '{"streamer": 1, "name": "x", "asked": true}'; read first
while read line; do echo "n,$(echo "$line" | tr -dc 0-9)"; done"#;
    let running = start(&bench, Arc::default(), &format!("shell = '''{program}'''\nask = '20ms'"));
    assert_eq!(running.heard.wait_for(1), ["n 1"]);
    bench.hand.advance(Duration::from_millis(20));
    assert_eq!(running.heard.wait_for(2)[1..], ["n 2"]);
    running.stop().unwrap();
}

#[test]
fn a_greeting_that_is_none_is_told_in_one_line() {
    let says = |program: &str, words: &str| {
        let why = run(&format!("shell = '''{program}'''\noptions = {{ a = 1 }}")).why();
        assert!(why.contains(words) && !why.contains('\n'), "{program}: {why:?} does not say {words:?}");
    };
    says(r#"echo '{"streamer": 2, "name": "x"}'; exec sleep 7311.5"#, "speaks version 2 of the protocol");
    says(r#"echo '{"streamer": 1}'; exec sleep 7311.5"#, "does not say its \"name\"");
    says(r#"echo '{"streamer": 1, "name": '; exec sleep 7311.5"#, "half a greeting");
    says(r#"printf '{"streamer": 1, "na'"#, "half a greeting");
    says(r#"echo '{"streamer": 1, "name": "x", "colour": 5}'; exec sleep 7311.5"#, "\"colour\"");
    says(r#"echo a,1; exec sleep 7311.5"#, "did not greet");
    let schema = r#"{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}"#;
    says(
        &format!(r#"echo '{{"streamer": 1, "name": "x", "schema": {schema}}}'; exec sleep 7311.5"#),
        "`options` does not fit what x takes: `a`: 1 is not of type \"string\"",
    );
}

#[test]
fn a_greeting_that_does_not_end_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new("/");
    // The clock is moved before the program says something elsewhere, which wakes the agent.
    let program =
        r#"printf '{"streamer": 1'; : > begun; until [ -e go ]; do sleep 0.01; done; echo x >&2; exec sleep 7312.5"#;
    let toml = format!("shell = '''{program}'''\ncwd = {:?}", folder.path());
    let running = start(&bench, Arc::default(), &toml);
    eventually("it began", || folder.path().join("begun").exists());
    bench.hand.advance(Duration::from_secs(6));
    std::fs::write(folder.path().join("go"), "").unwrap();
    assert!(running.why().contains("did not end within 5 s"));
}

#[test]
fn what_is_not_in_the_protocol_costs_itself() {
    let program = r#"echo '{"streamer": 1, "name": "x", "cursor": true}'; echo '{"streamer": {"at": 5}}'
echo '{"streamer": {"at": 4}}'; echo '{"streamer": {"dance": 1}}'; echo '{"streamer":'; echo a,1; exec sleep 7313.5"#;
    let running = run(&format!("shell = '''{program}'''"));
    assert_eq!(running.heard.wait_for(1), ["a 1"]);
    assert_eq!(running.heard.refused().len(), 3, "{:?}", running.heard.refused());
    assert_eq!(streamer_plugin::Sink::positions(&*running.heard), [("x".to_owned(), 5)]);
    running.stop().unwrap();
}

#[test]
fn who_does_not_greet_finds_its_input_closed() {
    let running = run("shell = 'echo a,1; cat > /dev/null; echo b,2; exec sleep 7314.5'");
    assert_eq!(running.heard.wait_for(2), ["a 1", "b 2"]);
    running.stop().unwrap();
}

#[test]
fn the_page_shows_the_programs() {
    let page = std::fs::read_to_string(Path::new(PROGRAMS).join("../PROTOCOL.md")).unwrap();
    for entry in std::fs::read_dir(PROGRAMS).unwrap() {
        let path = entry.unwrap().path();
        assert!(page.contains(&std::fs::read_to_string(&path).unwrap()), "{} is not in PROTOCOL.md", path.display());
    }
}
