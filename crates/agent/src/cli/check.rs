//! `streamer check`: validates the configuration and says what it means.

use std::fmt::Write;
use std::sync::Arc;

use streamer_clock::Clock;
use streamer_config::Plan;
use streamer_plugin::{Plugin, Site, State};

use super::{Sources, places, print, say};
use crate::exit::{Exit, Failure};

/// How closely to look.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Also open the hardware of every input
    #[arg(long)]
    probe: bool,
}

pub fn check(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let (plan, quickstart) = places::load_or_quickstart(plugins, sources)?;
    places::warn(&plan);
    let clock = Clock::system();
    let mut text = String::new();
    if quickstart {
        text.push_str("No configuration found; this is the built-in quickstart.\n");
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "state folder  {}", plan.agent.state_dir.display());
    for bucket in &plan.buckets {
        let _ = writeln!(text, "bucket        {} to {}", bucket.label, bucket.outputs.join(", "));
    }
    for input in &plan.inputs {
        if input.listens {
            let _ = writeln!(text, "input         {} into {}, whenever it tells", input.id, input.bucket);
            continue;
        }
        let _ = writeln!(text, "input         {} into {}, {}", input.id, input.bucket, input.schedule.describe());
        for epoch in input.schedule.upcoming(clock.now(), 3) {
            let _ = writeln!(text, "              next {}", crate::table::local_time(epoch, &plan.agent.zone));
        }
    }
    text.push_str("the configuration is valid\n");
    print(&text)?;
    if arguments.probe { probe(&plan, &clock) } else { Ok(Exit::Done) }
}

/// Builds every input; what cannot be opened is told, one line each.
fn probe(plan: &Plan, clock: &Clock) -> Result<Exit, Failure> {
    let mut failed = 0;
    for input in &plan.inputs {
        let site = Site::new(&input.id, &plan.agent.root, clock.clone(), plan.agent.zone.clone(), State::none());
        let options = Arc::clone(&input.options);
        let (done, waiting) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("probe".into()).spawn(move || {
            let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| options.probe(&site)));
            let _ = done.send(built.unwrap_or_else(|panic| Err(crate::lanes::panicked("build", &*panic))));
        });
        let opened = match thread {
            Ok(_) => waiting.recv_timeout(input.timeout).unwrap_or_else(|_| {
                Err(streamer_plugin::InputError::again(format!("did not open within {:.0?}", input.timeout)))
            }),
            Err(error) => Err(error.into()),
        };
        match opened {
            Ok(()) => drop(print(&format!("{}: opens\n", input.id))?),
            Err(error) => {
                failed += 1;
                say(format_args!("{} ({}): {error}", input.id, input.place));
            }
        }
    }
    if failed == 0 {
        Ok(Exit::Done)
    } else {
        Err(Failure::failed(format!("{failed} of {} inputs cannot be opened", plan.inputs.len())))
    }
}
