//! `events-server`: the scripted Events API server by hand. It prints its port, serves its report at `GET /report`, and
//! prints the report once more when it is stopped.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people and scripts speaks on stdout and stderr"
)]

use std::process::ExitCode;

use streamer_tests::server::{Server, Settings};

const USAGE: &str = "\
events-server [--port N] [--tier student|individual|enterprise|off] [--script RULES] [--speed X] [--access-key KEY]
              [--max-events N] [--max-body BYTES] [--monthly-cap N] [--bucket-first] [--tls] [--only-count]

RULES: [events:|buckets:]FAULT[@FROM-TO], separated by blanks; FROM-TO are request numbers, or seconds such as 5s-15s.
FAULT: a status (503, 429+5, 429+date5), removed, odd400, culprit=KEY, drop, reset, partial, lost, slow-before=S,
       slow-after=S, nonsense, portal, redirect, refused
--speed makes the server's clock, windows and script run X times as fast as real time.";

fn main() -> ExitCode {
    let (port, settings) = match arguments(std::env::args().skip(1)) {
        Ok(parsed) => parsed,
        Err(wrong) => {
            eprintln!("{wrong}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(port, settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("events-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<(u16, Settings), String> {
    let (mut port, mut settings) = (0, Settings::default());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--bucket-first" => settings.bucket_first = true,
            "--tls" => settings.tls = true,
            "--only-count" => settings.only_count = true,
            option => {
                let value = words.next().ok_or_else(|| format!("{option}: no such option, or its value is missing"))?;
                let number = || value.parse::<u64>().map_err(|_| format!("{option} {value}: not a number"));
                match option {
                    "--port" => port = value.parse().map_err(|_| format!("--port {value}: not a port"))?,
                    "--tier" => settings.tier = value.parse()?,
                    "--script" => settings.script = value.parse().map_err(|error| format!("--script: {error}"))?,
                    "--speed" => {
                        settings.speed = value.parse().map_err(|_| format!("--speed {value}: not a number"))?
                    }
                    "--access-key" => settings.access_key = Some(value),
                    "--max-events" => settings.max_events = usize::try_from(number()?).unwrap_or(usize::MAX),
                    "--max-body" => settings.max_body = usize::try_from(number()?).unwrap_or(usize::MAX),
                    "--monthly-cap" => settings.monthly_cap = Some(number()?),
                    _ => return Err(format!("{option}: no such option")),
                }
            }
        }
    }
    Ok((port, settings))
}

fn serve(port: u16, settings: Settings) -> std::io::Result<()> {
    let server = Server::start_on(settings, port)?;
    println!("{}", server.port());
    if let Some(path) = server.ca_file() {
        println!("{}", path.display());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    })?;
    println!("{:#}", server.report().to_json());
    Ok(())
}
