//! The bare work, done by as few lines as possible: what nobody can be cheaper than on this machine.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::process::own_cpu_seconds;
use crate::step::Stopwatch;

/// The files behind cpu, memory, disk, network and load.
const FILES: &[&str] = &["/proc/stat", "/proc/meminfo", "/proc/diskstats", "/proc/net/dev", "/proc/loadavg"];

/// CPU seconds an hour of a thread that wakes once a second, reads the files, and posts 60 events in calls of 10.
///
/// # Errors
/// Where the server is not there.
pub fn sampler(port: u16, seconds: u64) -> Result<f64, String> {
    let body = events(10);
    let mut tcp = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    let mut buffer = vec![0; 64 * 1024];
    let before = own_cpu_seconds();
    for _ in 0..seconds {
        std::thread::sleep(Duration::from_secs(1));
        for path in FILES {
            // A file that this kernel has not is work that is not there.
            let _ = File::open(path).and_then(|mut file| file.read(&mut buffer));
        }
        for _ in 0..6 {
            post(&mut tcp, &body, &mut buffer)?;
        }
    }
    Ok((own_cpu_seconds() - before) * 3600.0 / seconds as f64)
}

/// Events a second of a loop that posts the same call of a thousand again and again over one connection.
///
/// # Errors
/// Where the server is not there.
pub fn poster(port: u16, calls: u64) -> Result<f64, String> {
    let body = events(1000);
    let mut tcp = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    let mut buffer = vec![0; 64 * 1024];
    let watch = Stopwatch::start();
    for _ in 0..calls {
        post(&mut tcp, &body, &mut buffer)?;
    }
    Ok(calls as f64 * 1000.0 / watch.elapsed().as_secs_f64())
}

/// CPU microseconds of opening, reading and closing `/proc/loadavg` once, cold as after a wake-up and warm in a row.
pub fn reading_load() -> f64 {
    let mut text = String::new();
    let before = own_cpu_seconds();
    let mut sum = 0.0;
    for _ in 0..1000 {
        text.clear();
        let read = File::open("/proc/loadavg").and_then(|mut file| file.read_to_string(&mut text));
        sum += read.ok().and_then(|_| text.split(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0);
    }
    std::hint::black_box(sum);
    (own_cpu_seconds() - before) * 1e6 / 1000.0
}

/// CPU seconds an hour of waking `count` times a second and doing nothing.
pub fn waking(count: u32, seconds: u64) -> f64 {
    let before = own_cpu_seconds();
    let pause = Duration::from_secs(1) / count;
    let watch = Stopwatch::start();
    let mut next = pause;
    while watch.elapsed() < Duration::from_secs(seconds) {
        std::thread::sleep(next.saturating_sub(watch.elapsed()));
        next += pause;
    }
    (own_cpu_seconds() - before) * 3600.0 / seconds as f64
}

/// Writes one block of a preallocated file and syncs it, once a second, in this folder.
///
/// # Errors
/// The file's own.
pub fn commits(folder: &std::path::Path, count: u32) -> Result<(), String> {
    use std::os::unix::fs::FileExt;
    let path = folder.join("raw");
    let work = || -> std::io::Result<()> {
        fs::write(&path, vec![0; 1 << 20])?;
        let file = File::options().write(true).open(&path)?;
        file.sync_all()?;
        for at in 0..count {
            file.write_all_at(&[1; 64], u64::from(at) * 64)?;
            file.sync_data()?;
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    };
    work().map_err(|error| format!("{}: {error}", path.display()))
}

fn events(count: usize) -> Vec<u8> {
    let all: Vec<_> = (0..count).map(|n| format!(r#"{{"key":"raw","value":{n},"epoch":1790000000.123456}}"#)).collect();
    let body = format!("[{}]", all.join(","));
    let head = format!(
        "POST /api/events HTTP/1.1\r\nHost: h\r\nX-IS-AccessKey: ist_raw\r\nX-IS-BucketKey: raw\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

fn post(tcp: &mut TcpStream, call: &[u8], buffer: &mut [u8]) -> Result<(), String> {
    tcp.write_all(call).map_err(|error| error.to_string())?;
    let got = tcp.read(buffer).map_err(|error| error.to_string())?;
    if buffer[..got].starts_with(b"HTTP/1.1 204") {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&buffer[..got]).into_owned())
    }
}
