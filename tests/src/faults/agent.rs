//! A row with the agent: the real program, its readings from a program of its `exec` input, a `cat` on a named pipe that
//! we write into. Killed and started again where the row says so.

use std::fs::{File, OpenOptions};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::Value;

use super::SPEED;
use super::case::{Bad, Case, End};
use super::feed::{Threads, feed};
use super::library::{make_key_known, server};
use super::measured::Measured;
use crate::books::Books;
use crate::program::{Home, PATIENCE};
use crate::server::Server;
use crate::{eventually, streaming_to};

/// Runs a row.
///
/// # Panics
/// Where the agent does not do what it should.
pub fn run(case: &Case) -> Measured {
    let server = server(case);
    let home = home(case, &server);
    let pipe = pipe(&home);
    let agent = home.start_agent();
    let threads = Threads::of(agent.id());
    server.set_script(case.script);
    let bad = match case.bad {
        Some(Bad::Nan) => r#"{"n":NaN}"#,
        Some(Bad::Nothing) => r#"{"n":null}"#,
        _ => "no reading",
    };
    feed(&pipe, case, bad, SPEED).expect("the pipe takes lines");
    let refused = accepted(&home, case);
    make_key_known(&server, case);
    let agent = if let End::Kill(after) = case.end {
        std::thread::sleep(Duration::from_secs_f64(after / SPEED));
        agent.kill();
        server.set_script("");
        home.start_agent()
    } else {
        agent
    };
    // Whether all came is for the marks to judge; what came is asked for until nothing changes any more.
    let books = eventually(PATIENCE, || books(&home).filter(|books| books.acknowledged >= case.expected()));
    let books = books.or_else(|| self::books(&home));
    let most = threads.most();
    let said = agent.stop();
    assert_eq!(said.code(), Some(0), "{}", said.stderr);
    Measured {
        logged: case.readings,
        refused,
        counts: server.counts(),
        threads: most,
        saw: if refused > 0 { "a line of the log".to_owned() } else { String::new() },
        books,
        ..Measured::default()
    }
}

fn home(case: &Case, server: &Server) -> Home {
    let home = Home::new().env("STREAMER_TEST_PACE", &(1.0 / SPEED).to_string());
    // `max_rate` bounds what one input may do to the others in a second; here seconds pass faster.
    let config = format!(
        "{}buffer_size = {}\n[agent]\nlog = \"{}\"\nshutdown_timeout = \"20s\"\n\
         [[inputs.exec]]\nid = \"feed\"\nmode = \"stream\"\ncommand = [\"cat\", \"{}\"]\nmax_rate = 100000\n",
        streaming_to(server),
        case.buffer,
        if case.level == 0 { "info" } else { "debug" },
        home.path("feed").display(),
    );
    home.configure(&config);
    home
}

/// The pipe, opened so that neither opening nor writing depends on whether somebody reads.
fn pipe(home: &Home) -> File {
    let path = home.path("feed");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a named pipe");
    OpenOptions::new().read(true).write(true).open(path).expect("both ends of it")
}

/// Waits until the agent has accepted or refused every reading; how many it refused, by the input's own counts.
fn accepted(home: &Home, case: &Case) -> u64 {
    let taken = eventually(PATIENCE, || {
        let status = home.status()?;
        let input = &status["inputs"][0];
        let refused = input["refused"].as_object()?.values().filter_map(Value::as_u64).sum::<u64>();
        (input["accepted"].as_u64()? + refused == case.readings).then_some(refused)
    });
    taken.unwrap_or_else(|| panic!("not every reading was taken: {:?}", home.status().map(|s| s["inputs"].clone())))
}

/// The books of the only output.
fn books(home: &Home) -> Option<Books> {
    Books::of_output(&home.status()?, "initial_state")
}
