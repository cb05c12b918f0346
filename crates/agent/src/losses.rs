//! What the spool had to give up, told in the log: when it begins and when it is over, never for each reading. The counts
//! themselves are the spool's.

use streamer_reading::BucketKey;
use streamer_spool::Status;

/// So many looks without another one, and it is over.
const QUIET: u32 = 6;

/// What was seen of each log and each output at the last look.
#[derive(Debug, Default)]
pub struct Losses(Vec<Seen>);

#[derive(Debug)]
struct Seen {
    bucket: BucketKey,
    /// Of this output, or of the log itself.
    output: Option<String>,
    /// Readings that found no room.
    no_room: u64,
    /// Readings that were lost with their file.
    lost: u64,
    /// How many had found no room before this time began.
    before: Option<u64>,
    quiet: u32,
}

impl Losses {
    /// Looks at all logs; gives a line for each change. What was there at the first look is history.
    pub fn look(&mut self, status: &Status) -> Vec<String> {
        let mut lines = Vec::new();
        for bucket in &status.buckets {
            let seen = self.of(&bucket.bucket, None, bucket.refused.full, 0);
            if let Some(begins) = seen.no_room(bucket.refused.full) {
                let what = if begins { "new readings are refused" } else { "new readings are taken again" };
                lines.push(seen.line(begins, what, "refused"));
            }
            for output in &bucket.outputs {
                let dropped = output.dropped;
                let seen = self.of(&bucket.bucket, Some(&output.output), dropped.full, dropped.lost);
                if let Some(begins) = seen.no_room(dropped.full) {
                    let what = if begins { "the oldest readings make way" } else { "no readings make way any more" };
                    lines.push(seen.line(begins, what, "dropped"));
                }
                let lost = dropped.lost.saturating_sub(std::mem::replace(&mut seen.lost, dropped.lost));
                if lost > 0 {
                    let name = seen.name();
                    lines.push(format!("{name}: {lost} readings are lost: files of the spool are gone or damaged"));
                }
            }
        }
        lines
    }

    fn of(&mut self, bucket: &BucketKey, output: Option<&str>, no_room: u64, lost: u64) -> &mut Seen {
        let known = self.0.iter().position(|seen| seen.bucket == *bucket && seen.output.as_deref() == output);
        let index = known.unwrap_or_else(|| {
            let output = output.map(str::to_owned);
            self.0.push(Seen { bucket: bucket.clone(), output, no_room, lost, before: None, quiet: 0 });
            self.0.len() - 1
        });
        &mut self.0[index]
    }
}

impl Seen {
    /// Whether it begins now, or is over, that readings find no room.
    fn no_room(&mut self, now: u64) -> Option<bool> {
        let before = std::mem::replace(&mut self.no_room, now);
        if now > before {
            self.quiet = 0;
            let is_news = self.before.is_none();
            self.before.get_or_insert(before);
            return is_news.then_some(true);
        }
        self.before?;
        self.quiet += 1;
        (self.quiet >= QUIET).then_some(false)
    }

    fn line(&mut self, begins: bool, what: &str, done: &str) -> String {
        let name = self.name();
        if begins {
            return format!("{name}: the spool is full, and {what}; `streamer status` says what it waits for");
        }
        let count = self.no_room - self.before.take().unwrap_or(self.no_room);
        format!("{name}: {what}; {count} were {done} for want of room")
    }

    fn name(&self) -> String {
        match &self.output {
            Some(output) => format!("{} to {output}", self.bucket),
            None => self.bucket.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use streamer_spool::{BucketStatus, DiskState, Dropped, OutputStatus, Refused, Waiting};

    use super::*;

    fn status(refused: u64, full: u64, lost: u64) -> Status {
        let output = OutputStatus {
            output: "local".into(),
            accepted: 0,
            acknowledged: 0,
            set_aside: 0,
            dropped: Dropped { full, lost, removed: 0 },
            waiting: Waiting::default(),
            held: false,
            removed: false,
        };
        let bucket = BucketStatus {
            bucket: BucketKey::new("shed").unwrap(),
            bytes: 0,
            share: 0,
            accepted: 0,
            refused: Refused { full: refused, too_large: 0 },
            waits_for: None,
            outputs: vec![output],
        };
        Status { buckets: vec![bucket], bytes: 0, max_size: 0, unsynced: 0, disk: DiskState::Ok, survives_a_kill: true }
    }

    #[test]
    fn each_change_is_a_line_and_nothing_else_is() {
        let mut losses = Losses::default();
        let mut look = |refused, full, lost| losses.look(&status(refused, full, lost));
        assert!(look(5, 100, 3).is_empty(), "what an earlier run gave up is no news");
        let full = "shed to local: the spool is full, and the oldest readings make way; `streamer status` says what it waits for";
        assert_eq!(look(5, 110, 3), [full]);
        for more in 1..50 {
            assert!(look(5, 110 + more / 3, 3).is_empty(), "{more}");
        }
        let quiet: Vec<_> = (0..20).flat_map(|_| look(5, 126, 3)).collect();
        assert_eq!(quiet, ["shed to local: no readings make way any more; 26 were dropped for want of room"]);
        assert_eq!(look(5, 127, 3), [full], "a new time");
        assert_eq!(look(5, 127, 43), ["shed to local: 40 readings are lost: files of the spool are gone or damaged"]);
        let refused = "shed: the spool is full, and new readings are refused; `streamer status` says what it waits for";
        assert_eq!(look(6, 127, 43), [refused]);
        let quiet: Vec<_> = (0..20).flat_map(|_| look(6, 127, 43)).collect();
        assert!(quiet.contains(&"shed: new readings are taken again; 1 were refused for want of room".to_owned()));
    }
}
