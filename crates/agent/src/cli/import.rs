//! `streamer import FILE`: replays what the Python client left behind, in order, paced by the spool, resumable.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use streamer::import::{Format, Line, lines};
use streamer_clock::Clock;
use streamer_plugin::Plugin;
use streamer_reading::Value;

use super::places::{Place, Reached, load_for_command, unexpected, wait_until_delivered};
use super::{Sources, log, run, say};
use crate::control::{Answer, Client, Question, WireReading};
use crate::exit::{Exit, Failure};
use crate::host::{self, accept};
use crate::outflow::Outflow;
use crate::status::Report;

/// Readings that are accepted together, with the place that they reach, and bytes: texts are long, and a line of the client
/// holds its whole queue.
const TOGETHER: usize = 500;
const TOGETHER_BYTES: usize = 256 << 10;
/// What a reading takes beside its key and its text.
const BESIDE: usize = 100;
/// A place is a count of whole lines, and in its lower half a count of readings of the line behind them.
const WITHIN: u32 = 32;
/// How often an import looks whether there is room again.
const ROOM: Duration = Duration::from_millis(100);
/// How often it says on a terminal how far it is.
const TELL: Duration = Duration::from_secs(2);
/// Refused readings that are shown one by one.
const SHOWN: u64 = 20;

/// What to import.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// `err_missed_events.txt` or an offline CSV (`epoch,key,value`)
    file: PathBuf,
    /// The bucket's label; may be left out when there is one bucket
    #[arg(long, value_name = "LABEL")]
    bucket: Option<String>,
    /// Begin at the first line although a part was imported before
    #[arg(long)]
    again: bool,
    /// Wait until it is delivered; exit code 3 if it is only in the spool
    #[arg(long)]
    deliver: bool,
}

pub fn import(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let place = load_for_command(plugins, sources)?;
    let runtime = run::runtime()?;
    let imported = runtime.block_on(async {
        match place.reach_to_log().await? {
            Reached::Agent(client) => through_agent(client, &place, arguments),
            Reached::Folder(outflow) => without_agent(*outflow, &place, arguments).await,
        }
    });
    runtime.shutdown_background();
    imported?.tell()
}

fn through_agent(mut client: Client, place: &Place, arguments: &Arguments) -> Result<Imported, Failure> {
    let stream = stream(arguments)?;
    let position = Question::Position { stream: stream.clone() };
    let after = match client.ask(&position).map_err(Failure::failed)? {
        Answer::Position(at) => at.unwrap_or(0),
        other => return Err(unexpected(other)),
    };
    let bucket = arguments.bucket.as_deref();
    let imported = each_batch(arguments, after, |readings, at| {
        log::through_agent(&mut client, bucket, readings, Some((stream.clone(), at)))
    })?;
    if arguments.deliver {
        wait_while_it_moves(&mut client, place.plan().agent.shutdown_timeout)?;
    }
    Ok(imported)
}

async fn without_agent(mut outflow: Outflow, place: &Place, arguments: &Arguments) -> Result<Imported, Failure> {
    let stream = stream(arguments)?;
    let bucket = host::choose(&outflow.buckets, arguments.bucket.as_deref());
    let bucket = bucket.map_err(|words| Failure::new(Exit::Configuration, words))?.clone();
    let name = host::stream_name(&stream);
    let known = outflow.spool.positions(&name).into_iter().find(|(stream, _)| *stream == name);
    let after = known.map_or(0, |(_, at)| at);
    if arguments.deliver {
        outflow.start(place.plan())?;
    }
    // The drains live on this thread, and make room while the file is read on another.
    let (clock, trusted, spool) = (outflow.clock.clone(), outflow.trusted.clone(), outflow.spool.clone());
    let own = arguments.clone();
    let reading = tokio::task::spawn_blocking(move || {
        each_batch(&own, after, |readings, at| {
            loop {
                let answer = accept(&clock, trusted.get(), &bucket, &readings, Some((stream.clone(), at)));
                // What is accepted without a committer must not outgrow the memory.
                spool.commit_if_full();
                match answer {
                    Answer::Done => return Ok(()),
                    Answer::Wait if own.deliver => {
                        bucket.log.wait_for_room(ROOM);
                    }
                    Answer::Wait => {
                        return Err(
                            "the spool is full; start the agent, or use --deliver, and import again: it goes on \
                                    from here"
                                .into(),
                        );
                    }
                    Answer::Refused(words) => return Err(words),
                    other => return Err(format!("{other:?}")),
                }
            }
        })
    });
    let imported = reading.await.map_err(Failure::failed)?;
    let time = place.plan().agent.shutdown_timeout;
    if !arguments.deliver {
        outflow.close().await.map_err(Failure::failed)?;
        return imported;
    }
    let report = Report::at_rest(&outflow);
    while report.undelivered(None).0 > 0 && fewer(&report, time).await {}
    let delivered = outflow.finish(time).await;
    let imported = imported?;
    delivered.map_err(|why| Failure::new(Exit::Undelivered, format!("accepted, not all delivered: {why}")))?;
    Ok(imported)
}

/// Whether something is delivered within `time`.
async fn fewer(report: &Report, time: Duration) -> bool {
    let (before, _) = report.undelivered(None);
    for _ in 0..=time.as_millis() / ROOM.as_millis() {
        tokio::time::sleep(ROOM).await;
        if report.undelivered(None).0 < before {
            return true;
        }
    }
    false
}

