//! What the log has been told of the service's and the network's faults: each once, however often it is tried.

/// A single failure is no news: the next attempt is a second away.
const NEWS: u32 = 2;

/// The faults of one account.
#[derive(Default)]
pub(super) struct Trouble {
    failures: u32,
    said: Option<String>,
}

impl Trouble {
    /// A call failed for this, and is tried again.
    pub fn again(&mut self, why: &str) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= NEWS && self.is_new(why) {
            tracing::info!("sending waits: {why}");
        }
    }

    /// Only a person can mend it.
    pub fn for_a_person(&mut self, why: &str) {
        if self.is_new(why) {
            tracing::warn!("sending is parked: {why}; it is kept and tried again from time to time");
        }
    }

    /// The service has taken a call, or refused one for its content.
    pub fn is_over(&mut self) {
        self.failures = 0;
        if self.said.take().is_some() {
            tracing::info!("sending goes on");
        }
    }

    fn is_new(&mut self, why: &str) -> bool {
        let is_new = self.said.as_deref() != Some(why);
        if is_new {
            self.said = Some(why.to_owned());
        }
        is_new
    }
}
