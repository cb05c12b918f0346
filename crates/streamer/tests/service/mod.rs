//! A scripted Events API server for tests: strict about what it is sent, and able to fail in every way.
//!
//! Hand-written HTTP over tokio's TCP, sharing no type with the client. It must never be kinder than the real service.

#![allow(dead_code, reason = "each test file uses its own part of it")]
#![expect(clippy::unwrap_used, reason = "a test server that cannot go on ends the test")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value as Json;
use streamer_clock::{Clock, SinceBoot};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

/// The pace that tests give the client; the service's own clock runs faster by as much.
pub const PACE: f64 = 0.02;
pub const KEY: &str = "ist_TestKeyThatMustNotBeSeen";

/// How a call fails.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status, these further header lines, this body.
    Answer(u16, &'static str, &'static str),
    /// A 429 whose `Retry-After` is a date so many seconds from now.
    RetryAtDate(u64),
    /// The connection is closed without an answer.
    Close,
    /// The connection is reset.
    Reset,
    /// The events are stored, and then the connection is closed.
    LoseAnswer,
    /// The answer's head is cut in the middle.
    CutAnswer,
    /// Bytes that are not HTTP.
    Nonsense,
    /// Nothing comes for so long; then the events are stored and answered.
    Slow(Duration),
    /// Like an answer, but the bucket call is answered well.
    Events(u16, &'static str),
}

#[derive(Debug, Default)]
pub struct Books {
    /// Each event as it arrived: bucket, key, value, epoch as text.
    pub events: Vec<(String, String, Json, String)>,
    pub unique: BTreeSet<String>,
    pub duplicates: usize,
    pub duplicate_bytes_differ: usize,
    pub buckets: BTreeMap<String, String>,
    pub bucket_calls: usize,
    pub calls: usize,
    pub refused_calls: usize,
    pub throttled: usize,
    pub largest_batch: usize,
    pub bad: Vec<String>,
    pub connections: usize,
    pub open: usize,
    pub peak: usize,
    pub order: Vec<&'static str>,
    /// Bodies of event calls, refused and unanswered ones included.
    pub bodies: Vec<String>,
}

#[derive(Debug, Default)]
struct Script {
    faults: VecDeque<Fault>,
    lasting: Option<(Fault, SinceBoot)>,
    access_key: Option<&'static str>,
    /// Calls in a window of ten of the service's seconds.
    tier: Option<u32>,
    window: u64,
    used: u32,
    /// Events with this key are refused, and their batch with them.
    refuse_key: Option<&'static str>,
    most_events: Option<usize>,
    /// 409 for a bucket that was not created.
    strict_buckets: bool,
}

struct Shared {
    books: Mutex<Books>,
    script: Mutex<Script>,
    clock: Clock,
    start: SinceBoot,
}

/// Dropping the sender stops the thread.
type Running = (oneshot::Sender<()>, JoinHandle<()>);

#[derive(Clone)]
pub struct Service {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    running: Arc<Mutex<Option<Running>>>,
}

impl Service {
    pub fn start() -> Self {
        let clock = Clock::system();
        let shared = Arc::new(Shared {
            books: Mutex::default(),
            script: Mutex::new(Script { access_key: Some(KEY), ..Script::default() }),
            start: clock.boot(),
            clock,
        });
        let mut service = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), shared, running: Arc::default() };
        service.address = service.listen(service.address);
        service
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Nobody listens any more, and open connections are gone.
    pub fn go_down(&self) {
        let (stop, thread) = self.running.lock().unwrap().take().unwrap();
        drop(stop);
        thread.join().unwrap();
        self.books().open = 0;
    }

    /// Listens again at the same place.
    pub fn come_back(&self) {
        self.listen(self.address);
    }

    fn listen(&self, at: SocketAddr) -> SocketAddr {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            socket.bind(at).unwrap();
            socket.listen(64).unwrap()
        });
        let address = listener.local_addr().unwrap();
        let shared = self.shared.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        *self.running.lock().unwrap() = Some((stop, thread));
        address
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.shared.books.lock().unwrap()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.shared.script.lock().unwrap()
    }

    /// The next `times` calls fail like this.
    pub fn fail(&self, fault: &Fault, times: usize) {
        self.script().faults.extend(std::iter::repeat_n(fault.clone(), times));
    }

    /// All calls fail like this for so long, in the service's own time.
    pub fn fail_for(&self, fault: Fault, service_time: Duration) {
        let until = self.shared.clock.boot().plus(service_time.mul_f64(PACE));
        self.script().lasting = Some((fault, until));
    }

    pub fn tier(&self, calls: u32) {
        self.script().tier = Some(calls);
    }

    pub fn refuse_key(&self, key: Option<&'static str>) {
        self.script().refuse_key = key;
    }

    pub fn most_events(&self, most: usize) {
        self.script().most_events = Some(most);
    }

    pub fn strict_buckets(&self) {
        self.script().strict_buckets = true;
    }

    pub fn forget_bucket(&self, bucket: &str) {
        self.books().buckets.remove(bucket);
    }

    pub fn access_key(&self, key: &'static str) {
        self.script().access_key = Some(key);
    }

    /// Waits until so many different events are there; says how many are, if it takes too long.
    pub fn wait_for(&self, unique: usize) -> usize {
        self.wait_until(|books| books.unique.len() >= unique);
        self.books().unique.len()
    }

    pub fn wait_until(&self, reached: impl Fn(&Books) -> bool) -> bool {
        let clock = Clock::system();
        let end = clock.boot().plus(Duration::from_secs(60));
        while clock.boot() < end {
            if reached(&self.books()) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            {
                let mut books = shared.books.lock().unwrap();
                books.connections += 1;
                books.open += 1;
                books.peak = books.peak.max(books.open);
            }
            serve(stream, &shared).await;
            let mut books = shared.books.lock().unwrap();
            books.open = books.open.saturating_sub(1);
        });
    }
}

