//! Inputs that misbehave in every way there is, beside one that does not: only they suffer.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use streamer_clock::{Clock, Zone};
use streamer_config::{InputPlan, Place, Rules};
use streamer_plugin::{Input, InputError, Lane, Options, Readings, Sampler, Site, State};
use streamer_reading::BucketKey;
use streamer_schedule::{Rhythm, Schedule, Timing};
use streamer_spool::{Limit, Log, Next, Spool};

use super::Lanes;
use crate::input::{Cell, Intake, Rate, reached};
use crate::listeners::Listeners;
use crate::taps::Taps;
use crate::trusted::Trusted;

/// Far more than anything here takes; reached only when something never comes.
const PATIENCE: Duration = Duration::from_secs(60);

type Body = dyn Fn(&Gate, &mut Readings) -> Result<(), InputError> + Send + Sync;

/// An input whose code is the test's.
struct Scripted {
    body: Arc<Body>,
    gate: Arc<Gate>,
    lane: Lane,
    panics_in_build: bool,
    panics_in_drop: bool,
}

/// Where a sampler can be held until the test lets it go, and what the test may ask.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    bell: Condvar,
    builds: AtomicU32,
    rounds: AtomicU32,
    entered: AtomicBool,
}

impl Gate {
    fn hold(&self) {
        self.entered.store(true, Ordering::SeqCst);
        let open = self.open.lock().unwrap();
        drop(self.bell.wait_while(open, |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.bell.notify_all();
    }
}

impl Options for Scripted {
    fn build(&self, _: &Site) -> Result<Input, InputError> {
        let built = self.gate.builds.fetch_add(1, Ordering::SeqCst);
        assert!(!(self.panics_in_build && built == 0), "as the test wants it");
        let sampler = Driven { body: self.body.clone(), gate: self.gate.clone(), panics_in_drop: self.panics_in_drop };
        Ok(Input::sampler(sampler).in_lane(self.lane.clone()))
    }
}

struct Driven {
    body: Arc<Body>,
    gate: Arc<Gate>,
    panics_in_drop: bool,
}

impl Sampler for Driven {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        self.gate.rounds.fetch_add(1, Ordering::SeqCst);
        (self.body)(&self.gate, out)
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        assert!(!self.panics_in_drop || std::thread::panicking(), "as the test wants it");
    }
}

/// Lanes over a spool in memory, with a runtime that looks after them.
struct Bench {
    lanes: Lanes,
    spool: Spool,
    log: Log,
    _runtime: std::thread::JoinHandle<()>,
}

impl Bench {
    fn new() -> Self {
        let clock = Clock::system();
        let (lanes, looking) = Lanes::new(clock.clone(), Listeners::new(clock));
        let runtime = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(looking);
        });
        let spool = Spool::in_memory(64_000_000);
        let log = spool.log(&BucketKey::new("test").unwrap(), &["out"]).unwrap();
        Self { lanes, spool, log, _runtime: runtime }
    }

    fn add(&self, id: &str, timeout: Duration, scripted: Scripted) -> Arc<Cell> {
        let timing = Timing::new(Rhythm::Every(Duration::from_millis(10)));
        let plan = InputPlan {
            id: id.into(),
            plugin: "scripted",
            kind: "",
            options: Arc::new(scripted),
            bucket: "test".into(),
            schedule: Schedule::new(id, timing, Zone::utc()).unwrap(),
            listens: false,
            timeout,
            prefix: String::new(),
            max_rate: Some(1000),
            rules: Vec::new(),
            place: Place { file: "test.toml".into(), line: 1, column: 1 },
            fingerprint: 0,
        };
        let clock = Clock::system();
        let site = Site::new(id, "/", clock.clone(), Zone::utc(), State::none());
        let rules = Rules::new(Vec::new(), "");
        let into = (self.spool.clone(), self.log.clone());
        let rate = Some(Rate::new(1000, clock.boot()));
        let trusted = Arc::new(Trusted::default());
        trusted.set(true);
        let intake = Intake::new(id.into(), into, rules, rate, Taps::default(), trusted);
        let cell = Arc::new(Cell::new(&plan, site, intake));
        self.lanes.add(cell.clone());
        cell
    }

    /// A well-behaved input.
    fn good(&self) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        self.add("good", Duration::from_secs(10), scripted(&gate, |_, out| put(out, 1)));
        gate
    }

    /// How many readings of `key` the spool has.
    fn accepted(&self, key: &str) -> usize {
        let mut reader = self.log.reader("out").unwrap();
        match reader.next(Limit::events(usize::MAX)) {
            Next::Batch(batch) => batch.records.iter().filter(|r| r.reading.key.as_str() == key).count(),
            _ => 0,
        }
    }
}

