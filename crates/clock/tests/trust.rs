//! The judgement of a clock, in thousands of random boots: what happens to the clock is known here, the verdict is not.

#![expect(clippy::unwrap_used, reason = "the shared steps of tests may panic like the tests do")]

use std::time::Duration;

use proptest::prelude::*;
use streamer_clock::{BootId, Clock, Doubt, Facts, Hand, Mode, Moment, Offset, SinceBoot, Trust, Verdict};
use streamer_reading::Epoch;

const BUILT: i64 = 1_790_000_000;
const STAMP: i64 = 1_795_000_000;
/// What the time really is when the program starts.
const TRUTH: i64 = 1_800_000_000;
const BOOT: BootId = BootId::from_bytes([3; 16]);

fn epoch(secs: i64) -> Epoch {
    Epoch::from_secs(secs).unwrap()
}

fn started(wall: i64) -> Moment {
    Moment { wall: epoch(wall), boot: SinceBoot::from_micros(17_000_000) }
}

fn board() -> Facts {
    let marks = Facts { last_trusted: Some(epoch(STAMP)), ..virtual_machine() };
    Facts { board: true, rtc: false, ..marks }
}

fn virtual_machine() -> Facts {
    Facts { mode: Mode::Auto, built: epoch(BUILT), last_trusted: None, recorded: None, board: false, rtc: true }
}

#[derive(Debug, Clone)]
enum Happening {
    /// Time passes, and the clock is judged.
    Pass(u64),
    /// The machine sleeps.
    Suspend(u64),
    /// Somebody sets the clock to this.
    Set(i64),
    /// Somebody tells it the truth.
    Tell,
    /// It is pushed a little, as a time service does it that never steps.
    Slew(i64),
    /// The kernel says so, now or no longer.
    Synchronised(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (1..90_000_000_u64).prop_map(Happening::Pass),
        1 => (1..90_000_000_000_u64).prop_map(Happening::Suspend),
        1 => prop_oneof![0..BUILT, BUILT..STAMP, STAMP..2 * TRUTH].prop_map(Happening::Set),
        1 => Just(Happening::Tell),
        2 => (-900_000_i64..900_000).prop_map(Happening::Slew),
        1 => any::<bool>().prop_map(Happening::Synchronised),
    ]
}

fn set(clock: &Clock, hand: &Hand, to: Epoch) -> i64 {
    let by = to.micros() - clock.wall().micros();
    hand.step_wall(by);
    by
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_suspect_clock_is_right_when_it_was_told_and_not_before(
        wall in prop_oneof![0..1_000_i64, BUILT - 9..BUILT, BUILT..STAMP, STAMP..TRUTH],
        is_board in any::<bool>(), rtc in any::<bool>(), stamped in any::<bool>(),
        history in prop::collection::vec(happening(), 1..40),
    ) {
        let facts = Facts { board: is_board, rtc, last_trusted: stamped.then(|| epoch(STAMP)), ..board() };
        let highest = if stamped { STAMP } else { BUILT };
        let (clock, hand) = Clock::moved(started(wall));
        let start = clock.now();
        let mut trust = Trust::new(facts, BOOT, start, clock.kernel_says_synchronised());
        let mut told = wall >= highest && (rtc || !is_board);
        prop_assert_eq!(matches!(trust.verdict(), Verdict::Right(_)), told);
        let mut found = told.then_some(trust.verdict());
        for happening in history {
            match happening {
                Happening::Pass(micros) => hand.advance(Duration::from_micros(micros)),
                Happening::Suspend(micros) => hand.suspend(Duration::from_micros(micros)),
                Happening::Set(secs) => {
                    let by = set(&clock, &hand, epoch(secs));
                    prop_assume!(by.abs() > 1_000_000);
                    told |= secs >= highest;
                }
                Happening::Tell => {
                    let truth = epoch(TRUTH).plus_micros(i64::try_from(clock.boot().since(start.boot).as_micros()).unwrap());
                    told |= set(&clock, &hand, truth).abs() > 1_000_000;
                }
                Happening::Slew(micros) => hand.step_wall(micros),
                Happening::Synchronised(is) => hand.set_synchronised(is),
            }
            told |= clock.kernel_says_synchronised();
            let now = clock.now();
            let verdict = trust.judge(now, clock.kernel_says_synchronised());
            prop_assert_eq!(matches!(verdict, Verdict::Right(_)), told, "{:?}", now);
            prop_assert_eq!(trust.stamp(now).is_some(), told);
            if told {
                // The first offset is the one for good, whatever the clock does later.
                let first = *found.get_or_insert_with(|| Verdict::Right(Offset::of(BOOT, now)));
                prop_assert_eq!(verdict, first);
            }
        }
    }

    #[test]
    fn the_offset_makes_true_what_was_read_before(early in 0..86_400_000_000_u64, wall in 0..BUILT, synchronised in any::<bool>()) {
        let (clock, hand) = Clock::moved(started(wall));
        let mut trust = Trust::new(board(), BOOT, clock.now(), false);
        hand.advance(Duration::from_micros(early));
        let read = clock.boot();
        prop_assert!(matches!(trust.judge(clock.now(), false), Verdict::Suspect(_)));
        hand.advance(Duration::from_secs(30));
        // Thirty seconds after the reading it is known what time it is.
        set(&clock, &hand, epoch(TRUTH));
        let verdict = trust.judge(clock.now(), synchronised);
        prop_assert!(matches!(verdict, Verdict::Right(_)));
        if let Verdict::Right(offset) = verdict {
            prop_assert_eq!(offset.wall(read), epoch(TRUTH - 30));
        }
    }
}

