//! A disk whose syncs and reads take their time: collection, delivery and every command go on meanwhile.

use std::time::Duration;

use streamer_tests::program::{Home, PATIENCE, Running};
use streamer_tests::server::{Server, Settings};
use streamer_tests::shim::Shim;
use streamer_tests::{ACCESS_KEY, eventually, skipped};

/// Until the test says otherwise.
const NEVER: Duration = Duration::from_secs(1_000_000);

struct Bench {
    server: Server,
    home: Home,
    shim: Shim,
    agent: Running,
}

/// An agent with two buckets for one account, and a local store, on a disk that is quick for now.
fn start() -> Result<Bench, String> {
    start_with(Duration::ZERO)
}

/// The same, where a sync takes so long from the start on.
fn start_with(sync: Duration) -> Result<Bench, String> {
    let shim = Shim::new()?;
    shim.set_sync(sync);
    let server = Server::start(Settings::default()).map_err(|error| error.to_string())?;
    let config = format!(
        "[outputs.initial_state]\naccess_key = \"{ACCESS_KEY}\"\napi_base = \"{}\"\n[outputs.local]\n\
         [spool]\nsync = \"200ms\"\n[agent]\nshutdown_timeout = \"1s\"\n\
         [buckets.one]\nkey = \"one\"\n[buckets.two]\nkey = \"two\"\n",
        server.url()
    );
    let home = shim.over(Home::with_config(&config).env("STREAMER_TEST_PACE", "0.1"));
    let agent = home.start_agent();
    let bench = Bench { server, home, shim, agent };
    bench.log("one", 0..10);
    bench.arrive("one", 10);
    // A program that is linked for good has no ear for it.
    let slowed = eventually(Duration::from_secs(20), || (bench.shim.syncs().0 > 0).then_some(()));
    slowed.map(|()| bench).ok_or_else(|| "the program does not load libraries of others".to_owned())
}

impl Bench {
    fn log(&self, bucket: &str, numbers: std::ops::Range<u64>) {
        let lines: String = numbers.map(|number| format!("n,{number}\n")).collect();
        self.home.run_with_input(&["log", "--bucket", bucket, "-"], &lines).expect_code(0);
    }

    fn arrived(&self, bucket: &str) -> Vec<u64> {
        let report = self.server.report();
        let numbers = report.events(bucket).iter().filter(|event| event.key == "n");
        numbers.filter_map(|event| event.value.parse().ok()).collect()
    }

    /// Waits until the service has the first so many numbers, in order.
    #[track_caller]
    fn arrive(&self, bucket: &str, numbers: u64) {
        let all = eventually(PATIENCE, || (self.arrived(bucket).len() as u64 >= numbers).then_some(()));
        assert!(all.is_some(), "{:?}\n{:#?}\n{}", self.server.counts(), self.home.status(), self.agent.stderr());
        assert_eq!(self.arrived(bucket), (0..numbers).collect::<Vec<_>>());
    }
}

#[test]
fn syncs_of_five_seconds_hold_up_neither_log_nor_delivery_nor_status() {
    let bench = match start() {
        Ok(bench) => bench,
        Err(why) => return skipped(&why),
    };
    bench.shim.set_sync(Duration::from_secs(5));
    // A round of work that fell into one and the same sync: on a busy machine perhaps not the first.
    let mut numbers = 10;
    let within_one = (0..20).any(|_| {
        let syncing = || Some(bench.shim.syncs()).filter(|(begun, ended)| begun > ended);
        let Some((_, ended)) = eventually(PATIENCE, || {
            bench.log("one", numbers..numbers + 1);
            numbers += 1;
            syncing()
        }) else {
            panic!("nothing is synced: {}", bench.agent.stderr())
        };
        bench.log("one", numbers..numbers + 20);
        numbers += 20;
        bench.arrive("one", numbers);
        assert!(bench.home.status().is_some(), "{}", bench.agent.stderr());
        syncing().is_some_and(|(_, now)| now == ended)
    });
    assert!(within_one, "no round of work fell into a sync: {:?}\n{}", bench.shim.syncs(), bench.agent.stderr());
    bench.shim.set_sync(Duration::ZERO);
    bench.agent.stop().expect_code(0);
    let counts = bench.server.counts();
    assert_eq!((counts.unique, counts.duplicates, counts.out_of_order), (numbers, 0, 0), "{counts:?}");
    assert_eq!(bench.home.export("one").len() as u64, numbers, "the local store has them too");
}

