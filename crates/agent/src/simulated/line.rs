//! A GPIO line that nobody is wired to and that turns by itself, told as the kernel would tell it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use streamer_clock::Clock;
use streamer_plugin::{Contact, line_event};

/// How long it stays as it is: a pulse every second and a half.
const STAYS: Duration = Duration::from_millis(750);

struct Line {
    records: OwnedFd,
    active: Arc<AtomicBool>,
}

impl Contact for Line {
    fn source(&self) -> BorrowedFd<'_> {
        self.records.as_fd()
    }

    fn active(&mut self) -> io::Result<bool> {
        Ok(self.active.load(Ordering::Relaxed))
    }
}

/// Contact with such a line. Its thread ends when the contact does.
///
/// # Errors
/// Where there is no pipe or no thread.
pub fn turning(clock: &Clock) -> io::Result<Box<dyn Contact>> {
    let (records, teller) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let active = Arc::new(AtomicBool::new(false));
    let (clock, turned) = (clock.clone(), active.clone());
    std::thread::Builder::new().name("line".into()).spawn(move || {
        for number in 1.. {
            std::thread::sleep(STAYS);
            let now = number % 2 == 1;
            turned.store(now, Ordering::Relaxed);
            // The kernel stamps with a clock that stands still while the machine is suspended.
            let running = u128::from(clock.boot().micros()) * 1000 - clock.suspended().as_nanos();
            let record = line_event(u64::try_from(running).unwrap_or(0), now, number);
            // A queue that nobody reads runs over, as the kernel's does; one that nobody has any more is the end.
            if matches!(rustix::io::write(&teller, &record), Err(error) if error != Errno::AGAIN) {
                return;
            }
        }
    })?;
    Ok(Box::new(Line { records, active }))
}