#[test]
fn each_doubt_by_its_cause() {
    let doubt = |facts: Facts, wall: i64| match Trust::new(facts, BOOT, started(wall), false).verdict() {
        Verdict::Suspect(doubt) => Some(doubt),
        Verdict::Right(_) => None,
    };
    assert_eq!(doubt(virtual_machine(), BUILT - 1), Some(Doubt::BeforeBuild));
    assert_eq!(doubt(virtual_machine(), BUILT), None);
    assert_eq!(doubt(board(), STAMP - 1), Some(Doubt::BeforeLastStamp));
    assert_eq!(doubt(board(), STAMP), Some(Doubt::NeverTold));
    assert_eq!(doubt(Facts { rtc: true, ..board() }, STAMP), None);
    assert_eq!(doubt(Facts { mode: Mode::Trust, ..board() }, 0), None);
    assert!(matches!(Trust::new(board(), BOOT, started(0), true).verdict(), Verdict::Right(_)));
}

#[test]
fn a_clock_that_was_right_in_this_boot_need_not_be_told_again() {
    let recorded = Offset { boot: BOOT, micros: 1_799_000_000_000_000 };
    let again = Trust::new(Facts { recorded: Some(recorded), ..board() }, BOOT, started(TRUTH), false);
    assert_eq!(again.verdict(), Verdict::Right(recorded));
    // The offset of another boot says nothing.
    let other = Offset { boot: BootId::from_bytes([4; 16]), ..recorded };
    let trust = Trust::new(Facts { recorded: Some(other), ..board() }, BOOT, started(TRUTH), false);
    assert_eq!(trust.verdict(), Verdict::Suspect(Doubt::NeverTold));
}

#[test]
fn a_clock_that_is_slewed_for_hours_was_not_stepped() {
    let (clock, hand) = Clock::moved(started(STAMP));
    let mut trust = Trust::new(board(), BOOT, clock.now(), false);
    for _ in 0..100 {
        hand.advance(Duration::from_secs(60));
        hand.step_wall(5_000_000);
        assert_eq!(trust.judge(clock.now(), false), Verdict::Suspect(Doubt::NeverTold));
    }
}

#[test]
fn a_trusted_clock_is_followed_back() {
    let mut trust = Trust::new(virtual_machine(), BOOT, started(TRUTH), false);
    let back = Moment { wall: epoch(5), boot: SinceBoot::from_micros(18_000_000) };
    assert_eq!(trust.judge(back, false), Verdict::Right(Offset::of(BOOT, started(TRUTH))));
    assert_eq!(trust.stamp(back), Some(epoch(5)));
    assert_eq!(trust.right_since(), Some(started(TRUTH)));
}
