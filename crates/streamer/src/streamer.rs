//! [`Streamer`]: readings in, delivery in the background.
//!
//! `log` checks, stamps and appends; it never waits for the network, and holds no lock while anything could wait for a
//! disk.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use std::time::Duration;

use serde::Serialize;
use streamer_clock::{Clock, Mode};
use streamer_reading::{BucketKey, Epoch, Key, Refusal, Value};
use streamer_spool::{AppendError, Entry, Quality, Seq, Spool};
use tokio::sync::oneshot;

use crate::background::{Asker, Background, Flushed};
use crate::builder::{self, Builder, Destination, Settings};
use crate::console;
use crate::drain::{DrainOptions, Handle, Snapshot};
use crate::durable::Durable;
use crate::error::{BuildError, Error, RefusedPaths};
use crate::events_api::{Account, KnownBuckets};
use crate::object::Flat;
use crate::route::{Route, Sender};
use crate::trusted_clock::TrustedClock;

/// The longest that dropping a streamer waits for its last readings.
const DROP: Duration = Duration::from_secs(2);
/// An append is at most 1 MB; so many readings of the largest size are below that.
const PER_APPEND: usize = 64;

/// Sends readings to a bucket. See the [crate] for what it promises, and [`Builder`] for its parameters.
///
/// It can be shared between threads behind an `Arc` or a reference. Dropping it waits at most 2 s for the last readings.
///
/// ```no_run
/// let streamer = streamer::Streamer::builder().access_key("ist_YourKey").bucket_name("Greenhouse").build()?;
/// streamer.log("temperature", 21.5)?;
/// streamer.log("door", "open")?;
/// streamer.close()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Streamer {
    clock: TrustedClock,
    spool: Spool,
    durable: Option<Durable>,
    sender: Sender,
    background: Background,
    current: RwLock<Arc<Route>>,
    /// All buckets that were ever set; what was logged for them is still on its way.
    routes: Mutex<HashMap<BucketKey, Arc<Route>>>,
    drain: DrainOptions,
    debug_level: u8,
    flush_timeout: Duration,
    closed: bool,
}

