//! A program that uses the library, with its spool on a disk whose syncs never return.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use streamer_tests::books::Books;
use streamer_tests::program::built;
use streamer_tests::server::{Server, Settings};
use streamer_tests::shim::Shim;
use streamer_tests::{ACCESS_KEY, skipped};

/// Until the test says otherwise.
const NEVER: Duration = Duration::from_secs(1_000_000);

struct Client {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Client {
    fn start(shim: &Shim, ini: &Path, [folder, memory]: [&Path; 2]) -> Self {
        let mut command = Command::new(built("examples/from_stdin"));
        command.arg(ini).arg("--spool").arg(folder.join("spool")).arg("--pace").arg("0.1");
        command.envs(shim.environment()).env("XDG_RUNTIME_DIR", memory);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let said = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        let mut client = Self { child, said };
        client.hear("ready");
        client
    }

    /// Reads what it says up to a line that begins so; gives that.
    fn hear(&mut self, beginning: &str) -> String {
        let mut lines = self.said.by_ref().map_while(Result::ok);
        lines.find(|line| line.starts_with(beginning)).unwrap_or_else(|| panic!("it never said {beginning:?}"))
    }
}

#[test]
fn a_start_does_not_wait_for_a_sync_that_never_returns_and_a_kill_loses_nothing() {
    let shim = match Shim::new() {
        Ok(shim) => shim,
        Err(why) => return skipped(&why),
    };
    shim.set_sync(NEVER);
    let settings = Settings { access_key: Some(ACCESS_KEY.to_owned()), speed: 10.0, ..Settings::default() };
    let server = Server::start(settings).expect("a server");
    server.set_script("events:500");
    let folder = tempfile::tempdir().expect("a folder");
    let memory = tempfile::tempdir_in("/dev/shm").expect("a folder in memory");
    let ini = folder.path().join("isstreamer.ini");
    let text = format!(
        "[isstreamer.client_config]\naccess_key: {ACCESS_KEY}\nbucket_key: test\n\
         [isstreamer.api_config]\nstream_api_base: {}\n",
        server.url()
    );
    std::fs::write(&ini, text).expect("an ini file");
    let places = [folder.path(), memory.path()];
    let mut client = Client::start(&shim, &ini, places);
    if shim.syncs().0 == 0 {
        return skipped("the program does not load libraries of others");
    }
    let mut stdin = client.child.stdin.take().expect("it was asked for");
    (0..50).for_each(|number| writeln!(stdin, "n,{number}").expect("it reads"));
    client.hear("accepted 50,");
    client.child.kill().expect("it can be killed");
    client.child.wait().expect("it ends");
    // Nothing of it is on disk: the next start must know whose tail it is, and its disk does not answer either.
    server.set_script("");
    let mut client = Client::start(&shim, &ini, places);
    let mut stdin = client.child.stdin.take().expect("it was asked for");
    (50..60).for_each(|number| writeln!(stdin, "n,{number}").expect("it reads"));
    drop(stdin);
    let told = serde_json::from_str::<serde_json::Value>(&client.hear("{")).expect("its books");
    assert_eq!(shim.syncs().1, 0, "no sync has returned so far");
    let books = Books::of(&told["outputs"][0]).expect("its books");
    shim.set_sync(Duration::ZERO);
    assert!(client.child.wait().expect("it ends").success());
    let numbers: Vec<u64> =
        server.report().events("test").iter().filter_map(|event| event.value.parse().ok()).collect();
    assert_eq!(numbers, (0..60).collect::<Vec<_>>());
    assert_eq!((books.acknowledged, books.waiting), (60, 0), "{told}");
    assert_eq!(server.counts().duplicates, 0);
}
