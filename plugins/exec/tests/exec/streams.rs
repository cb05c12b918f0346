//! Programs that keep talking.

use streamer_exec::PLUGIN;
use streamer_plugin::testkit::{Bench, Listening};

use crate::bench::{eventually, processes_with, zombies};

fn listen(toml: &str) -> Listening {
    Bench::new("/").build(&PLUGIN, &format!("mode = 'stream'\n{toml}")).unwrap_or_else(|e| panic!("{e}")).listen()
}

#[test]
fn each_line_is_read_as_it_looks() {
    let dir = tempfile::tempdir().unwrap();
    let stream = listen(
        &r#"shell = '''
printf '{"a": 1, "b": {"c": "x"}}\n'
printf 'temperature,21.5\n'
printf 'n,7,1790000100.25\n'
printf '# a comment\n\n'
printf 'weather,site=north wind=3.5,gust=7i 1790000200000000000\n'
printf 'PUTVAL "host/load/load" interval=10 N:0.5:0.25\n'
printf 'neither of them\n'
printf 'note,hello, world\n'
printf 'last,1'
: > there
exec sleep 7301.5
'''
cwd = "FOLDER""#
            .replace("FOLDER", dir.path().to_str().unwrap()),
    );
    // The last line has no end yet.
    eventually("all was printed", || dir.path().join("there").exists());
    let lines = stream.heard().wait_for(9);
    assert_eq!(
        lines,
        [
            "a 1",
            "b_c x",
            "temperature 21.5",
            "n 7",
            "weather_north_wind 3.5",
            "weather_north_gust 7",
            "load_load_0 0.5",
            "load_load_1 0.25",
            "note hello, world",
        ]
    );
    assert_eq!(stream.heard().refused(), [(String::new(), "malformed")]);
    let epochs = stream.heard().epochs();
    assert_eq!(
        (epochs[3].to_string(), epochs[4].to_string()),
        ("1790000100.250000".into(), "1790000200.000000".into())
    );
    let heard = stream.stop().unwrap();
    assert_eq!(heard.lines().last().unwrap(), "last 1", "what it left unended is read at its end");
    eventually("it is gone", || processes_with("7301.5").is_empty());
}

#[test]
fn a_format_that_was_given_is_the_only_one() {
    let stream = listen("shell = 'echo a=1; echo b: 2; echo x,1; exec sleep 7302.5'\nformat = 'key_value'");
    assert_eq!(stream.heard().wait_for(2), ["a 1", "b 2"]);
    eventually("the third was refused", || stream.heard().refused().len() == 1);
    stream.stop().unwrap();
    let csv = listen("shell = 'echo t,h; echo 1,2; echo 3,4; exec sleep 7303.5'\nformat = 'csv'");
    assert_eq!(csv.heard().wait_for(4), ["t 1", "h 2", "t 3", "h 4"]);
    csv.stop().unwrap();
}

#[test]
fn who_ends_is_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let stream = listen(&format!(
        "shell = 'echo x >> lives; echo life,$(wc -l < lives); echo dying >&2; exit 3'\nrestart = '1ms'\nexit_code = 'code'\ncwd = {:?}",
        dir.path()
    ));
    assert_eq!(stream.heard().wait_for(6)[..6], ["life 1", "code 3", "life 2", "code 3", "life 3", "code 3"]);
    let remarks = stream.heard().remarks();
    assert!(remarks[0].1.contains("exit code 3: dying; it is started again in 1ms"), "{remarks:?}");
    assert!(remarks[2].1.contains("again in 4ms"), "the pauses grow: {remarks:?}");
    stream.stop().unwrap();
}

#[test]
fn a_program_that_is_not_there_is_told_at_once() {
    let bench = Bench::new("/");
    let stream = bench.build(&PLUGIN, "mode = 'stream'\ncommand = ['/no/such/program']").unwrap().listen();
    eventually("it has ended", || stream.heard().remarks().is_empty());
    assert!(stream.stop().err().is_some_and(|error| error.words().contains("/no/such/program")));
}

#[test]
fn while_there_is_no_room_its_output_is_not_read() {
    let stream = listen("shell = 'n=0; while :; do n=$((n+1)); echo n,$n; done'");
    stream.heard().wait_for(1);
    stream.heard().fill(true);
    // The pipe fills, and the program sleeps in its own write.
    eventually("it waits", || {
        processes_with("while :; do n=$((n+1)); echo n,$n").iter().any(|pid| {
            std::fs::read_to_string(format!("/proc/{pid}/wchan")).is_ok_and(|at| at.contains("pipe_w"))
                || std::fs::read_to_string(format!("/proc/{pid}/syscall")).is_ok_and(|call| call.starts_with("1 0x1 "))
        })
    });
    let before = stream.heard().lines().len();
    stream.heard().fill(false);
    let lines = stream.heard().wait_for(before + 10_000);
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(*line, format!("n {}", at + 1), "none is lost and none is twice");
    }
    stream.stop().unwrap();
    eventually("it is gone", || processes_with("while :; do n=$((n+1)); echo n,$n").is_empty());
}

#[test]
fn who_cannot_wait_goes_on_without_room() {
    let stream = listen("shell = 'n=0; while :; do n=$((n+1)); echo n,$n; sleep 0.01; done'\ncan_wait = false");
    let before = stream.heard().wait_for(1).len();
    stream.heard().fill(true);
    // It is still read: what had no room is gone.
    std::thread::sleep(std::time::Duration::from_millis(300));
    stream.heard().fill(false);
    let lines = stream.heard().wait_for(before + 1);
    let last: usize = lines.last().unwrap().strip_prefix("n ").unwrap().parse().unwrap();
    assert!(last > lines.len(), "{lines:?}");
    stream.stop().unwrap();
}

#[test]
fn hostile_lines_cost_themselves() {
    let stream = listen(
        "shell = 'head -c 200000 /dev/zero | tr \"\\\\0\" x; echo; printf \"a,\\\\377\\\\000b\\\\n\"; head -c 100000 /dev/urandom; echo; echo b,2; exec sleep 7305.5'",
    );
    eventually("it got through", || stream.heard().lines().iter().any(|line| line == "b 2"));
    let refused = stream.heard().refused();
    for cause in ["line_cut", "invalid_utf8", "nul"] {
        assert!(refused.iter().any(|(_, found)| *found == cause), "{cause}");
    }
    assert!(stream.heard().lines().contains(&"a \u{fffd}\u{fffd}b".to_owned()));
    stream.stop().unwrap();
}

#[test]
fn who_is_told_to_end_may_say_its_last() {
    let stream = listen("shell = 'trap \"echo end,1; exit\" TERM; echo start,1; while :; do sleep 0.01; done'");
    stream.heard().wait_for(1);
    assert_eq!(stream.stop().unwrap().lines(), ["start 1", "end 1"]);
}

#[test]
fn who_does_not_listen_is_ended() {
    let stream = listen("shell = 'trap : TERM; echo a,1; while :; do sleep 7306.5; done'\ngrace = '50ms'");
    stream.heard().wait_for(1);
    stream.stop().unwrap();
    eventually("it is gone", || processes_with("7306.5").is_empty());
}

#[test]
fn orphans_of_a_living_stream_are_reaped() {
    let stream =
        listen("shell = 'for n in 1 2 3 4 5; do (setsid sh -c \"exit 0\" &) ; done; echo a,1; exec sleep 7307.5'");
    stream.heard().wait_for(1);
    eventually("no zombie is left", || zombies().is_empty());
    stream.stop().unwrap();
}
