//! `streamer doctor`: what about this machine keeps the agent from its work, one line each, with its cure.

use std::path::PathBuf;

use streamer_clock::Clock;
use streamer_plugin::Plugin;

use super::places::{self, Place};
use super::{Sources, print, run};
use crate::doctor::{Findings, Read, Scene, look, look_outside};
use crate::exit::{Exit, Failure};

/// How closely to look, and how to show it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Also ask each account for its first bucket, with the access key
    #[arg(long)]
    online: bool,
    /// The folder below which /proc, /sys, /dev and /etc are looked for; default: as configured
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

pub fn doctor(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let mut findings = Findings::default();
    let read = places::read(plugins, sources);
    let of_the_service =
        matches!(&read, Read::Plan(files, _) if files.iter().any(|file| file.starts_with("/etc/streamer")));
    let plan = read.tell(&mut findings);
    let configured = plan.as_ref().map(|plan| plan.agent.root.clone());
    let root = arguments.root.clone().or(configured).unwrap_or_else(|| "/".into());
    if let Some(plan) = &plan {
        findings.agent(Place::of(plan.clone(), false).call().map(drop));
    }
    let scene = Scene { root, plan, of_the_service, clock: Clock::system(), online: arguments.online };
    look(&scene, &mut findings);
    let runtime = run::runtime()?;
    runtime.block_on(look_outside(&scene, &mut findings));
    // A name that is still being looked for is nobody's any more.
    runtime.shutdown_background();
    if arguments.json {
        print(&format!("{:#}\n", findings.json()))?
    } else {
        print(&findings.text())?
    };
    if findings.any_failed() { Err(Failure::failed("")) } else { Ok(Exit::Done) }
}
