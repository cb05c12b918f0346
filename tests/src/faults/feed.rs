//! Readings as lines, at the rate of the row, and how many threads a program has meanwhile. It knows no client.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::case::{BAD_AT, Case};

/// Lines that are written at once.
const TOGETHER: u64 = 10;

/// Writes `n,NUMBER` for each reading, `bad` for the bad one, in the row's rate times `speed`.
///
/// # Errors
/// What the other side's pipe says.
pub fn feed(mut into: impl Write, case: &Case, bad: &str, speed: f64) -> io::Result<()> {
    let began = tokio::time::Instant::now();
    let mut lines = String::new();
    for number in 0..case.readings {
        if case.bad.is_some() && number == BAD_AT {
            lines.push_str(&format!("{bad}\n"));
        } else {
            lines.push_str(&format!("n,{number}\n"));
        }
        if (number + 1) % TOGETHER == 0 || number + 1 == case.readings {
            into.write_all(lines.as_bytes())?;
            into.flush()?;
            lines.clear();
            if let Some(rate) = case.rate {
                #[expect(clippy::cast_precision_loss, reason = "a row has a few thousand readings")]
                let due = Duration::from_secs_f64((number + 1) as f64 / rate / speed);
                std::thread::sleep(due.saturating_sub(began.elapsed()));
            }
        }
    }
    Ok(())
}

/// Counts a process's threads until it is asked.
pub struct Threads {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Threads {
    /// Looks at this process from now on.
    pub fn of(process: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut most = 0;
            while !stopped.load(Ordering::Relaxed) {
                let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
                let now = status.lines().find_map(|line| line.strip_prefix("Threads:")?.trim().parse().ok());
                most = most.max(now.unwrap_or(0));
                std::thread::sleep(Duration::from_millis(10));
            }
            most
        });
        Self { stop, thread }
    }

    /// The most there were.
    pub fn most(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or(0)
    }
}
