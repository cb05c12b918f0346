//! Mode `count`: pulses, in all and a second.
//!
//! The kernel numbers the edges of a line. So a queue that ran over costs no pulse of the total: only where this program
//! has to filter bounces itself can an edge that was lost not be judged.

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::{InputError, Readings, Sampler, Site};

use crate::watch::Watch;

/// The stream under which the total is kept.
const TOTAL: &str = "total";

/// `[[inputs.gpio]]` that counts.
pub(crate) struct Count {
    watch: Watch,
    total_key: String,
    rate_key: String,
    total: u64,
    before: Option<(SinceBoot, u64)>,
}

impl Count {
    /// Counts on from where the last run was.
    pub(crate) fn new(watch: Watch, key: &str, site: &Site) -> Self {
        Self {
            watch,
            total_key: format!("{key}_total"),
            rate_key: format!("{key}_rate"),
            total: site.reached(TOTAL).unwrap_or(0),
            before: None,
        }
    }
}

impl Sampler for Count {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        let mut pulses = 0;
        let lost = self.watch.catch_up_all(out, &mut |_| pulses += 1)?;
        if self.watch.every_edge_counts() {
            pulses += lost;
        } else if lost > 0 {
            pulses += u64::from(self.watch.see()?.is_some());
            self.watch.tell_lost(&self.total_key, lost, out);
        }
        self.total += pulses;
        out.put(self.total_key.as_str(), i64::try_from(self.total).unwrap_or(i64::MAX));
        let now = out.began().boot;
        if let Some((then, total)) = self.before
            && now > then
        {
            #[expect(clippy::cast_precision_loss, reason = "no line has 2^53 edges between two rounds")]
            out.put(self.rate_key.as_str(), (self.total - total) as f64 / now.since(then).as_secs_f64());
        }
        self.before = Some((now, self.total));
        out.reach(TOTAL, self.total);
        Ok(())
    }

    fn makes_rates(&self) -> bool {
        true
    }
}
