//! Lets the local store commit together with the spool, and just before it: what the store has, the spool need not
//! write.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Opened at each commit; whoever waits before it then goes through once. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Gate(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    through: Condvar,
}

#[derive(Default)]
struct State {
    places: Vec<Place>,
    /// Set at the end: nobody waits before an open gate.
    stays_open: bool,
}

/// Where a visitor is.
enum Place {
    /// It has nothing to do with the gate just now.
    Away,
    Waiting(Waker),
    /// The gate was opened for it, and it has not said that it is done.
    Through,
}

/// One of those who go through: a drain of the local store.
pub struct Visitor {
    gate: Gate,
    at: usize,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new visitor.
    pub fn visitor(&self) -> Visitor {
        let mut state = self.state();
        state.places.push(Place::Away);
        Visitor { gate: self.clone(), at: state.places.len() - 1 }
    }

    /// Opens the gate for those who wait, and waits at most `time` until each of them is done; whether all are.
    pub fn open_and_wait(&self, time: Duration) -> bool {
        let mut state = self.state();
        for place in &mut state.places {
            if matches!(place, Place::Waiting(_))
                && let Place::Waiting(waker) = std::mem::replace(place, Place::Through)
            {
                waker.wake();
            }
        }
        let busy = |state: &mut State| state.places.iter().any(|place| matches!(place, Place::Through));
        let waited = self.0.through.wait_timeout_while(state, time, busy);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(state);
        !timeout.timed_out()
    }

    /// Opens the gate for good: what is left is to go through at once.
    pub fn stay_open(&self) {
        self.state().stays_open = true;
        self.open_and_wait(Duration::ZERO);
    }
}

impl Visitor {
    /// Waits until the gate is opened.
    pub async fn pass(&mut self) {
        std::future::poll_fn(|context| self.poll_pass(context)).await;
    }

    fn poll_pass(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.gate.state();
        if state.stays_open || matches!(state.places[self.at], Place::Through) {
            return Poll::Ready(());
        }
        state.places[self.at] = Place::Waiting(context.waker().clone());
        Poll::Pending
    }

    /// It has done what it went through for.
    pub fn done(&mut self) {
        self.gate.state().places[self.at] = Place::Away;
        self.gate.0.through.notify_all();
    }
}

/// A visitor that is gone holds nobody up.
impl Drop for Visitor {
    fn drop(&mut self) {
        self.done();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_wait_are_waited_for() {
        let gate = Gate::default();
        let mut away = gate.visitor();
        assert!(gate.open_and_wait(Duration::from_secs(60)), "nobody waits");
        let mut context = Context::from_waker(Waker::noop());
        assert!(away.poll_pass(&mut context).is_pending());
        assert!(!gate.open_and_wait(Duration::ZERO), "it is through and not done");
        assert!(away.poll_pass(&mut context).is_ready());
        away.done();
        assert!(gate.open_and_wait(Duration::from_secs(60)));
        assert!(away.poll_pass(&mut context).is_pending(), "each opening lets through once");
        drop(away);
        assert!(gate.open_and_wait(Duration::from_secs(60)), "who is gone holds nobody up");
    }
}
