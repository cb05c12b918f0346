//! Numbers that look drawn by lot and are not: the same id gives the same ones on every machine, after every restart.

/// The seed of an id: FNV-1a, stirred so that ids which differ in their last letter lie far apart.
pub(crate) fn seed(id: &str) -> u64 {
    stir(id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)))
}

/// Places within an interval lie this far apart, in microseconds.
const APART: u64 = 200_000;

/// The place of an input within its interval. A thousand inputs share five places in each second, and with them their
/// wake-ups, which cost more than most of the reads: the same instants serve every interval that is a multiple.
pub(crate) fn place(seed: u64, every: u64) -> u64 {
    let places = every / APART;
    if places < 5 { seed % every } else { seed % places * APART }
}

/// A number below `limit` for the tick at `tick`; zero if the limit is.
pub(crate) fn below(limit: u64, seed: u64, tick: u64) -> u64 {
    if limit == 0 { 0 } else { stir(seed ^ stir(tick)) % limit }
}

/// The finishing steps of SplitMix64.
fn stir(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_inputs_fill_an_interval_evenly() {
        let mut tenths = [0; 10];
        for number in 0..1_000 {
            let phase = place(seed(&format!("gpio-{number}")), 10_000_000);
            tenths[usize::try_from(phase / 1_000_000).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (60..=140).contains(count)), "{tenths:?}");
    }

    #[test]
    fn an_id_keeps_its_place_for_ever() {
        // A change here moves every input of every installation.
        assert_eq!(place(seed("system"), 10_000_000), 9600000);
        // Too short for places that are shared.
        assert_eq!(place(seed("system"), 900_000), seed("system") % 900_000);
        assert!(below(1_000, seed("system"), 7) < 1_000);
        assert_eq!(below(0, seed("system"), 7), 0);
    }
}