impl Streamer {
    /// Starts with no parameter given.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn start(settings: Settings) -> Result<Self, BuildError> {
        for warning in &settings.warnings {
            tracing::warn!("{warning}");
            console::failure(settings.debug_level, warning);
        }
        let clock = Clock::system();
        let (spool, durable, boot) = match &settings.spool {
            Some(folder) => {
                let boot = clock.boot_id().bytes();
                let (spool, durable) = Durable::open(folder, settings.spool_size, settings.memory_limit, boot)?;
                (spool, Some(durable), boot)
            }
            None => (Spool::in_memory(settings.memory_limit), None, [0; 16]),
        };
        let sender = match settings.destination {
            Destination::EventsApi(options) => {
                let known = durable.as_ref().map_or_else(KnownBuckets::in_memory, Durable::known_buckets);
                Sender::EventsApi(Account::new(&options, clock.clone(), settings.drain.pace)?, known)
            }
            Destination::Csv(csv) => Sender::Csv(csv.path().to_owned()),
        };
        let mode = if settings.trust_clock { Mode::Trust } else { Mode::Auto };
        let last = durable.as_ref().and_then(Durable::last_trusted);
        let clock = TrustedClock::new(clock, mode, spool.clone(), boot, last);
        let background = Background::start(clock.clone())?;
        let route = Arc::new(Route::open(&spool, &sender, settings.drain, &settings.bucket, &background)?);
        Ok(Self {
            clock,
            spool,
            durable,
            sender,
            background,
            routes: Mutex::new(HashMap::from([(route.bucket.clone(), route.clone())])),
            current: RwLock::new(route),
            drain: settings.drain,
            debug_level: settings.debug_level,
            flush_timeout: settings.flush_timeout,
            closed: false,
        })
    }

    /// Accepts one reading, stamped now.
    ///
    /// ```no_run
    /// # let streamer = streamer::Streamer::builder().access_key("k").build()?;
    /// streamer.log("temperature", 21.5)?;
    /// streamer.log("count", 7)?;
    /// streamer.log("door", "open")?;
    /// streamer.log("rain", false)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] (an empty or too long key, NaN, too long a text) and [`Error::Full`]: it was not accepted.
    /// [`Error::Delivery`], only at `debug_level` 2 and above: it was.
    pub fn log<K, V>(&self, key: K, value: V) -> Result<(), Error>
    where
        K: TryInto<Key>,
        V: TryInto<Value>,
        Refusal: From<K::Error> + From<V::Error>,
    {
        let (now, quality) = self.clock.now();
        let key = key.try_into().map_err(Refusal::from)?;
        let value = value.try_into().map_err(Refusal::from)?;
        let since_boot = now.boot.micros();
        self.accept(&[Entry { since_boot, ..Entry::new(&key, &value, now.wall, quality, "") }])
    }

    /// Accepts one reading with an epoch of its own.
    ///
    /// # Errors
    /// As [`Streamer::log`]; an epoch ten years back or more, or in milliseconds, is refused too: the service would
    /// replace it by its own time.
    pub fn log_at<K, V>(&self, key: K, value: V, epoch: Epoch) -> Result<(), Error>
    where
        K: TryInto<Key>,
        V: TryInto<Value>,
        Refusal: From<K::Error> + From<V::Error>,
    {
        let epoch = self.checked(epoch)?;
        let key = key.try_into().map_err(Refusal::from)?;
        let value = value.try_into().map_err(Refusal::from)?;
        self.accept(&[Entry::new(&key, &value, epoch, Quality::Given, "")])
    }

    /// Accepts all values of an object, with one epoch: now. The keys are the Python client's, and go all the way down.
    ///
    /// ```no_run
    /// # let streamer = streamer::Streamer::builder().access_key("k").build()?;
    /// streamer.log_object(None, &[20.5, 21.0])?;                         // list_0, list_1
    /// streamer.log_object(Some("weather"), &serde_json::json!({"wind": {"speed": 3}}))?; // weather_wind_speed
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Object`] lists every path that was refused; the rest was accepted. [`Error::Full`]: the rest was not.
    pub fn log_object<T: Serialize + ?Sized>(&self, prefix: Option<&str>, object: &T) -> Result<(), Error> {
        let (now, quality) = self.clock.now();
        self.accept_object(prefix, object, now.wall, now.boot.micros(), quality)
    }

    /// [`Streamer::log_object`] with an epoch of its own.
    ///
    /// # Errors
    /// As [`Streamer::log_object`] and [`Streamer::log_at`].
    pub fn log_object_at<T: Serialize + ?Sized>(
        &self,
        prefix: Option<&str>,
        object: &T,
        epoch: Epoch,
    ) -> Result<(), Error> {
        let epoch = self.checked(epoch)?;
        self.accept_object(prefix, object, epoch, 0, Quality::Given)
    }

    /// From now on readings go to another bucket; what was logged before stays with the old one. Without a key the new
    /// bucket gets a fresh UUID v4.
    ///
    /// # Errors
    /// [`BuildError::Bucket`]; the old bucket stays. [`BuildError::OfflineFile`].
    pub fn set_bucket(&self, name: &str, key: Option<&str>) -> Result<(), BuildError> {
        let bucket = builder::bucket(name, key)?;
        let route = {
            let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
            match routes.get(&bucket.key) {
                Some(route) => route.clone(),
                None => {
                    let route =
                        Arc::new(Route::open(&self.spool, &self.sender, self.drain, &bucket, &self.background)?);
                    routes.insert(bucket.key, route.clone());
                    route
                }
            }
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = route;
        Ok(())
    }

    /// The present bucket's key: the one given, or the one made.
    pub fn bucket_key(&self) -> BucketKey {
        self.route().bucket.clone()
    }

    /// Returns when everything logged so far is delivered, or says why not; it waits at most `flush_timeout`.
    ///
    /// # Errors
    /// [`Error::NotDelivered`]; at once where only a person can help (a wrong access key, say). Delivery goes on.
    pub fn flush(&self) -> Result<(), Error> {
        self.flush_within(self.flush_timeout)
    }

    /// [`Streamer::flush`] for async programs, on any executor.
    ///
    /// # Errors
    /// As [`Streamer::flush`].
    pub async fn flush_async(&self) -> Result<(), Error> {
        let (asker, answer) = oneshot::channel();
        if !self.background.flush(self.through()?, self.flush_timeout, Asker::Awaiting(asker)) {
            return Err(Error::Closed);
        }
        self.conclude(answer.await.map_err(|_| Error::Closed)?)
    }

    /// Flushes, waiting at most `flush_timeout`, and stops. With a spool, what is left goes out at the next start.
    ///
    /// # Errors
    /// As [`Streamer::flush`]; without a spool, what is left is gone then.
    pub fn close(mut self) -> Result<(), Error> {
        self.commit(self.flush_timeout);
        let flushed = self.flush();
        self.stop(DROP);
        flushed
    }

    /// [`Streamer::close`] for async programs.
    ///
    /// # Errors
    /// As [`Streamer::close`].
    pub async fn close_async(mut self) -> Result<(), Error> {
        self.commit(self.flush_timeout);
        let flushed = self.flush_async().await;
        self.stop(DROP);
        flushed
    }

    /// How each bucket's delivery stands, and its books.
    pub fn status(&self) -> Vec<(BucketKey, Snapshot)> {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.values().map(|route| (route.bucket.clone(), route.handle.snapshot())).collect()
    }

    /// What the buffer or spool holds.
    pub fn spool_status(&self) -> streamer_spool::Status {
        self.spool.status()
    }

    fn route(&self) -> Arc<Route> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn checked(&self, epoch: Epoch) -> Result<Epoch, Refusal> {
        // An epoch may have been made from microseconds, where nobody looked.
        Epoch::from_secs_f64(epoch.as_secs_f64())?;
        if self.clock.is_suspect() { Ok(epoch) } else { epoch.not_too_old(self.clock.now().0.wall) }
    }

    fn accept(&self, entries: &[Entry<'_>]) -> Result<(), Error> {
        let route = self.route();
        for some in entries.chunks(PER_APPEND) {
            route.log.append(some, None).map_err(|error| match error {
                AppendError::Closed => Error::Closed,
                _ => Error::Full,
            })?;
        }
        if self.debug_level == 0 {
            return Ok(());
        }
        for entry in entries {
            console::reading(self.debug_level, &route.bucket, entry);
        }
        self.first_failure()
    }

    fn accept_object<T: Serialize + ?Sized>(
        &self,
        prefix: Option<&str>,
        object: &T,
        epoch: Epoch,
        since_boot: u64,
        quality: Quality,
    ) -> Result<(), Error> {
        let flat = Flat::of(prefix, object);
        let entry = |(key, value)| Entry { since_boot, ..Entry::new(key, value, epoch, quality, "") };
        let entries: Vec<_> = flat.readings.iter().map(|(key, value)| entry((key, value))).collect();
        let accepted = self.accept(&entries);
        if flat.refused.is_empty() || matches!(accepted, Err(Error::Full | Error::Closed)) {
            return accepted;
        }
        Err(Error::Object(RefusedPaths(flat.refused)))
    }

    /// What failed since the last call: at level 1 on the console, from level 2 on as an error.
    fn first_failure(&self) -> Result<(), Error> {
        if self.debug_level == 0 {
            return Ok(());
        }
        let failures: Vec<String> = {
            let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
            routes.values().filter_map(|route| route.handle.take_failure()).collect()
        };
        failures.iter().for_each(|why| console::failure(self.debug_level, why));
        match failures.into_iter().next() {
            Some(why) if self.debug_level >= 2 => Err(Error::Delivery(why)),
            _ => Ok(()),
        }
    }

    /// Each bucket's newest reading.
    fn through(&self) -> Result<Vec<(Handle, Seq)>, Error> {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = |route: &Arc<Route>| route.log.append(&[], None).map(|seq| (route.handle.clone(), seq));
        routes.values().map(newest).collect::<Result<_, _>>().map_err(|_| Error::Closed)
    }

    fn flush_within(&self, within: Duration) -> Result<(), Error> {
        let (asker, answer) = mpsc::sync_channel(1);
        if !self.background.flush(self.through()?, within, Asker::Blocked(asker)) {
            return Err(Error::Closed);
        }
        // The other side keeps the time; this is only for a thread that is stuck in a write to a dead disk.
        let flushed = answer.recv_timeout(within + Duration::from_millis(500));
        self.conclude(flushed.unwrap_or_else(|_| Err("the output does not answer".to_owned())))
    }

    fn conclude(&self, flushed: Flushed) -> Result<(), Error> {
        match flushed {
            Ok(()) => self.first_failure(),
            Err(why) => {
                console::failure(self.debug_level, &why);
                // This call has told of it.
                drop(self.first_failure());
                let status = self.spool.status();
                let outputs = status.buckets.iter().flat_map(|bucket| &bucket.outputs);
                Err(Error::NotDelivered { left: outputs.map(|output| output.waiting.readings).sum(), why })
            }
        }
    }

    /// Every clean end commits before it delivers; a disk that does not answer is not waited for.
    fn commit(&self, at_most: Duration) {
        if let Some(durable) = &self.durable {
            let stamp = (!self.clock.is_suspect()).then(|| self.clock.now().0.wall);
            durable.commit(&self.spool, stamp, at_most);
        }
    }

    fn stop(&mut self, at_most: Duration) {
        self.closed = true;
        for route in self.routes.lock().unwrap_or_else(PoisonError::into_inner).values() {
            route.handle.stop();
        }
        self.background.stop(at_most);
        if let Some(durable) = &mut self.durable {
            durable.close(&self.spool, at_most);
        }
    }
}

/// Dropping delivers what it can in 2 s, and says nothing.
impl Drop for Streamer {
    fn drop(&mut self) {
        if !self.closed {
            self.commit(DROP);
            drop(self.flush_within(DROP));
            self.stop(DROP / 4);
        }
    }
}

impl fmt::Debug for Streamer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streamer").field("bucket_key", &self.route().bucket).finish_non_exhaustive()
    }
}
