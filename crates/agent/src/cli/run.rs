//! `streamer run`: collect and stream until stopped; with `--once` one round.

use std::io::IsTerminal;
use std::pin::pin;
use std::time::Duration;

use streamer_clock::Clock;
use streamer_config::Plan;
use streamer_plugin::Plugin;
use streamer_plugin::options::Period;
use tokio::signal::unix::{SignalKind, signal};

use super::Sources;
use super::places::{load, load_or_quickstart, warn};
use crate::agent::Agent;
use crate::control::{SOCKET, serve};
use crate::exit::{Exit, Failure};
use crate::notify::{Systemd, say};
use crate::{host, logging, own, round};

/// How to run.
#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// Take one round, deliver it and exit
    #[arg(long)]
    once: bool,
    /// With --once: how long listeners may speak
    #[arg(long = "for", value_name = "TIME", default_value = "2s", requires = "once")]
    listen: Option<Period>,
}

pub fn run(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let (plan, quickstart) = load_or_quickstart(plugins, sources)?;
    warn(&plan);
    logging::start(plan.agent.log);
    if quickstart && !arguments.once && !plan.simulated {
        super::places::welcome(&plan);
    } else if !plan.taps.stdout && !arguments.once && std::io::stderr().is_terminal() {
        super::say(format_args!(
            "Running, {} inputs. Readings are shown here with [taps.stdout] in the configuration; `streamer status` in another \
             terminal says how it is. Stop with Ctrl-C.",
            plan.inputs.len()
        ));
    }
    let runtime = runtime()?;
    let done = if arguments.once {
        let listen = arguments.listen.map_or(Duration::from_secs(2), |period| period.0);
        runtime.block_on(round::once(plan, Clock::system(), listen))
    } else {
        runtime.block_on(until_stopped(plan, plugins, sources))
    };
    // A thread that hangs in a name resolution or a sampler must not keep the process.
    runtime.shutdown_background();
    done
}

/// The one runtime of the program: one thread, and as many as are needed for what blocks. All callers of the control socket
/// may wait for a dead disk, and a name can still be resolved.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(16).build();
    built.map_err(|error| Failure::failed(format!("the runtime could not be started: {error}")))
}

async fn until_stopped(plan: Plan, plugins: &'static [Plugin], sources: &Sources) -> Result<Exit, Failure> {
    let no_signals = |error| Failure::failed(format!("no signals can be received: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut reload = signal(SignalKind::hangup()).map_err(no_signals)?;
    let mut agent = Agent::start(plan, Clock::system()).await?;
    let path = agent.outflow.socket_folder.join(SOCKET);
    let host = host::Host::of(&agent);
    own::tell_about(host.clone().into_report());
    match serve(&path, host.clone().into_answers(agent.log_may_wait())) {
        Ok(serving) => drop(tokio::spawn(serving)),
        Err(error) => tracing::warn!("{}: {error}; `status` and `log` will not find this agent", path.display()),
    }
    let systemd = Systemd::of_process();
    let systemd = systemd.as_ref();
    say(systemd, "READY=1");
    let mut telling = pin!(async {
        match systemd {
            Some(systemd) => systemd.keep_told(&host).await,
            None => std::future::pending().await,
        }
    });
    loop {
        tokio::select! {
            () = &mut telling => {}
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = reload.recv() => {
                say(systemd, "RELOADING=1");
                reload_once(&mut agent, plugins, sources).await;
                host.follow(&agent);
                say(systemd, "READY=1");
            }
        }
    }
    say(systemd, "STOPPING=1");
    tracing::info!("stopping");
    // It is bounded, so a second signal has nothing to hurry: some programs send each one twice.
    let stopped = agent.stop().await;
    let _ = std::fs::remove_file(&path);
    if let Err(why) = stopped {
        tracing::info!("not all was delivered; it is in the spool and goes out at the next start ({why})");
    }
    Ok(Exit::Done)
}

async fn reload_once(agent: &mut Agent, plugins: &'static [Plugin], sources: &Sources) {
    match load(plugins, sources) {
        Ok(plan) => {
            if let Err(words) = agent.reload(plan).await {
                tracing::error!("reload: {words}");
            }
        }
        Err(failure) => {
            tracing::error!("the new configuration is wrong; everything goes on as before\n{}", failure.words);
        }
    }
}
