//! The access key is never shown or kept: everything is run at its most talkative, and every byte is looked at.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use streamer_tests::program::{Finished, Home, PATIENCE};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{ACCESS_KEY, eventually, streaming_to};

fn looked_at(what: &str, bytes: &[u8]) {
    let key = ACCESS_KEY.as_bytes();
    let found = bytes.windows(key.len()).position(|window| window == key);
    let around = found
        .map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..(at + 40).min(bytes.len())]).into_owned());
    assert_eq!(around, None, "the access key is in {what}");
}

fn output(what: &str, finished: &Finished) {
    looked_at(what, finished.stdout.as_bytes());
    looked_at(what, finished.stderr.as_bytes());
}

/// Everything in the home but the files that a person wrote the key into.
fn folders(home: &Home) {
    for (path, bytes) in home.every_file() {
        if path.extension().is_none_or(|kind| kind != "toml") {
            looked_at(&path.display().to_string(), &bytes);
        }
    }
}

#[test]
fn in_no_output_no_file_and_no_answer_of_a_running_agent() {
    let server =
        Server::start(Settings { script: "events:500@1 events:401@3".parse().unwrap(), ..Settings::default() })
            .unwrap();
    let config = streaming_to(&server)
        + "\n[outputs.local]\n[outputs.csv]\npath = \"readings.csv\"\n[taps.stdout]\n\
           [[inputs.system]]\ninterval = \"1s\"\ncollect = [\"load\", \"memory\"]\n";
    let home = Home::with_config(&config).env("RUST_LOG", "trace");
    let agent = home.start_agent();
    assert!(eventually(PATIENCE, || server.counts().statuses.get(&401).copied()).is_some(), "{:?}", server.counts());
    for arguments in [
        vec!["status"],
        vec!["status", "--json"],
        vec!["check"],
        vec!["test"],
        vec!["log", "n", "1"],
        vec!["export", "test"],
    ] {
        output(&arguments.join(" "), &home.run(&arguments));
    }
    let socket = home.socket().unwrap();
    for line in ["{\"do\":\"status\"}", "{\"do\":\"delivered\"}", "{\"do\":\"log\",\"readings\":[]}", "{}", "nonsense"]
    {
        looked_at("the control socket", answer(&socket, line).as_bytes());
    }
    folders(&home);
    // A bad reload, with the key on the line that is wrong.
    home.configure(&config.replace("access_key = ", "access_key ? "));
    agent.signal(Signal::HUP);
    assert!(
        eventually(PATIENCE, || agent.stderr().contains("access_key").then_some(())).is_some(),
        "{}",
        agent.stderr()
    );
    output("the agent's output", &agent.stop().expect_code(0));
    folders(&home);
}

#[test]
fn in_no_complaint_about_a_broken_configuration() {
    let broken = [
        format!("[outputs.initial_state]\naccess_key = \"{ACCESS_KEY}\" oops\n"),
        format!("[outputs.initial_state]\naccess_key = {ACCESS_KEY}\n"),
        format!("[outputs.initial_state]\naccess_key = '{ACCESS_KEY}\n"),
        format!("[outputs.initial_state]\naccess_kee = \"{ACCESS_KEY}\"\n"),
        format!("[outputs.initial_state]\naccess_key = [\"{ACCESS_KEY}\"]\n"),
        format!("[outputs.initial_state]\naccess_key = \"{ACCESS_KEY}\"\naccess_key = \"{ACCESS_KEY}\"\n"),
        format!("[outputs.initial_state]\naccess_key = \"{ACCESS_KEY}\"\naccess_key_file = \"k\"\n"),
        format!("[outputs.x]\ntype = \"initial_state\"\naccess_key = \"{ACCESS_KEY}\", api_base = \"h\"\n"),
        format!("outputs.initial_state = {{ access_key = \"{ACCESS_KEY}\", api = 1 }}\n"),
        format!("[outputs.initial_state]\naccess_key = \"{ACCESS_KEY} # no end\n"),
        format!("[outputs.initial_state]\n{ACCESS_KEY}\n"),
        format!("[outputs.initial_state.{ACCESS_KEY}]\n"),
        format!("[outputs.initial_state]\ntype = \"{ACCESS_KEY}\"\n"),
        format!("[[inputs.system]]\ntoken = \"{ACCESS_KEY}\"\npassword = \"{ACCESS_KEY}\"\n"),
    ];
    for text in broken {
        let home = Home::with_config(&text).env("RUST_LOG", "trace");
        for command in [&["check"][..], &["run", "--once"], &["test"], &["status"]] {
            let finished = home.run(command);
            output(&format!("{command:?} of {}", text.replace(ACCESS_KEY, "KEY")), &finished);
        }
        home.run(&["check"]).expect_code(2);
        folders(&home);
    }
}

#[test]
fn in_no_complaint_about_the_key_itself() {
    let server = Server::start(Settings::default()).unwrap();
    let config = streaming_to(&server).replace(ACCESS_KEY, "${STREAMER_TEST_KEY}")
        + "\n[[inputs.system]]\ncollect = [\"load\"]\n";
    // A key with a line end in it cannot stand in a header: whatever is said about it, the key is not.
    for key in [format!("{ACCESS_KEY}\nx"), format!("{ACCESS_KEY}\u{7f}"), format!("ü{ACCESS_KEY}")] {
        let home = Home::with_config(&config).env("RUST_LOG", "trace").env("STREAMER_TEST_KEY", &key);
        let finished = home.run(&["run", "--once"]);
        output("run --once", &finished);
        assert!(finished.code() != Some(0) && !finished.stderr.is_empty(), "{finished:?}");
        folders(&home);
    }
}

/// One line in, one line out; silence and a hang-up are answers too.
fn answer(socket: &Path, line: &str) -> String {
    let mut answer = String::new();
    if let Ok(mut stream) = UnixStream::connect(socket) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
        let _ = writeln!(stream, "{line}");
        let _ = BufReader::new(stream).read_line(&mut answer);
    }
    answer
}
