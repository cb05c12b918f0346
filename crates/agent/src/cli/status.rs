//! `streamer status`: how the agent and its spool are, in words or as JSON.

use std::fmt::Write;

use serde_json::{Value, json};
use streamer_plugin::Plugin;

use super::places::{Place, Reached, load_for_command, unexpected};
use super::{Sources, print, run};
use crate::control::{Answer, ClientError, Question};
use crate::exit::{Exit, Failure};
use crate::status::Report;

/// How to show it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub fn status(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let place = load_for_command(plugins, sources)?;
    let runtime = run::runtime()?;
    let report = runtime.block_on(report(&place));
    runtime.shutdown_background();
    let mut report = report?;
    report["simulated"] = place.plan().simulated.into();
    if arguments.json { print(&format!("{report:#}\n")) } else { print(&words(&report)) }
}

/// What a running agent says of itself, or what the state folder says while none runs.
async fn report(place: &Place) -> Result<Value, Failure> {
    let nothing_yet = !place.plan().agent.state_dir.join("spool").exists();
    if nothing_yet && matches!(place.call(), Err(ClientError::NotRunning)) {
        return Ok(json!({ "running": false, "buckets": [], "inputs": [] }));
    }
    match place.reach().await? {
        Reached::Agent(mut client) => match client.ask(&Question::Status).map_err(Failure::failed)? {
            Answer::Status(report) => Ok(report),
            other => Err(unexpected(other)),
        },
        Reached::Folder(outflow) => {
            let report = Report::at_rest(&outflow).json();
            // Nothing was accepted, so nothing is lost.
            let _ = outflow.close().await;
            Ok(report)
        }
    }
}

fn words(report: &Value) -> String {
    let mut text = String::new();
    if report["simulated"] == true {
        text.push_str("simulated: no reading is a device's, and nothing leaves this machine\n");
    }
    // Writing to a String cannot fail.
    if report["running"] == true {
        let _ = writeln!(
            text,
            "running for {}, version {}, process {}",
            span(report["uptime"].as_u64().unwrap_or(0)),
            plain(&report["version"]),
            report["pid"]
        );
        if report["clock"] == "suspect" {
            text.push_str("the clock is suspect: readings wait for a true time before they are sent\n");
        }
    } else {
        text.push_str("not running\n");
    }
    let spool = &report["spool"];
    if spool.is_object() {
        let _ = writeln!(text, "spool    {} of {} bytes", spool["bytes"], spool["max_size"]);
        if spool["disk"]["state"] == "memory_only" {
            let _ = writeln!(text, "         the disk takes nothing: {}", plain(&spool["disk"]["error"]));
        }
        if spool["survives_a_kill"] == false {
            text.push_str("         what is accepted now would not survive a killed process\n");
        }
        if spool["dead_letters"]["set_aside"] != 0 {
            let _ = writeln!(
                text,
                "         {} readings set aside: `streamer deadletter list`",
                spool["dead_letters"]["set_aside"]
            );
        }
    }
    for bucket in array(&report["buckets"]) {
        let label = bucket["bucket"].as_str().unwrap_or("(no longer configured)");
        let _ = writeln!(text, "bucket   {label}, key {}", plain(&bucket["key"]));
        for output in array(&bucket["outputs"]) {
            output_words(&mut text, output);
        }
    }
    for input in array(&report["inputs"]) {
        input_words(&mut text, input);
    }
    text
}

fn output_words(text: &mut String, output: &Value) {
    let state = if output["removed"] == true { "removed" } else { output["state"].as_str().unwrap_or("at rest") };
    let _ = write!(text, "  to     {}: {state}", plain(&output["output"]));
    if let Some(why) = output["why"].as_str() {
        let _ = write!(text, " ({why})");
    }
    let _ = write!(text, ", {} waiting", output["waiting"]);
    if let Some(age) = output["oldest_age"].as_u64().filter(|_| output["waiting"] != 0) {
        let _ = write!(text, ", the oldest for {}", span(age));
    }
    if output["waiting"] != 0 && output["goes_per_s"].is_number() {
        let (comes, goes) = (&output["comes_per_s"], &output["goes_per_s"]);
        let _ = match output["drained_in"].as_u64() {
            Some(secs) => write!(text, ", gone in about {} ({goes}/s go, {comes}/s come)", span(secs)),
            None => write!(text, ", growing or standing still ({goes}/s go, {comes}/s come)"),
        };
    }
    let _ = write!(text, ", {} delivered", output["acknowledged"]);
    for (name, value) in output["dropped"].as_object().into_iter().flatten().filter(|(_, value)| **value != 0) {
        let _ = write!(text, ", {value} dropped ({name})");
    }
    if output["set_aside"].as_u64().is_some_and(|count| count > 0) {
        let _ = write!(text, ", {} set aside", output["set_aside"]);
    }
    text.push('\n');
}

fn input_words(text: &mut String, input: &Value) {
    let _ =
        write!(text, "input    {}: {}, {} readings", plain(&input["id"]), plain(&input["state"]), input["accepted"]);
    for counts in ["refused", "dropped"] {
        for (cause, count) in input[counts].as_object().into_iter().flatten() {
            let _ = write!(text, ", {count} {counts} ({cause})");
        }
    }
    if let Some(error) = input["error"].as_str() {
        let _ = write!(text, "\n         {error}");
    }
    text.push('\n');
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `3 h 5 min`: the two largest units are enough.
fn span(secs: u64) -> String {
    match secs {
        0..60 => format!("{secs} s"),
        60..3600 => format!("{} min {} s", secs / 60, secs % 60),
        3600..86_400 => format!("{} h {} min", secs / 3600, secs % 3600 / 60),
        _ => format!("{} d {} h", secs / 86_400, secs % 86_400 / 3600),
    }
}
