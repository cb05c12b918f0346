//! `streamer log`: one reading from a shell script or a cron job, or lines of `key,value[,epoch]` from stdin.
//!
//! With an agent running it goes through its socket; without one the state folder is taken for as long as it takes.

use std::io::BufRead;

use streamer_lines::{infer, seconds, triple};
use streamer_plugin::Plugin;
use streamer_reading::Key;

use super::places::{Place, Reached, load_for_command, wait_until_delivered};
use super::{Sources, run, say};
use crate::control::{Answer, Client, Question, WireReading};
use crate::exit::{Exit, Failure};
use crate::host;
use crate::outflow::Outflow;

/// Readings that go together over the socket.
const TOGETHER: usize = 500;

/// What to log.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The key, or `-` for lines of `key,value[,epoch]` on stdin
    key: String,
    /// The value: a JSON number is a number, true and false are booleans, all else is text
    #[arg(allow_hyphen_values = true)]
    value: Option<String>,
    /// Unix seconds with up to six digits of fraction; without it the reading is stamped now
    #[arg(long, value_name = "SECONDS")]
    epoch: Option<String>,
    /// The bucket's label; may be left out when there is one bucket
    #[arg(long, value_name = "LABEL")]
    bucket: Option<String>,
    /// Wait until it is delivered; exit code 3 if it is only in the spool
    #[arg(long)]
    deliver: bool,
}

pub fn log(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let place = load_for_command(plugins, sources)?;
    let runtime = run::runtime()?;
    let refused = runtime.block_on(async {
        match place.reach_to_log().await? {
            Reached::Agent(client) => with_agent(client, &place, arguments),
            Reached::Folder(outflow) => without_agent(*outflow, &place, arguments).await,
        }
    });
    runtime.shutdown_background();
    match refused? {
        0 => Ok(Exit::Done),
        refused => Err(Failure::failed(format!("{refused} of the readings were refused"))),
    }
}

fn with_agent(mut client: Client, place: &Place, arguments: &Arguments) -> Result<usize, Failure> {
    let bucket = arguments.bucket.as_deref();
    let refused = each_batch(arguments, |readings| through_agent(&mut client, bucket, readings, None))?;
    if arguments.deliver {
        wait_until_delivered(&mut client, place.plan().agent.shutdown_timeout)?;
    }
    Ok(refused)
}

async fn without_agent(mut outflow: Outflow, place: &Place, arguments: &Arguments) -> Result<usize, Failure> {
    let bucket = host::choose(&outflow.buckets, arguments.bucket.as_deref());
    let bucket = bucket.map_err(|words| Failure::new(Exit::Configuration, words))?.clone();
    let refused = each_batch(arguments, |readings| {
        let answer = host::accept(&outflow.clock, outflow.trusted.get(), &bucket, &readings, None);
        outflow.spool.commit_if_full();
        match answer {
            Answer::Refused(words) => Err(words),
            _ => Ok(()),
        }
    })?;
    if !arguments.deliver {
        outflow.close().await.map_err(Failure::failed)?;
        return Ok(refused);
    }
    outflow.start(place.plan())?;
    let delivered = outflow.finish(place.plan().agent.shutdown_timeout).await;
    let undelivered =
        |why| Failure::new(Exit::Undelivered, format!("accepted, not delivered; it is in the spool: {why}"));
    delivered.map(|()| refused).map_err(undelivered)
}

/// Lets a running agent accept readings; waits where it has no room.
///
/// # Errors
/// Why they were refused.
pub fn through_agent(
    client: &mut Client,
    bucket: Option<&str>,
    readings: Vec<WireReading>,
    position: Option<(String, u64)>,
) -> Result<(), String> {
    let question = Question::Log { bucket: bucket.map(str::to_owned), readings, position };
    loop {
        match client.ask(&question).map_err(|error| error.to_string())? {
            Answer::Done => return Ok(()),
            Answer::Wait => std::thread::sleep(std::time::Duration::from_millis(50)),
            Answer::Refused(words) => return Err(words),
            other => return Err(format!("the agent answered {other:?}")),
        }
    }
}

/// Hands on what was given, some at a time; how many were refused. A line that is no reading is told and counted, the
/// others go on.
fn each_batch(
    arguments: &Arguments,
    mut accept: impl FnMut(Vec<WireReading>) -> Result<(), String>,
) -> Result<usize, Failure> {
    let mut refused = 0;
    let mut hand_on = |readings: Vec<WireReading>, refused: &mut usize| {
        // One of them is no reading: then each goes alone, and only that one is refused.
        if !readings.is_empty() && accept(readings.clone()).is_err() {
            for reading in readings {
                if let Err(words) = accept(vec![reading]) {
                    say(format_args!("{words}"));
                    *refused += 1;
                }
            }
        }
    };
    if arguments.key != "-" {
        let key = Key::new(&arguments.key).map_err(Failure::failed)?;
        let value =
            arguments.value.as_deref().ok_or_else(|| Failure::failed("a key needs a value: streamer log KEY VALUE"))?;
        let value = infer(value).map_err(Failure::failed)?;
        let epoch = arguments.epoch.as_deref().map(seconds).transpose().map_err(Failure::failed)?;
        hand_on(vec![WireReading::of(&key, &value, epoch)], &mut refused);
        return Ok(refused);
    }
    let mut batch = Vec::new();
    let mut input = std::io::stdin().lock();
    let mut bytes = Vec::new();
    for at in 1.. {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes).map_err(|error| Failure::failed(format!("stdin: {error}")))? == 0 {
            break;
        }
        // A degree sign of another encoding is no reason to refuse what stands around it.
        let line = String::from_utf8_lossy(&bytes);
        let line = if at == 1 { line.trim_start_matches('\u{feff}') } else { &line };
        if line.trim().is_empty() {
            continue;
        }
        match triple(line) {
            Ok((key, value, epoch)) => batch.push(WireReading::of(&key, &value, epoch)),
            Err(words) => {
                say(format_args!("line {at}: {words}"));
                refused += 1;
            }
        }
        if batch.len() == TOGETHER {
            hand_on(std::mem::take(&mut batch), &mut refused);
        }
    }
    hand_on(batch, &mut refused);
    Ok(refused)
}