#[test]
fn a_dead_letter_that_cannot_be_written_holds_up_only_its_own_bucket() {
    let bench = match start() {
        Ok(bench) => bench,
        Err(why) => return skipped(&why),
    };
    bench.server.set_script("events:culprit=poison");
    bench.shim.set_sync(NEVER);
    bench.home.run(&["log", "--bucket", "one", "poison", "1"]).expect_code(0);
    // Without one that is accepted beside it, it would be the bucket that is refused.
    bench.log("one", 10..30);
    let refused = eventually(PATIENCE, || (*bench.server.counts().statuses.get(&400)? >= 1).then_some(()));
    assert!(refused.is_some(), "{}", bench.agent.stderr());
    for round in 0..10 {
        bench.log("two", round * 10..round * 10 + 10);
        bench.arrive("two", round * 10 + 10);
        assert!(bench.home.status().is_some(), "{}", bench.agent.stderr());
        let letters = bench.home.run(&["deadletter", "list"]).expect_code(0);
        assert!(!letters.stdout.contains("poison"), "it is nowhere yet: {}", letters.stdout);
    }
    bench.shim.set_sync(Duration::ZERO);
    bench.arrive("one", 30);
    let letters = || bench.home.run(&["deadletter", "list"]).expect_code(0).stdout;
    let kept = eventually(PATIENCE, || letters().contains("poison").then_some(()));
    assert!(kept.is_some(), "{}\n{}", letters(), bench.agent.stderr());
    bench.agent.stop().expect_code(0);
    assert_eq!(bench.server.counts().duplicates, 0);
}

#[test]
fn a_burst_that_is_faster_than_the_disk_waits_instead_of_pushing_readings_out() {
    let bench = match start() {
        Ok(bench) => bench,
        Err(why) => return skipped(&why),
    };
    bench.server.set_script("events:500");
    bench.shim.set_sync(Duration::from_secs(1));
    bench.log("one", 10..80_000);
    bench.shim.set_sync(Duration::ZERO);
    let status = bench.home.status().expect("it answers");
    let outputs = status["buckets"].as_array().into_iter().flatten().find(|bucket| bucket["bucket"] == "one");
    for output in outputs.and_then(|bucket| bucket["outputs"].as_array()).expect("its outputs") {
        assert_eq!((&output["accepted"], &output["dropped"]["full"]), (&80_000.into(), &0.into()), "{output:#}");
    }
    bench.agent.kill();
}

#[test]
fn a_reload_that_has_to_write_holds_up_nobody() {
    let bench = match start() {
        Ok(bench) => bench,
        Err(why) => return skipped(&why),
    };
    bench.shim.set_sync(NEVER);
    // Its key is to be made, and kept.
    let config = std::fs::read_to_string(bench.home.path("streamer.toml")).expect("the configuration");
    bench.home.configure(&(config + "[buckets.new]\n"));
    let (begun, _) = bench.shim.syncs();
    bench.agent.signal(rustix::process::Signal::HUP);
    let waits = eventually(PATIENCE, || (bench.shim.syncs().0 > begun).then_some(()));
    assert!(waits.is_some(), "{}", bench.agent.stderr());
    for round in 1..10 {
        bench.log("one", round * 10..round * 10 + 10);
        bench.arrive("one", round * 10 + 10);
        assert!(bench.home.status().is_some(), "{}", bench.agent.stderr());
    }
    bench.shim.set_sync(Duration::ZERO);
    let labels = || Some(bench.home.status()?["buckets"].as_array()?.iter().any(|bucket| bucket["bucket"] == "new"));
    let there = eventually(PATIENCE, || labels().filter(|there| *there));
    assert!(there.is_some(), "{:#?}\n{}", bench.home.status(), bench.agent.stderr());
    bench.agent.stop().expect_code(0);
}

