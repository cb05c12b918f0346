//! Streams what it reads on its standard input, one `key,value` a line; `some_program | from_stdin isstreamer.ini`.
//!
//! The value may be anything that JSON knows; all else is text. At the end of the input it waits until everything is
//! delivered, and prints its books. The fault table runs it as the program that uses the library:
//! `from_stdin INI [--spool FOLDER] [--pace FACTOR] [--leave]`, where `--leave` ends it without `close`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a pipe speaks on its standard output")]

use std::io::BufRead;
use std::time::Duration;

use serde_json::{Value, json};
use streamer::{Builder, Error, Streamer};
use streamer_clock::Clock;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (builder, leave) = parameters()?;
    let streamer = builder.flush_timeout(Duration::from_secs(20)).build()?;
    println!("ready");
    let clock = Clock::system();
    let (mut accepted, mut refused, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let Some((key, value)) = line.split_once(',') else { continue };
        let began = clock.boot();
        let logged = log(&streamer, key, value);
        slowest = slowest.max(clock.boot().since(began));
        match logged {
            // An error of the delivery is news about earlier readings: this one was accepted.
            Ok(()) | Err(Error::Delivery(_)) => accepted += 1,
            Err(why) => {
                eprintln!("{line}: {why}");
                refused += 1;
            }
        }
        println!("accepted {accepted}, refused {refused}, slowest {} us", slowest.as_micros());
    }
    if leave {
        return Ok(());
    }
    // A service that refuses for good is tried again by itself, later; whoever pipes into us can wait for that.
    for _ in 0..300 {
        match streamer.flush() {
            Ok(()) => break,
            Err(why) => eprintln!("{why}"),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("{}", books(&streamer));
    streamer.close()?;
    Ok(())
}

fn parameters() -> Result<(Builder, bool), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let mut builder = Streamer::builder().ini_file_location(words.next().ok_or("which ini file?")?);
    let mut leave = false;
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or("its value is missing");
        builder = match word.as_str() {
            "--spool" => builder.spool(value()?),
            "--pace" => builder.pace(value()?.parse()?),
            "--leave" => {
                leave = true;
                builder
            }
            other => return Err(format!("{other}: no such option").into()),
        };
    }
    Ok((builder, leave))
}

fn log(streamer: &Streamer, key: &str, value: &str) -> Result<(), Error> {
    match serde_json::from_str(value) {
        Ok(Value::Bool(value)) => streamer.log(key, value),
        Ok(Value::String(value)) => streamer.log(key, value),
        // Numbers of any size, lists, objects, and nothing at all: `log_object` knows what may go out.
        Ok(other) => streamer.log_object(Some(""), &json!({ key: other })),
        Err(_) => match value.parse::<f64>() {
            Ok(number) => streamer.log(key, number),
            Err(_) => streamer.log(key, value),
        },
    }
}

/// What became of everything, for each bucket.
fn books(streamer: &Streamer) -> Value {
    let status = streamer.spool_status();
    let late: u64 = streamer.status().iter().map(|(_, drain)| drain.counts.late).sum();
    let outputs = status.buckets.iter().flat_map(|bucket| &bucket.outputs).map(|output| {
        let dropped = output.dropped;
        json!({
            "accepted": output.accepted, "acknowledged": output.acknowledged, "waiting": output.waiting.readings,
            "set_aside": output.set_aside, "late": late,
            "dropped": { "full": dropped.full, "lost": dropped.lost, "removed": dropped.removed },
        })
    });
    json!({ "outputs": outputs.collect::<Vec<_>>() })
}