/// Waits until a running agent has delivered all, for as long as it gets on with it.
fn wait_while_it_moves(client: &mut Client, time: Duration) -> Result<(), Failure> {
    let mut before = u64::MAX;
    loop {
        let late = wait_until_delivered(client, time);
        let Answer::Delivered { waiting, .. } =
            client.ask(&Question::Delivered { output: None }).map_err(Failure::failed)?
        else {
            return late;
        };
        if late.is_ok() || waiting >= before {
            return late;
        }
        before = waiting;
    }
}

/// What an import came to.
struct Imported {
    readings: u64,
    refused: u64,
    after: u64,
}

impl Imported {
    fn refuse(&mut self, at: std::fmt::Arguments<'_>, words: &dyn std::fmt::Display) {
        self.refused += 1;
        match self.refused {
            ..=SHOWN => say(format_args!("{at}: {words}")),
            n if n == SHOWN + 1 => say(format_args!("{at}: refused, too; from here on only counted")),
            _ => {}
        }
    }

    fn tell(&self) -> Result<Exit, Failure> {
        let (lines, within) = parts(self.after);
        if within > 0 {
            say(format_args!(
                "of {lines} lines and {within} readings all were imported before; --again takes them once more"
            ));
        } else if lines > 0 {
            say(format_args!("lines 1 to {lines} were imported before; --again takes them once more"));
        }
        say(format_args!("{} readings accepted, {} refused", self.readings, self.refused));
        if self.refused > 0 { Err(Failure::new(Exit::Failed, "")) } else { Ok(Exit::Done) }
    }
}

/// The name under which the place in this file is kept: the same file, wherever it is called from, as long as it begins
/// with the same moment. The Python client begins its files anew, and what is in them then was never imported.
fn stream(arguments: &Arguments) -> Result<String, Failure> {
    let (file, format) = open(arguments)?;
    let about = file.get_ref().metadata().map_err(|error| unreadable(arguments, &error))?;
    let mut begins = lines(file, format, 0).filter_map(|line| Some(line.ok()?.readings.first()?.epoch));
    let begins = begins.next().map_or(String::new(), |epoch| format!(" {epoch}"));
    Ok(format!("import {}:{}{begins}", about.dev(), about.ino()))
}

/// The file, at its start, and which of the two it is.
fn open(arguments: &Arguments) -> Result<(BufReader<File>, Format), Failure> {
    let unreadable = |error: std::io::Error| unreadable(arguments, &error);
    let mut file = BufReader::new(File::open(&arguments.file).map_err(unreadable)?);
    let mut first = Vec::new();
    while first.trim_ascii().is_empty() && file.read_until(b'\n', &mut first).map_err(unreadable)? > 0 {}
    file.rewind().map_err(unreadable)?;
    Ok((file, Format::of(&String::from_utf8_lossy(&first))))
}

fn unreadable(arguments: &Arguments, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{}: {error}", arguments.file.display()))
}

fn each_batch(
    arguments: &Arguments,
    after: u64,
    mut accept: impl FnMut(Vec<WireReading>, u64) -> Result<(), String>,
) -> Result<Imported, Failure> {
    let shown = arguments.file.display();
    let unreadable = |error: std::io::Error| unreadable(arguments, &error);
    let (file, format) = open(arguments)?;
    let size = file.get_ref().metadata().map_err(unreadable)?.len();
    let after = if arguments.again { 0 } else { after };
    let (whole, mut within) = parts(after);
    let mut imported = Imported { readings: 0, refused: 0, after };
    let mut batch: Vec<WireReading> = Vec::new();
    let mut bytes = 0;
    let mut hand_on = |batch: &mut Vec<WireReading>, at: u64, imported: &mut Imported| {
        let count = batch.len() as u64;
        accept(std::mem::take(batch), at)
            .map_err(|words| Failure::failed(format!("{shown}: up to line {}: {words}", at.div_ceil(1 << WITHIN))))?;
        imported.readings += count;
        Ok(())
    };
    let clock = Clock::system();
    let mut told = clock.boot();
    let every = if std::io::stderr().is_terminal() { TELL } else { TELL * 15 };
    let mut last = whole;
    for line in lines(file, format, whole) {
        let Line { number, end, readings, refused } = line.map_err(unreadable)?;
        let done = std::mem::take(&mut within);
        if done == 0 {
            refused.iter().for_each(|error| imported.refuse(format_args!("{shown}:{number}"), error));
        }
        for (nth, reading) in (1..).zip(readings).skip(done as usize) {
            // One that is too old would have all those beside it refused.
            match reading.epoch.not_too_old(clock.wall()) {
                Ok(_) => {
                    bytes += BESIDE + reading.key.as_str().len() + text_bytes(&reading.value);
                    batch.push(WireReading::of(&reading.key, &reading.value, Some(reading.epoch)));
                }
                Err(refusal) => {
                    let words = format_args!("{:?}: {refusal}", reading.key.as_str()).to_string();
                    imported.refuse(format_args!("{shown}:{number}"), &words);
                }
            }
            if batch.len() >= TOGETHER || bytes >= TOGETHER_BYTES {
                hand_on(&mut batch, (number - 1) << WITHIN | nth, &mut imported)?;
                bytes = 0;
            }
        }
        last = number;
        if clock.boot().since(told) >= every {
            told = clock.boot();
            say(format_args!("{} %: {} readings, to line {number}", end * 100 / size.max(1), imported.readings));
        }
    }
    if last > whole {
        hand_on(&mut batch, last << WITHIN, &mut imported)?;
    }
    Ok(imported)
}

/// Whole lines, and readings of the one behind them.
fn parts(place: u64) -> (u64, u64) {
    (place >> WITHIN, place & ((1 << WITHIN) - 1))
}

fn text_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.as_str().len(),
        _ => 0,
    }
}
