//! The accounts behind the network: outputs of one account share its allowance, and so its pace.

use std::path::Path;

use streamer::Pace;
use streamer::events_api::{Account, AccountOptions, EventsApi, KnownBuckets};
use streamer_clock::Clock;
use streamer_config::InitialState;
use streamer_reading::{BucketKey, BucketName};

use crate::exit::{Exit, Failure};

/// All accounts that outputs go to.
pub struct Accounts {
    clock: Clock,
    pace: Pace,
    known: KnownBuckets,
    opened: Vec<(InitialState, Account)>,
}

impl Accounts {
    /// None yet; which buckets were made is kept in the state folder.
    pub fn new(clock: Clock, pace: Pace, state: &Path) -> Self {
        let known = KnownBuckets::in_file(state.join("known-buckets"));
        Self { clock, pace, known, opened: Vec::new() }
    }

    /// One bucket's way to its account.
    pub fn bucket(&mut self, plan: &InitialState, key: BucketKey, name: BucketName) -> Result<EventsApi, Failure> {
        Ok(EventsApi::new(self.account(plan)?, key, name, self.known.clone()))
    }

    /// Tries at once what waits or is parked.
    pub fn retry_now(&self) {
        self.opened.iter().for_each(|(_, account)| account.retry_now());
    }

    fn account(&mut self, plan: &InitialState) -> Result<Account, Failure> {
        let same = |other: &InitialState| other.api_base == plan.api_base && other.access_key == plan.access_key;
        if let Some((_, account)) = self.opened.iter().find(|(other, _)| same(other)) {
            return Ok(account.clone());
        }
        let options = AccountOptions {
            api_base: plan.api_base.clone(),
            access_key: plan.access_key.clone(),
            ca_file: plan.ca_file.clone(),
            max_events_per_call: plan.max_events_per_call,
        };
        let account = Account::new(&options, self.clock.clone(), self.pace)
            .map_err(|error| Failure::new(Exit::Configuration, error.to_string()))?;
        self.opened.push((plan.clone(), account.clone()));
        Ok(account)
    }
}

#[cfg(test)]
mod tests {
    use streamer::events_api::{API_BASE, MAX_EVENTS_PER_CALL};

    /// The configuration knows nothing of the library, and has these two for itself.
    #[test]
    fn what_nobody_configures_is_what_the_library_takes_for_granted() {
        let schema = streamer_config::schema(&[], &[]);
        let output = &schema["properties"]["outputs"]["properties"]["initial_state"]["properties"];
        assert_eq!(output["api_base"]["default"], API_BASE);
        assert_eq!(output["max_events_per_call"]["default"], MAX_EVENTS_PER_CALL);
    }
}
