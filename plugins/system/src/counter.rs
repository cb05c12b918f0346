//! Rates from counters of the kernel, which may wrap and may start again. A rate is never negative and never the size of
//! a counter.

use std::time::Duration;

/// Half of what 32 bits hold: a counter that fell and would have had to grow by more than this did not wrap, it was set
/// back.
const HALF: u64 = 1 << 31;

/// How much a counter grew between two reads; none where it was set back. One that fell has wrapped at 32 bits (or at
/// 64) if that makes it grow by a plausible amount.
pub(crate) fn grown(last: u64, now: u64) -> Option<u64> {
    now.checked_sub(last).or_else(|| {
        let end = if u32::try_from(last).is_ok() { 1 << 32 } else { 0_u64 };
        Some(end.wrapping_sub(last).wrapping_add(now)).filter(|wrapped| *wrapped < HALF)
    })
}

/// How much the counters of one device grew; none where one of them was set back, for then the device started again and
/// nobody knows. When all of its counters fall, it is the small ones among them that give it away.
pub(crate) fn growth<const N: usize>(last: &[u64; N], now: &[u64; N]) -> Option<[u64; N]> {
    let mut all = [0; N];
    for ((all, last), now) in all.iter_mut().zip(last).zip(now) {
        *all = grown(*last, *now)?;
    }
    Some(all)
}

/// The counters of one device over the rounds.
#[derive(Debug, Clone)]
pub(crate) struct Counters<const N: usize> {
    last: [u64; N],
    /// The round in which they were read last; 0 is none, for rounds are counted from 2.
    seen: u64,
    /// What they were before they fell, if they fell in the last round.
    before: Option<[u64; N]>,
}

impl<const N: usize> Default for Counters<N> {
    fn default() -> Self {
        Self { last: [0; N], seen: 0, before: None }
    }
}

impl<const N: usize> Counters<N> {
    /// Whether they were read in this round.
    pub(crate) fn are_of(&self, round: u64) -> bool {
        self.seen == round
    }

    /// Takes what they are in this round, and tells how much they grew since the one before; none where they were not there,
    /// were set back, or are back where they were before they fell: some drivers tell zeros for one round.
    pub(crate) fn grew(&mut self, now: [u64; N], round: u64) -> Option<[u64; N]> {
        let last = std::mem::replace(&mut self.last, now);
        let before = self.before.take();
        if std::mem::replace(&mut self.seen, round) + 1 != round {
            return None;
        }
        let grown = growth(&last, &now);
        if grown.is_none() {
            self.before = Some(last);
        }
        let is_back = before.is_some_and(|before| before.iter().zip(&now).all(|(before, now)| before <= now));
        grown.filter(|_| !is_back)
    }
}

/// What `grown` in `time` makes in a second; none where no time passed.
pub(crate) fn per_second(grown: u64, time: Duration) -> Option<f64> {
    (!time.is_zero()).then(|| hundredths(float(grown) / time.as_secs_f64()))
}

/// The share that `part` has in `whole`, in thousandths of a per cent, cut and not rounded: parts never add up to more than
/// their whole, and only what is full is 100. None of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> Option<f64> {
    let share = (u128::from(part) * 100_000).checked_div(u128::from(whole))?;
    u64::try_from(share).ok().map(|share| float(share) / 1000.0)
}

/// Two digits after the point: what such figures are worth, and fewer bytes on the way.
pub(crate) fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "a share or a rate, rounded to two digits anyway")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wraps_are_gone_over_and_restarts_are_left_out() {
        assert_eq!(growth(&[10, 5], &[15, 5]), Some([5, 0]));
        // 32 bits, alone and both directions at once.
        assert_eq!(growth(&[4_294_967_000, 7], &[704, 8]), Some([1000, 1]));
        assert_eq!(growth(&[4_294_967_295, 4_294_967_295], &[0, 9]), Some([1, 10]));
        // 64 bits.
        assert_eq!(growth(&[u64::MAX], &[4]), Some([5]));
        // Set back: small counters, counters beyond 32 bits, and a large one beside small ones.
        assert_eq!(growth(&[1000], &[20]), None);
        assert_eq!(growth(&[61_800_195_044], &[500]), None);
        assert_eq!(growth(&[4_294_967_000, 90_000], &[704, 3]), None);
    }

    /// A public report of /proc/net/dev: zeros for one read, then the counters as if nothing had been, and a rate of gigabytes.
    #[test]
    fn zeros_for_one_round_are_gone_over_and_a_restart_goes_on() {
        let mut counters = Counters::default();
        let rounds = [[3_143_180_744, 90], [3_143_182_227, 95], [0, 0], [3_143_182_856, 97], [3_143_183_111, 99]];
        let grew = (2..).zip(rounds).map(|(round, now)| counters.grew(now, round));
        assert_eq!(grew.collect::<Vec<_>>(), [None, Some([1483, 5]), None, None, Some([255, 2])]);
        // A device that really started again.
        assert_eq!(counters.grew([500, 1], 7), None);
        assert_eq!(counters.grew([1500, 3], 8), Some([1000, 2]));
        // And one that was away for a round.
        assert_eq!(counters.grew([2500, 5], 10), None);
        assert_eq!(counters.grew([2600, 5], 11), Some([100, 0]));
    }

    proptest! {
        #[test]
        fn a_counter_of_32_bits_loses_nothing(last in 0..=u64::from(u32::MAX), grew in 0..HALF) {
            let now = (last + grew) % (1 << 32);
            prop_assert_eq!(grown(last, now), Some(grew));
        }

        #[test]
        fn nothing_grows_by_the_size_of_a_counter(last: u64, now: u64) {
            prop_assert!(now >= last || grown(last, now).is_none_or(|grown| grown < HALF));
        }
    }

    #[test]
    fn no_time_and_no_whole_make_no_number() {
        assert_eq!(per_second(5, Duration::ZERO), None);
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(448_304, 948_304), Some(47.274));
        assert_eq!(percent(999_999, 1_000_000), Some(99.999));
        assert_eq!(percent(u64::MAX, u64::MAX), Some(100.0));
    }
}
