//! Work that may hang, done on a thread of its own that is kept and used again.
//!
//! A question that is not answered in time is left alone: whoever asked goes on, and does not ask again before the old
//! answer has come and been thrown away. No tick ever makes a second thread for the same work, and all of them together
//! are bounded, rebuilt inputs included.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

/// Threads that are alive in this process, hung ones too.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
/// More of them are not made: a machine with so many servers to wait for has other worries.
const MOST: usize = 32;
/// What is done there calls the kernel and little else.
const STACK: usize = 128 * 1024;

/// One piece of work with a thread of its own.
pub(crate) struct Apart<A> {
    questions: SyncSender<()>,
    answers: Receiver<A>,
    asked: bool,
}

/// How a thread is counted, however it ends.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<A: Send + 'static> Apart<A> {
    /// Starts the thread, which waits for questions and ends when this is dropped, or as soon after as it can.
    pub(crate) fn new(mut work: impl FnMut() -> A + Send + 'static) -> io::Result<Self> {
        if ALIVE.fetch_add(1, Ordering::Relaxed) >= MOST {
            drop(Alive);
            return Err(io::Error::other(format!("{MOST} such things are read on threads of their own already")));
        }
        let alive = Alive;
        let (questions, asked) = sync_channel(1);
        let (answer, answers) = sync_channel(1);
        std::thread::Builder::new().name("system-apart".into()).stack_size(STACK).spawn(move || {
            let _alive = alive;
            while asked.recv().is_ok() && answer.send(work()).is_ok() {}
        })?;
        Ok(Self { questions, answers, asked: false })
    }

    /// Asks, unless an earlier question still hangs. Tells whether it did.
    pub(crate) fn ask(&mut self) -> bool {
        if self.asked && matches!(self.answers.try_recv(), Err(TryRecvError::Empty)) {
            return false;
        }
        self.asked = self.questions.try_send(()).is_ok();
        self.asked
    }

    /// The answer to the last question, if it comes within `time`.
    pub(crate) fn answer(&mut self, time: Duration) -> Option<A> {
        let answer = self.answers.recv_timeout(time).ok()?;
        self.asked = false;
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_hung_question_is_asked_once_and_its_late_answer_is_thrown_away() {
        let (let_go, held) = channel::<u32>();
        let mut apart = Apart::new(move || held.recv().unwrap_or(0)).unwrap();
        assert!(apart.ask());
        for _ in 0..100 {
            assert_eq!(apart.answer(Duration::ZERO), None);
            assert!(!apart.ask(), "it still hangs");
        }
        let_go.send(1).unwrap();
        // The late answer comes in its own time, and then the next question is asked.
        while !apart.ask() {
            std::thread::yield_now();
        }
        let_go.send(2).unwrap();
        assert_eq!(apart.answer(Duration::from_secs(60)), Some(2));
    }

    #[test]
    fn work_that_panics_hangs_nobody() {
        let mut apart = Apart::new(|| -> u32 { panic!("broken") }).unwrap();
        assert!(apart.ask());
        assert_eq!(apart.answer(Duration::from_secs(60)), None);
        assert!(!apart.ask());
    }
}