struct Request {
    line: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(buffer[..head].to_vec()).ok()?;
    let mut lines = text.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    while buffer.len() < head + 4 + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = buffer[head + 4..head + 4 + length].to_vec();
    buffer.drain(..head + 4 + length);
    Some(Request { line, headers, body })
}

async fn serve(mut stream: TcpStream, shared: &Shared) {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        let is_bucket = request.line.contains("/api/buckets ");
        shared.note(&request, is_bucket);
        let fault = shared.fault(is_bucket);
        let answer = match fault {
            Some(Fault::Close) => return,
            Some(Fault::Reset) => {
                // Closing with a linger of nothing is a reset.
                drop(socket_reset(stream));
                return;
            }
            Some(Fault::LoseAnswer) => {
                drop(shared.answer(&request, is_bucket));
                return;
            }
            Some(Fault::CutAnswer) => {
                shared.answer(&request, is_bucket);
                drop(stream.write_all(b"HTTP/1.1 204 No Con").await);
                return;
            }
            Some(Fault::Nonsense) => {
                drop(stream.write_all(b"\x00\xff\xfehello, this is not HTTP\r\n\r\n").await);
                return;
            }
            Some(Fault::Slow(wait)) => {
                tokio::time::sleep(wait.mul_f64(PACE)).await;
                shared.answer(&request, is_bucket)
            }
            Some(Fault::Answer(status, headers, body)) => {
                shared.refused();
                shared.head(status, headers, body)
            }
            Some(Fault::Events(status, body)) => {
                shared.refused();
                shared.head(status, "", body)
            }
            Some(Fault::RetryAtDate(seconds)) => {
                let date = shared.date(shared.service_seconds() as u64 + seconds);
                shared.refused();
                shared.head(429, &format!("Retry-After: {date}\r\n"), "")
            }
            None => shared.answer(&request, is_bucket),
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn socket_reset(stream: TcpStream) -> std::io::Result<()> {
    stream.set_zero_linger()
}

impl Shared {
    /// Seconds on the service's own clock: it began at a round number in 2026.
    fn service_seconds(&self) -> f64 {
        1_790_000_000.0 + self.clock.boot().since(self.start).as_secs_f64() / PACE
    }

    /// An HTTP date; all tests fit into the one day.
    fn date(&self, seconds: u64) -> String {
        let of_day = seconds - 1_789_948_800;
        format!("Mon, 21 Sep 2026 {:02}:{:02}:{:02} GMT", of_day / 3600, of_day / 60 % 60, of_day % 60)
    }

    fn note(&self, request: &Request, is_bucket: bool) {
        let mut books = self.books.lock().unwrap();
        books.calls += 1;
        books.order.push(if is_bucket { "bucket" } else { "events" });
        let is_events = request.line == "POST /api/events HTTP/1.1";
        let is_known = is_events || request.line == "POST /api/buckets HTTP/1.1";
        if !is_known {
            books.bad.push(request.line.clone());
        }
        if is_bucket {
            books.bucket_calls += 1;
        } else {
            books.bodies.push(String::from_utf8_lossy(&request.body).into_owned());
        }
        let header = |name: &str| request.headers.get(name).map(String::as_str).unwrap_or_default();
        if header("content-type") != "application/json" || !header("user-agent").starts_with("Streamer/") {
            books.bad.push(format!("headers {:?}", request.headers));
        }
    }

    fn refused(&self) {
        self.books.lock().unwrap().refused_calls += 1;
    }

    fn fault(&self, is_bucket: bool) -> Option<Fault> {
        let mut script = self.script.lock().unwrap();
        let next = script.faults.front().cloned();
        let lasting = script.lasting.clone().filter(|(_, until)| self.clock.boot() < *until).map(|(fault, _)| fault);
        let fault = next.clone().or(lasting)?;
        if is_bucket && matches!(fault, Fault::Events(..)) {
            return None;
        }
        if next.is_some() {
            script.faults.pop_front();
        }
        Some(fault)
    }

    fn head(&self, status: u16, headers: &str, body: &str) -> String {
        let mut script = self.script.lock().unwrap();
        let now = self.service_seconds();
        let mut lines = String::new();
        if let Some(limit) = script.tier {
            let window = (now / 10.0) as u64;
            if window != script.window {
                (script.window, script.used) = (window, 0);
            }
            lines = format!(
                "X-RateLimit-Limit: {limit}\r\nX-RateLimit-Remaining: {}\r\nX-RateLimit-Reset: {}\r\n",
                limit.saturating_sub(script.used),
                (window + 1) * 10
            );
        }
        let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        format!("HTTP/1.1 {status} X\r\nDate: {}\r\n{lines}{headers}{length}\r\n{body}", self.date(now as u64))
    }

    /// As the real service would answer.
    fn answer(&self, request: &Request, is_bucket: bool) -> String {
        let over = {
            let mut script = self.script.lock().unwrap();
            let window = (self.service_seconds() / 10.0) as u64;
            if window != script.window {
                (script.window, script.used) = (window, 0);
            }
            let over = script.tier.is_some_and(|tier| script.used >= tier);
            script.used += u32::from(!over);
            over
        };
        if over {
            self.books.lock().unwrap().throttled += 1;
            return self.head(429, "Retry-After: 5\r\n", "");
        }
        let (access_key, refuse_key, most_events, strict) = {
            let script = self.script.lock().unwrap();
            (script.access_key, script.refuse_key, script.most_events, script.strict_buckets)
        };
        if access_key.is_some_and(|key| request.headers.get("x-is-accesskey").map(String::as_str) != Some(key)) {
            self.refused();
            return self.head(401, "", "");
        }
        let Ok(json) = serde_json::from_slice::<Json>(&request.body) else {
            self.books.lock().unwrap().bad.push("a body that is no JSON".into());
            return self.head(400, "", "");
        };
        let bucket = request.headers.get("x-is-bucketkey").cloned().unwrap_or_default();
        let mut books = self.books.lock().unwrap();
        if is_bucket {
            let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
            let made = books.buckets.insert(text("bucketKey"), text("bucketName")).is_none();
            drop(books);
            return self.head(if made { 201 } else { 204 }, "", "");
        }
        if !books.buckets.contains_key(&bucket) {
            if strict {
                books.refused_calls += 1;
                drop(books);
                return self.head(409, "", "");
            }
            books.bad.push(format!("events for {bucket}, which was not created"));
        }
        let events = json.as_array().cloned().unwrap_or_default();
        if events.is_empty() {
            books.bad.push("no events".into());
        }
        if most_events.is_some_and(|most| events.len() > most) {
            books.refused_calls += 1;
            drop(books);
            return self.head(413, "", "");
        }
        if refuse_key.is_some_and(|key| events.iter().any(|event| event["key"] == key)) {
            books.refused_calls += 1;
            drop(books);
            return self.head(400, "", "{\"message\":\"one of the events is not wanted\"}");
        }
        books.largest_batch = books.largest_batch.max(events.len());
        // The epoch as it stands in the text: a float would hide its last digit.
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let epochs = text.split("\"epoch\":").skip(1).map(|rest| rest.split('}').next().unwrap_or_default().to_owned());
        for (event, epoch) in events.iter().zip(epochs) {
            let key = event["key"].as_str().unwrap_or_default().to_owned();
            if key.is_empty() || event["value"].is_null() || event["value"].is_object() || event["value"].is_array() {
                books.bad.push(event.to_string());
            }
            if !books.unique.insert(format!("{bucket} {key} {} {epoch}", event["value"])) {
                books.duplicates += 1;
            }
            books.events.push((bucket.clone(), key, event["value"].clone(), epoch));
        }
        drop(books);
        self.head(204, "", "")
    }
}