fn scripted(
    gate: &Arc<Gate>,
    body: impl Fn(&Gate, &mut Readings) -> Result<(), InputError> + Send + Sync + 'static,
) -> Scripted {
    Scripted {
        body: Arc::new(body),
        gate: gate.clone(),
        lane: Lane::Quick,
        panics_in_build: false,
        panics_in_drop: false,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is the last word of a sampler")]
fn put(out: &mut Readings, value: i64) -> Result<(), InputError> {
    out.put("n", value);
    Ok(())
}

#[track_caller]
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..PATIENCE.as_millis() / 2 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("never: {what}");
}

/// The good input goes on: it takes ten more rounds from now.
#[track_caller]
fn goes_on(good: &Gate) {
    let now = good.rounds.load(Ordering::SeqCst);
    eventually("ten more rounds of the good input", || good.rounds.load(Ordering::SeqCst) >= now + 10);
}

#[test]
fn one_that_takes_long_goes_on_in_a_lane_of_its_own_and_its_readings_count() {
    let bench = Bench::new();
    let good = bench.good();
    let gate = Arc::new(Gate::default());
    bench.add(
        "slow",
        PATIENCE,
        scripted(&gate, |gate, out| {
            gate.hold();
            out.put("slow", 1);
            Ok(())
        }),
    );
    eventually("the slow one is at work", || gate.entered.load(Ordering::SeqCst));
    goes_on(&good);
    gate.open();
    eventually("its readings", || bench.accepted("slow") >= 2);
    goes_on(&good);
    assert_eq!(bench.lanes.stuck(), 0);
    assert_eq!(gate.builds.load(Ordering::SeqCst), 1, "it was never built anew");
}

#[test]
fn one_past_its_deadline_is_left_behind_and_what_it_brings_later_is_dropped() {
    let bench = Bench::new();
    let good = bench.good();
    let gate = Arc::new(Gate::default());
    let late = bench.add(
        "late",
        Duration::from_millis(50),
        scripted(&gate, |gate, out| {
            if gate.rounds.load(Ordering::SeqCst) == 1 {
                gate.hold();
                out.put("stale", 1);
            } else {
                out.put("fresh", 1);
            }
            Ok(())
        }),
    );
    eventually("it is left behind", || bench.lanes.stuck() == 1);
    goes_on(&good);
    eventually("it was built anew", || bench.accepted("fresh") >= 2);
    gate.open();
    eventually("its thread came back", || bench.lanes.stuck() == 0);
    goes_on(&good);
    assert_eq!(bench.accepted("stale"), 0);
    assert_eq!(late.health().counts.late, 1);
}

#[test]
fn nine_wedged_inputs_and_the_tenth_keeps_its_schedule() {
    let bench = Bench::new();
    let good = bench.good();
    let gate = Arc::new(Gate::default());
    for n in 0..9 {
        bench.add(
            &format!("wedged{n}"),
            Duration::from_millis(100),
            scripted(&gate, |gate, _| {
                gate.hold();
                Ok(())
            }),
        );
    }
    // Each is opened anew once, and then only when one of its threads has come back.
    eventually("all threads that may be stuck are", || bench.lanes.stuck() == 18);
    goes_on(&good);
    gate.open();
    eventually("all threads came back", || bench.lanes.stuck() == 0);
}

#[test]
fn a_panic_in_build_sample_or_drop_costs_only_its_input() {
    let bench = Bench::new();
    let good = bench.good();
    let gates: Vec<Arc<Gate>> = (0..3).map(|_| Arc::default()).collect();
    let in_build = Scripted { panics_in_build: true, ..scripted(&gates[0], |_, out| put(out, 1)) };
    bench.add("build", PATIENCE, in_build);
    bench.add(
        "sample",
        PATIENCE,
        scripted(&gates[1], |gate, out| {
            assert!(gate.rounds.load(Ordering::SeqCst) != 2, "as the test wants it");
            put(out, 1)
        }),
    );
    let in_drop = scripted(&gates[2], |_, _| Err(InputError::gone("unplugged")));
    bench.add("drop", PATIENCE, Scripted { panics_in_drop: true, ..in_drop });
    eventually("all were built anew", || gates.iter().all(|gate| gate.builds.load(Ordering::SeqCst) >= 2));
    eventually("they work again", || gates[..2].iter().all(|gate| gate.rounds.load(Ordering::SeqCst) >= 4));
    goes_on(&good);
}

#[test]
fn a_wedged_bus_stops_only_its_own_inputs() {
    let bench = Bench::new();
    let good = bench.good();
    let gate = Arc::new(Gate::default());
    for n in 0..3 {
        let on_bus = scripted(&gate, |gate, _| {
            gate.hold();
            Ok(())
        });
        bench.add(&format!("bus{n}"), PATIENCE, Scripted { lane: Lane::Shared("i2c-1".into()), ..on_bus });
    }
    eventually("the bus is wedged", || gate.entered.load(Ordering::SeqCst));
    goes_on(&good);
    assert_eq!(gate.rounds.load(Ordering::SeqCst), 1, "one at a time on a bus");
    gate.open();
}

#[test]
fn a_flood_is_cut_to_its_rate_and_counted() {
    let bench = Bench::new();
    let good = bench.good();
    let gate = Arc::new(Gate::default());
    let flood = bench.add(
        "flood",
        PATIENCE,
        scripted(&gate, |_, out| {
            (0..100_000).for_each(|n| out.put("flood", n));
            Ok(())
        }),
    );
    eventually("it is cut", || flood.health().counts.dropped.get("max_rate").is_some_and(|n| *n > 50_000));
    goes_on(&good);
    let counts = flood.health().counts.clone();
    // One set of readings has its bound, and what fits into it its rate.
    let seen = counts.accepted + counts.dropped["max_rate"] + counts.refused["too_many"];
    assert_eq!(seen, counts.rounds * 100_000);
}

#[test]
fn one_that_is_removed_is_asked_no_more_and_lets_go_of_its_device() {
    let bench = Bench::new();
    let good = bench.good();
    let gate = Arc::new(Gate::default());
    let cell = bench.add("gone", PATIENCE, scripted(&gate, |_, out| put(out, 1)));
    eventually("it works", || gate.rounds.load(Ordering::SeqCst) >= 2);
    bench.lanes.remove(&cell);
    drop(cell);
    // The gate is held by the options, the sampler and this test; the last one is left.
    eventually("it is let go of", || Arc::strong_count(&gate) == 1);
    goes_on(&good);
}

/// A total is accepted with its reading: it is where the reading is, whatever became of the input meanwhile.
#[test]
fn how_far_a_sampler_says_it_is_is_accepted_with_its_readings() {
    let bench = Bench::new();
    let gate = Arc::new(Gate::default());
    let body = |gate: &Gate, out: &mut Readings| {
        let total = u64::from(gate.rounds.load(Ordering::SeqCst));
        out.reach("total", total);
        put(out, i64::from(gate.rounds.load(Ordering::SeqCst)))
    };
    bench.add("meter", Duration::from_secs(10), scripted(&gate, body));
    eventually("a few rounds", || bench.accepted("n") >= 3);
    assert!(reached(&bench.spool, "meter", "total") >= Some(3));
    assert_eq!(reached(&bench.spool, "meter", "tot"), None);
    assert_eq!(reached(&bench.spool, "mete", "total"), None);
}
