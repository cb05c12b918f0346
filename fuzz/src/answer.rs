//! Any bytes for an answer of the service: only what says 201 or 204 is taken for a delivery.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::LazyLock;
use std::time::Duration;

use streamer::Pace;
use streamer::events_api::{Account, AccountOptions, EventsApi, KnownBuckets};
use streamer::output::{Output, Verdict};
use streamer_clock::Clock;
use streamer_reading::{BucketKey, BucketName, Epoch, Key, Reading, Secret, Value};
use streamer_spool::{Quality, Record, Seq};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));

pub fn check(bytes: &[u8]) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let answer = bytes.to_vec();
    let server = std::thread::spawn(move || {
        // The bucket is made first, then the events are sent: the same answer for both, each on a connection of its own.
        for _ in 0..2 {
            let Ok((mut caller, _)) = listener.accept() else { return };
            // The whole request is one small write: what is read first is all of it.
            let _ = caller.set_read_timeout(Some(Duration::from_secs(1)));
            let _ = caller.read(&mut [0; 4096]);
            let _ = caller.write_all(&answer);
        }
    });
    let options = AccountOptions {
        api_base: format!("http://127.0.0.1:{port}"),
        access_key: Secret::new("ist_k"),
        ca_file: None,
        max_events_per_call: 10,
    };
    // Every wait a thousandth: a call may take 30 ms.
    let account = Account::new(&options, Clock::system(), Pace::times(0.001)).expect("an account");
    let (bucket, name) = (BucketKey::new("b").expect("a key"), BucketName::new("b").expect("a name"));
    let mut output = EventsApi::new(account, bucket, name, KnownBuckets::in_memory());
    let reading = Reading::new(Key::new("k").expect("a key"), Value::from(1_i64), Epoch::from_micros(1));
    let record = Record {
        seq: Seq { opening: 1, count: 1 },
        reading,
        quality: Quality::Given,
        input: "input".into(),
        since_boot: 0,
        boot: [0; 16],
    };
    let verdict = RUNTIME.block_on(async {
        output.ready().await;
        tokio::time::timeout(Duration::from_secs(5), output.deliver(&[record])).await
    });
    // Nobody waits for a caller that never came.
    for _ in 0..2 {
        drop(std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)));
    }
    server.join().expect("the server ends");
    let verdict = verdict.expect("a call ends");
    let says_so = [&b" 201"[..], b" 204"].iter().any(|status| bytes.windows(4).any(|part| part == *status));
    assert!(verdict != Verdict::Delivered || says_so, "taken for a delivery: {bytes:?}");
}