#[test]
fn a_read_that_never_returns_holds_up_only_its_own_bucket() {
    let bench = match start() {
        Ok(bench) => bench,
        Err(why) => return skipped(&why),
    };
    bench.server.set_script("events:500");
    bench.log("one", 10..3000);
    // What is on disk is no longer in memory.
    let written = || Some(bench.home.status()?["spool"]["unsynced"] == 0).filter(|written| *written);
    assert!(eventually(PATIENCE, written).is_some(), "{:#?}", bench.home.status());
    bench.shim.set_read(NEVER);
    bench.server.set_script("");
    let reads = || Some(bench.shim.reads()).filter(|(begun, ended)| begun > ended);
    assert!(eventually(PATIENCE, reads).is_some(), "nothing is read: {}", bench.agent.stderr());
    for round in 0..10 {
        bench.log("two", round * 10..round * 10 + 10);
        bench.arrive("two", round * 10 + 10);
        assert!(bench.home.status().is_some(), "{}", bench.agent.stderr());
    }
    assert!(bench.arrived("one").len() < 3000);
    bench.shim.set_read(Duration::ZERO);
    bench.arrive("one", 3000);
    bench.agent.stop().expect_code(0);
    assert_eq!(bench.server.counts().duplicates, 0);
}

#[test]
fn a_start_does_not_wait_for_a_sync_that_never_returns_and_nothing_is_lost() {
    let bench = match start_with(NEVER) {
        Ok(bench) => bench,
        Err(why) => return skipped(&why),
    };
    assert!(bench.agent.stderr().contains("the disk has not answered"), "{}", bench.agent.stderr());
    bench.server.set_script("events:500");
    bench.log("one", 10..60);
    assert!(bench.home.status().is_some(), "{}", bench.agent.stderr());
    // Nothing of it is on disk, and the next start must know whose tail it is.
    bench.agent.kill();
    let Bench { server, home, shim, .. } = bench;
    let agent = home.start_agent();
    server.set_script("");
    let bench = Bench { server, home, shim, agent };
    bench.arrive("one", 60);
    bench.shim.set_sync(Duration::ZERO);
    bench.agent.stop().expect_code(0);
    assert_eq!(bench.server.counts().duplicates, 0);
}

#[test]
fn a_clean_end_does_not_wait_for_a_sync_that_never_returns_and_nothing_is_lost() {
    let bench = match start() {
        Ok(bench) => bench,
        Err(why) => return skipped(&why),
    };
    bench.server.set_script("events:500");
    bench.shim.set_sync(NEVER);
    bench.log("one", 10..60);
    bench.agent.stop().expect_code(0);
    bench.shim.set_sync(Duration::ZERO);
    bench.server.set_script("");
    let Bench { server, home, shim, .. } = bench;
    let agent = home.start_agent();
    let bench = Bench { server, home, shim, agent };
    bench.arrive("one", 60);
    bench.agent.stop().expect_code(0);
}

#[test]
fn a_command_without_an_agent_does_not_wait_for_a_sync_that_never_returns_and_nothing_is_lost() {
    let bench = match start() {
        Ok(bench) => bench,
        Err(why) => return skipped(&why),
    };
    bench.agent.stop().expect_code(0);
    let Bench { server, home, shim, .. } = bench;
    shim.set_sync(NEVER);
    for command in [&["log", "--bucket", "one", "n", "10"][..], &["status"], &["deadletter", "list"]] {
        home.run(command).expect_code(0);
    }
    shim.set_sync(Duration::ZERO);
    let agent = home.start_agent();
    let bench = Bench { server, home, shim, agent };
    bench.arrive("one", 11);
    bench.agent.stop().expect_code(0);
}
