//! The rows. Their order and what they do is that of the measurement of the Python client; the words are ours.

use super::case::{Bad, Case, End};
use crate::server::Tier;

const USUAL: Option<f64> = Some(50.0);

/// Every row.
pub fn table() -> Vec<Case> {
    let mut rows = without_faults();
    rows.extend(allowances());
    rows.extend(outages());
    rows.extend(refusals());
    rows.extend(bad_values());
    rows
}

fn without_faults() -> Vec<Case> {
    let thousand = |name| Case::new(name, 1000, USUAL);
    vec![
        Case::new("no fault, as fast as the loop runs", 1000, None),
        thousand("no fault, 50 readings/s").short(),
        thousand("no fault, use_async=False").synchronous(),
        Case::new("no fault, the program ends without close()", 1005, USUAL).end(End::Leave),
        Case::new("killed (SIGKILL) 1 s after the last reading", 996, USUAL).end(End::Kill(1.0)).twice(10).short(),
        Case { buffer: 50, ..thousand("buffer_size=50 against the cap of 10 events a call") }.short(),
        Case { buffer: 50, cap: 1000, ..thousand("buffer_size=50, no cap") },
    ]
}

fn allowances() -> Vec<Case> {
    let individual = |name, readings, rate| Case::new(name, readings, rate).tier(Tier::Individual);
    vec![
        individual("individual tier, 1000 readings in a burst", 1000, None).short(),
        individual("individual tier, 20 readings/s (inside the allowance)", 600, Some(20.0)),
        individual("individual tier, 100 readings/s for 20 s (over the allowance)", 2000, Some(100.0)).short(),
        Case::new("student tier, 20 readings/s for 30 s (over the allowance)", 600, Some(20.0)).tier(Tier::Student),
    ]
}

fn outages() -> Vec<Case> {
    let fault = |name, script| Case::new(name, 1000, USUAL).script(script);
    vec![
        Case::new("one 500", 200, USUAL).script("events:500@10"),
        fault("500 for 10 s", "500@5s-15s").short(),
        fault("503 + Retry-After 5 for 10 s", "503+5@5s-15s"),
        fault("connection refused for 2 s", "refused@5s-7s"),
        fault("connection refused for 10 s", "refused@5s-15s").short(),
        fault("connection refused for 10 s, use_async=False", "refused@5s-15s").synchronous(),
        Case::new("killed (SIGKILL) 9 s into an outage", 600, USUAL)
            .script("refused@3s-1000000s")
            .end(End::Kill(0.0))
            .twice(10)
            .short(),
        fault("no network for the first 5 s", "refused@0s-5s"),
        fault("connections closed without an answer for 5 s", "drop@5s-10s"),
        fault("connections reset for 5 s", "reset@5s-10s"),
        fault("10 answers lost after the events were stored", "events:lost@26-35").twice(100).short(),
        fault("answers take 10 s, for 10 s", "slow-after=10@5s-15s"),
        Case::new("answers take 3 s, for 10 s, use_async=False", 300, USUAL)
            .script("slow-after=3@2s-12s")
            .synchronous(),
        fault("429 without Retry-After for 5 s", "429@5s-10s").short(),
        fault("429 with an HTTP-date Retry-After for 5 s", "429+date5@5s-10s"),
    ]
}

fn refusals() -> Vec<Case> {
    let fault = |name, script| Case::new(name, 1000, USUAL).script(script);
    vec![
        fault("402 (allowance used up) for 5 s", "402@5s-10s").short(),
        fault("402 for 5 s, use_async=False", "402@5s-10s").synchronous(),
        fault("401 for 5 s", "401@5s-10s"),
        fault("403 for 5 s", "403@5s-10s"),
        Case { wrong_key: true, ..Case::new("wrong access key from the start", 200, USUAL) }.short(),
        fault("400 BUCKET_REMOVED for 5 s", "removed@5s-10s").short(),
        fault("400 with another JSON body for 5 s", "odd400@5s-10s"),
        fault("bytes that are not HTTP for 5 s", "nonsense@5s-10s"),
        fault("captive portal (200 + HTML) for 5 s", "portal@5s-10s").short(),
        fault("302 for 5 s", "redirect@5s-10s"),
    ]
}

fn bad_values() -> Vec<Case> {
    let bad = |name, bad| Case::new(name, 200, USUAL).bad(bad);
    vec![
        bad("one NaN among 200 readings", Bad::Nan).short(),
        bad("one None among 200 readings", Bad::Nothing),
        bad("one value that is no JSON among 200 readings", Bad::NoJson),
        bad("the same, with flush() every 10 readings", Bad::NoJsonFlushing),
        Case { level: 2, ..Case::new("one 500, debug_level=2", 200, USUAL) }.script("events:500@10"),
    ]
}
