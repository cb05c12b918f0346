//! The Events API of Initial State: the only place that knows its paths, fields and headers.
//!
//! Bucket first, events second. Batches of one bucket follow one another; nothing is ever sent twice but what was not
//! confirmed, and then with identical bytes.

mod account;
mod address;
mod allowance;
mod answer;
mod connection;
mod event;
mod gate;
mod http_date;
mod known_buckets;
mod reach;
mod tier;
mod trouble;
mod turn;

pub use account::{Account, AccountError, AccountOptions};
pub use address::AddressError;
pub use known_buckets::KnownBuckets;
pub use reach::{Reached, is_streaming_key, reach};
pub use tier::{TIERS, Tier, WINDOW};

use streamer_reading::{BucketKey, BucketName};
use streamer_spool::{Limit, Record};

use crate::output::{Output, Standing, Verdict};
use gate::Outcome;
use turn::Turn;

/// Where the service is, if nobody says otherwise.
pub const API_BASE: &str = "https://groker.init.st";
/// Events in one call, if nobody says otherwise: what every document of the service agrees on.
pub const MAX_EVENTS_PER_CALL: usize = 10;

/// Whether a JSON object is a call that makes a bucket, as other clients keep it when it failed.
pub(crate) fn is_bucket_call(call: &serde_json::Map<String, serde_json::Value>) -> bool {
    call.contains_key("bucketKey")
}

/// One bucket at the Events API.
pub struct EventsApi {
    account: Account,
    bucket: BucketKey,
    name: BucketName,
    known: KnownBuckets,
    /// Created since a reading was last accepted: if that did not help, creating it again will not either.
    created_for_this: bool,
    turn: Option<Turn>,
}

impl EventsApi {
    /// The bucket `bucket` of `account`; it is created with the first batch, unless `known` has it.
    pub fn new(account: Account, bucket: BucketKey, name: BucketName, known: KnownBuckets) -> Self {
        Self { account, bucket, name, known, created_for_this: false, turn: None }
    }

    /// Asks for the bucket as the first delivery does, and sends nothing: whether the access key opens it.
    ///
    /// # Errors
    /// In the service's words, or in ours.
    pub async fn open_bucket(&mut self) -> Result<(), String> {
        let mut turn = self.account.turn().await;
        self.create(&mut turn).await.map_err(|verdict| match verdict {
            Verdict::Parked { why } | Verdict::Wait { why, .. } | Verdict::Retry { why, .. } => why,
            other => format!("{other:?}"),
        })
    }

    async fn create(&mut self, turn: &mut Turn) -> Result<(), Verdict> {
        let body = event::encode_bucket(self.bucket.as_str(), self.name.as_str());
        match turn.post("buckets", &self.bucket, body).await {
            Outcome::Accepted => {
                self.known.add(self.account.mark(), &self.bucket);
                Ok(())
            }
            Outcome::Refused { why, .. } => Err(Verdict::Parked { why: format!("the bucket was refused: {why}") }),
            // A bucket is made once however often it is asked for, so nothing of it is ever in doubt.
            Outcome::TooLarge => {
                Err(Verdict::Retry { why: "the bucket was refused as too large".into(), in_doubt: false })
            }
            Outcome::BucketRemoved(why) => Err(Verdict::Parked { why }),
            Outcome::Wait { why, .. } => Err(Verdict::Wait { why, in_doubt: false }),
            Outcome::Fault { why, .. } => Err(Verdict::Retry { why, in_doubt: false }),
        }
    }

    async fn send(&mut self, turn: &mut Turn, records: &[Record]) -> Result<Verdict, Verdict> {
        if !self.known.contains(self.account.mark(), &self.bucket) {
            self.create(turn).await?;
        }
        loop {
            let body = event::encode(records.iter().map(|record| &record.reading));
            return Ok(match turn.post("events", &self.bucket, body).await {
                Outcome::Accepted => {
                    self.created_for_this = false;
                    Verdict::Delivered
                }
                Outcome::Refused { bucket: true, .. } if !self.created_for_this => {
                    self.created_for_this = true;
                    self.known.remove(self.account.mark(), &self.bucket);
                    self.create(turn).await?;
                    continue;
                }
                Outcome::Refused { why, .. } => Verdict::Refused { why },
                Outcome::TooLarge if records.len() > 1 => Verdict::TooLarge,
                Outcome::TooLarge => Verdict::Refused { why: "the service answered 413: too large".into() },
                Outcome::BucketRemoved(why) => {
                    // Whoever restores it may mean a new one of the same key.
                    self.known.remove(self.account.mark(), &self.bucket);
                    Verdict::Parked { why }
                }
                Outcome::Wait { why, in_doubt } => Verdict::Wait { why, in_doubt },
                Outcome::Fault { why, in_doubt } => Verdict::Retry { why, in_doubt },
            });
        }
    }
}

impl Output for EventsApi {
    fn limit(&self) -> Limit {
        let (events, bytes) = self.account.most();
        Limit { events, bytes }
    }

    fn size(&self, record: &Record) -> usize {
        event::size(&record.reading)
    }

    fn standing(&self) -> impl Fn() -> Option<Standing> + Send + Sync + 'static {
        let account = self.account.clone();
        move || account.standing()
    }

    async fn ready(&mut self) {
        if self.turn.is_none() {
            self.turn = Some(self.account.turn().await);
        }
    }

    async fn deliver(&mut self, records: &[Record]) -> Verdict {
        let mut turn = match self.turn.take() {
            Some(turn) => turn,
            None => self.account.turn().await,
        };
        // After this call the turn is over, whatever came of it: the account's other buckets are next.
        match self.send(&mut turn, records).await {
            Ok(verdict) | Err(verdict) => verdict,
        }
    }

    fn not_now(&mut self) {
        self.turn = None;
    }
}

impl std::fmt::Debug for EventsApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventsApi")
            .field("account", &self.account)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}
