//! One round: every input is built and read once, outside of any schedule. For `run --once` and `test`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use streamer_clock::Clock;
use streamer_config::Plan;
use streamer_plugin::{Drive, InputError, Options, Outlet, Readings, Sampler, Sink, Site, Stop};

use crate::agent::{cell, open_taps};
use crate::exit::{Exit, Failure};
use crate::input::Cell;
use crate::lanes::panicked;
use crate::outflow::Outflow;
use crate::status::Report;

/// Rates are read twice, this far apart.
const BETWEEN: Duration = Duration::from_secs(1);
/// Inputs that are read at the same time.
const AT_ONCE: usize = 16;

/// Takes one round of every input and delivers it.
///
/// # Errors
/// [`Exit::Undelivered`] where the readings are in the spool and not at their outputs.
pub async fn once(plan: Plan, clock: Clock, listen: Duration) -> Result<Exit, Failure> {
    let mut outflow = Outflow::open(&plan, clock).await?;
    outflow.start(&plan)?;
    let (taps, _tap) = open_taps(&plan)?;
    let mut cells = Vec::new();
    for input in &plan.inputs {
        if let Some(bucket) = outflow.bucket(&input.bucket) {
            cells.push(Arc::new(cell(&plan, input, bucket, &outflow, taps.clone())));
        }
    }
    crate::own::tell_about_round(Report::at_rest(&outflow));
    let failed = take_all(&cells, &outflow.clock, listen).await;
    let time = plan.agent.shutdown_timeout;
    let delivered = outflow.finish(time).await;
    taps.end(Duration::from_secs(1));
    match delivered {
        Err(why) => {
            Err(Failure::new(Exit::Undelivered, format!("collected, not delivered; it is in the spool: {why}")))
        }
        Ok(()) if failed == cells.len() && failed > 0 => Err(Failure::failed("no input could be read")),
        Ok(()) => Ok(Exit::Done),
    }
}

/// Reads all inputs, some at a time; how many failed. One that does not come back is left behind at its time-out.
async fn take_all(cells: &[Arc<Cell>], clock: &Clock, listen: Duration) -> usize {
    let seats = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut rounds = tokio::task::JoinSet::new();
    for cell in cells {
        let (cell, clock, seats) = (cell.clone(), clock.clone(), seats.clone());
        rounds.spawn(async move {
            let _seat = seats.acquire_owned().await;
            let patience = cell.timeout * 2 + BETWEEN + listen + Duration::from_secs(1);
            let (done, waiting) = tokio::sync::oneshot::channel();
            let own = cell.clone();
            let thread = std::thread::Builder::new().name("round".into());
            let started = thread.spawn(move || {
                let result = take(&own, &clock, listen);
                let _ = done.send(result);
            });
            let result = match started {
                Ok(_) => tokio::time::timeout(patience, waiting).await,
                Err(error) => return (cell, Err(InputError::again(error))),
            };
            let late = || Err(InputError::again(format!("did not answer within {patience:.0?}")));
            let result = result.map_or_else(|_| late(), |answered| answered.unwrap_or_else(|_| late()));
            (cell, result)
        });
    }
    let mut failed = 0;
    while let Some(round) = rounds.join_next().await {
        if let Ok((cell, Err(error))) = round {
            failed += 1;
            cell.failed(&error);
        }
    }
    failed
}

/// Builds one input and reads it once into its bucket.
fn take(cell: &Arc<Cell>, clock: &Clock, listen: Duration) -> Result<(), InputError> {
    let sent = |readings: &Readings, result: Result<(), InputError>| {
        // What was put before an error counts, as in any round.
        cell.sampled(Ok(()), readings);
        result
    };
    read_once(&*cell.options, &cell.site, clock, (cell.timeout, listen), cell.clone(), sent)
}

/// Builds one input and reads it once: a sampler's readings go to `taken`, a listener's to `sink`.
///
/// # Errors
/// What the input said, or how it panicked.
pub fn read_once(
    options: &dyn Options,
    site: &Site,
    clock: &Clock,
    (timeout, listen): (Duration, Duration),
    sink: Arc<dyn Sink>,
    taken: impl FnOnce(&Readings, Result<(), InputError>) -> Result<(), InputError>,
) -> Result<(), InputError> {
    let built = catch_unwind(AssertUnwindSafe(|| options.build(site)));
    match built.unwrap_or_else(|panic| Err(panicked("build", &*panic)))?.drive {
        Drive::Sampled(sampler) => read_sampler(sampler, clock, timeout, taken),
        Drive::Listening(mut listener) => {
            let (stop, stopper) = Stop::new()?;
            let outlet = Outlet::new(sink, clock.clone(), stop.clone());
            std::thread::scope(|scope| {
                let listening = scope.spawn(|| guarded("listen", &mut || listener.listen(&outlet, &stop)));
                let until = clock.boot().plus(listen);
                while !listening.is_finished() && clock.boot() < until {
                    std::thread::sleep(Duration::from_millis(5));
                }
                stopper.stop();
                listening.join().unwrap_or_else(|panic| Err(panicked("listen", &*panic)))
            })
        }
    }
}

/// Reads a sampler once, where it makes rates twice, and lets it go.
pub fn read_sampler(
    mut sampler: Box<dyn Sampler>,
    clock: &Clock,
    timeout: Duration,
    taken: impl FnOnce(&Readings, Result<(), InputError>) -> Result<(), InputError>,
) -> Result<(), InputError> {
    let mut readings = Readings::new(clock, timeout);
    let mut result = guarded("sample", &mut || sampler.sample(&mut readings));
    if result.is_ok() && sampler.makes_rates() {
        std::thread::sleep(BETWEEN);
        readings = Readings::new(clock, timeout);
        result = guarded("sample", &mut || sampler.sample(&mut readings));
    }
    let done = taken(&readings, result);
    let_go(sampler);
    done
}

fn guarded(doing: &str, work: &mut dyn FnMut() -> Result<(), InputError>) -> Result<(), InputError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(doing, &*panic)))
}

/// Letting go of a device may panic as well.
fn let_go(sampler: Box<dyn Sampler>) {
    if catch_unwind(AssertUnwindSafe(|| drop(sampler))).is_err() {
        tracing::warn!("an input panicked while it let go of its device");
    }
}
