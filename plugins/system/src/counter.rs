//! Rates from counters of the kernel, which may wrap and may start again. A rate is never negative and never the size of
//! a counter.

use std::time::Duration;

/// Half of what 32 bits hold: a counter that fell and would have had to grow by more than this did not wrap, it was set
/// back.
const HALF: u64 = 1 << 31;

/// How much the counters of one device grew between two reads; none where they started again, for then nobody knows.
///
/// A counter that fell has wrapped at 32 bits (or at 64) if that makes it grow by a plausible amount. When an interface
/// or a disk starts again all its counters fall, and the small ones among them give it away.
pub(crate) fn growth<const N: usize>(last: &[u64; N], now: &[u64; N]) -> Option<[u64; N]> {
    let mut grown = [0; N];
    for ((grown, last), now) in grown.iter_mut().zip(last).zip(now) {
        *grown = match now.checked_sub(*last) {
            Some(grown) => grown,
            None => {
                let bits = if u32::try_from(*last).is_ok() { 1 << 32 } else { 0_u64 };
                let wrapped = bits.wrapping_sub(*last).wrapping_add(*now);
                if wrapped >= HALF {
                    return None;
                }
                wrapped
            }
        };
    }
    Some(grown)
}

/// What `grown` in `time` makes in a second; none where no time passed.
pub(crate) fn per_second(grown: u64, time: Duration) -> Option<f64> {
    (!time.is_zero()).then(|| hundredths(float(grown) / time.as_secs_f64()))
}

/// The share that `part` has in `whole`, in per cent; none of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| hundredths(float(part) * 100.0 / float(whole)))
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

    #[test]
    fn no_time_and_no_whole_make_no_number() {
        assert_eq!(per_second(5, Duration::ZERO), None);
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(448_304, 948_304), Some(47.27));
    }
}
