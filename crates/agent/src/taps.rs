//! Views that are never waited for: a reading is shown once it was accepted, and left out where the view is too slow.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use streamer_reading::{Epoch, Key, Value};

use crate::table::Table;
use crate::view::{Line, Round, mark, one_line};

/// Rounds that may wait for a slow terminal before they are left out.
const ROUNDS: usize = 256;

/// The way to all taps. Cheap to clone; without a tap it costs one check.
#[derive(Clone, Default)]
pub struct Taps(Option<Arc<Ends>>);

struct Ends {
    /// `None` ends the tap.
    rounds: SyncSender<Option<Round>>,
    open: AtomicBool,
    left_out: AtomicU64,
}

impl Taps {
    /// The way to one tap on stdout, and the tap, which must be run by a thread of its own.
    pub fn stdout(simulated: bool) -> (Self, Stdout) {
        let (rounds, receiver) = sync_channel(ROUNDS);
        let ends = Arc::new(Ends { rounds, open: AtomicBool::new(true), left_out: AtomicU64::new(0) });
        (Self(Some(ends.clone())), Stdout { receiver, ends, mark: mark(simulated) })
    }

    fn open(&self) -> Option<&Arc<Ends>> {
        self.0.as_ref().filter(|ends| ends.open.load(Ordering::Relaxed))
    }

    /// Shows accepted readings, if anybody looks.
    pub fn show<'r>(&self, input: &str, readings: impl Iterator<Item = (&'r Key, &'r Value, Epoch, bool)>) {
        let Some(ends) = self.open() else { return };
        let line = |(key, value, epoch, suspect): (&Key, &Value, _, _)| Line {
            key: key.clone(),
            value: value.clone(),
            epoch,
            suspect,
        };
        let lines: Vec<Line> = readings.map(line).collect();
        let count = lines.len() as u64;
        let round = Round { input: input.to_owned(), lines };
        if count > 0 && matches!(ends.rounds.try_send(Some(round)), Err(TrySendError::Full(_))) {
            ends.left_out.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Lets the tap show what waits and end; it has until `time` to do so.
    pub fn end(&self, time: Duration) {
        let Some(ends) = self.open() else { return };
        // A tap that is so slow that it has no room for the word either is left behind.
        if ends.rounds.try_send(None).is_err() {
            return;
        }
        let steps = time.as_millis() / 2;
        for _ in 0..steps {
            if !ends.open.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Readings that no tap showed because it was too slow.
    pub fn left_out(&self) -> u64 {
        self.0.as_ref().map_or(0, |ends| ends.left_out.load(Ordering::Relaxed))
    }
}

/// The tap on stdout: a table for people, one plain line a reading for programs.
pub struct Stdout {
    receiver: Receiver<Option<Round>>,
    ends: Arc<Ends>,
    mark: &'static str,
}

impl Stdout {
    /// Shows rounds until it is told to end, or nobody reads any more. A closed pipe ends only the tap.
    pub fn run(self) {
        let out = io::stdout();
        let mut table = out.is_terminal().then(Table::default);
        while let Ok(Some(round)) = self.receiver.recv() {
            let mut out = out.lock();
            let shown = match &mut table {
                Some(table) => table.show(&mut out, &round, self.mark),
                None => plain(&mut out, &round, self.mark),
            };
            if shown.and_then(|()| out.flush()).is_err() {
                break;
            }
        }
        self.ends.open.store(false, Ordering::Relaxed);
    }
}

/// `epoch key value`, the epoch marked while the clock is suspect.
fn plain(out: &mut impl Write, round: &Round, mark: &str) -> io::Result<()> {
    for Line { key, value, epoch, suspect } in &round.lines {
        writeln!(out, "{mark}{epoch}{} {key} {}", if *suspect { "?" } else { "" }, one_line(value))?;
    }
    Ok(())
}
