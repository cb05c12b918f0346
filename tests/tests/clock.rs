//! The wall clock is set while the real program runs, and between two runs: every epoch is the time that it showed, or the
//! true one; ticks neither stand still nor catch up; order is kept.

use streamer_tests::program::{Home, PATIENCE, built};
use streamer_tests::server::{Server, Settings};
use streamer_tests::shim::Shim;
use streamer_tests::{eventually, skipped, streaming_to, unix_now};

/// By how much what we see may lie beside what the program saw: the clock is set and read by two calls.
const SLACK: f64 = 0.1;

/// Three inputs that count their rounds: each after a span, on the seconds of the wall clock, and by cron.
const INPUTS: &str = r#"
[[inputs.misbehaving]]
id = "spaced"
prefix = "spaced_"
interval = "100ms"
does = "nothing bad"

[[inputs.misbehaving]]
id = "aligned"
prefix = "aligned_"
interval = "1s"
align = true
does = "nothing bad"

[[inputs.misbehaving]]
id = "cron"
prefix = "cron_"
cron = "* * * * * *"
does = "nothing bad"
"#;

/// The numbers that arrived under a key with their epochs in seconds, in order of arrival.
fn arrived(server: &Server, key: &str) -> Vec<(u64, f64)> {
    let report = server.report();
    let events = report.events("test").iter().filter(|event| event.key == key);
    events.map(|event| (event.value.parse().expect("a number"), event.epoch as f64 / 1e6)).collect()
}

#[test]
fn a_clock_that_is_set_while_the_program_runs_is_followed_without_a_false_stamp_or_a_burst() {
    let shim = match Shim::new() {
        Ok(shim) => shim,
        Err(why) => return skipped(&why),
    };
    let server = Server::start(Settings::default()).unwrap();
    let config = streaming_to(&server).replace("key = \"test\"", "key = \"test\"\nflush_interval = \"100ms\"") + INPUTS;
    let home = shim.over(Home::with_config(&config).program(built("examples/misbehaving")));
    let started = unix_now();
    // In seconds; an hour forward, a day back, a little, over midnight of 1970 and home again.
    let phases: Vec<(f64, f64)> = [0, 3_600, -86_400, -86_397, 30_000_000, 0].map(|ahead| (ahead as f64, 0.0)).into();
    let mut phases = phases;
    let mut agent = None;
    for phase in &mut phases {
        shim.set_ahead((phase.0 * 1e3) as i64);
        phase.1 = unix_now();
        let agent = agent.get_or_insert_with(|| home.start_agent());
        for (key, more) in [("spaced_good", 15), ("aligned_good", 2), ("cron_good", 2)] {
            let now = arrived(&server, key).len();
            let goes_on = eventually(PATIENCE, || (arrived(&server, key).len() >= now + more).then_some(()));
            assert!(goes_on.is_some(), "{key} stands still after {:?}: {}", phase, agent.stderr());
        }
    }
    let agent = agent.unwrap();
    agent.stop().expect_code(0);
    let elapsed = unix_now() - started;
    for (key, every) in [("spaced_good", 0.1), ("aligned_good", 1.0), ("cron_good", 1.0)] {
        let readings = arrived(&server, key);
        let numbers = readings.iter().map(|(number, _)| *number);
        assert!(numbers.eq(1..=readings.len() as u64), "{key} is not whole and in order");
        // One run beside the rhythm for each time that the clock was set, and the one at the start.
        let at_most = elapsed / every + phases.len() as f64 + 2.0;
        assert!((readings.len() as f64) < at_most, "{key}: {} rounds in {elapsed} s are a burst", readings.len());
        let mut at = 0;
        for (number, epoch) in readings {
            let shown = |phase: usize| {
                let (ahead, begun) = phases[phase];
                let over = phases.get(phase + 1).map_or(f64::MAX, |next| next.1);
                (begun - SLACK..over + SLACK).contains(&(epoch - ahead))
            };
            match (at..phases.len()).find(|phase| shown(*phase)) {
                Some(phase) => at = phase,
                None => panic!("{key} {number}: no clock showed {epoch} in or after phase {at}: {phases:?}"),
            }
        }
        assert_eq!(at, phases.len() - 1, "{key} was stamped under every clock");
    }
    assert_eq!(server.counts().duplicates, 0);
}

#[test]
fn a_start_before_the_last_true_stamp_keeps_its_readings_until_the_time_is_true() {
    let shim = match Shim::new() {
        Ok(shim) => shim,
        Err(why) => return skipped(&why),
    };
    let server = Server::start(Settings::default()).unwrap();
    let home = shim.over(Home::with_config(&streaming_to(&server)));
    shim.set_ahead(3_600_000);
    let agent = home.start_agent();
    home.log_numbers(0..10).expect_code(0);
    let ten = eventually(PATIENCE, || (server.counts().unique == 10).then_some(()));
    assert!(ten.is_some(), "{}", agent.stderr());
    // A clean end keeps the time that was right.
    agent.stop().expect_code(0);
    let logged = |numbers: std::ops::Range<u64>| {
        let before = unix_now();
        home.log_numbers(numbers).expect_code(0);
        before..unix_now()
    };
    let have_epochs = |numbers: std::ops::Range<usize>, logged: &std::ops::Range<f64>, ahead: f64| {
        let right = logged.start + ahead - SLACK..logged.end + ahead + SLACK;
        let readings = arrived(&server, "n");
        assert!(readings.iter().map(|(number, _)| *number).eq(0..numbers.end as u64), "{readings:?}");
        assert!(readings[numbers].iter().all(|(_, epoch)| right.contains(epoch)), "not in {right:?}: {readings:?}");
    };
    // In the same boot the time is known, whatever the clock shows.
    shim.set_ahead(0);
    let agent = home.start_agent();
    if home.status().expect("it answers")["clock"] == "right" {
        return skipped("the kernel says that the clock of this machine is synchronised, so nothing makes it suspect");
    }
    let when = logged(10..20);
    let known = eventually(PATIENCE, || (server.counts().unique == 20).then_some(()));
    assert!(known.is_some(), "{:#?}\n{}", home.status(), agent.stderr());
    have_epochs(10..20, &when, 3600.0);
    agent.stop().expect_code(0);
    // In the next one it is not.
    shim.boot();
    let agent = home.start_agent();
    let when = logged(20..40);
    let waits = eventually(PATIENCE, || {
        let output = home.status()?["buckets"][0]["outputs"][0].clone();
        (output["waiting"] == 20 && output["why"].as_str()?.contains("suspect")).then_some(())
    });
    assert!(waits.is_some(), "{:#?}\n{}", home.status(), agent.stderr());
    assert_eq!(server.counts().unique, 20);
    // What was slow comes right, as a time service sets it.
    shim.set_ahead(7_200_000);
    let all = eventually(PATIENCE, || (server.counts().unique == 40).then_some(()));
    assert!(all.is_some(), "{:#?}\n{}", home.status(), agent.stderr());
    have_epochs(20..40, &when, 7200.0);
    agent.stop().expect_code(0);
}
