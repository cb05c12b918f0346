//! The agent in the guest: configured, started, asked.

use serde_json::Value;
use streamer_tests::guest::{Clock, Machine, Setup};
use streamer_tests::unix_now;

use crate::bench::must;

/// Puts a machine under power; it, and when that was by the host's clock.
pub fn boot(setup: &Setup, clock: Clock) -> Result<(Machine, f64), String> {
    let began = unix_now();
    let mut machine = Machine::start(setup, clock)?;
    let up = machine.run("cut -d ' ' -f 1 /proc/uptime")?;
    let up: f64 = up.trim().parse().map_err(|_| format!("no uptime: {up:?}"))?;
    let power_on = unix_now() - up;
    must(power_on >= began - 5.0, || format!("the guest was up {up} s before it had power"))?;
    Ok((machine, power_on))
}

/// Writes the configuration where it is looked for, and has it checked.
pub fn configure(machine: &mut Machine, config: &str) -> Result<(), String> {
    let file = "/etc/streamer/streamer.toml";
    machine.run(&format!("mkdir -p /etc/streamer; cat > {file} <<'.'\n{config}.\nchmod 600 {file}"))?;
    machine.run("streamer check").map(drop)
}

/// Starts it, and waits until it answers.
pub fn start(machine: &mut Machine) -> Result<(), String> {
    machine.console.types("streamer run > /run/said 2> /run/agent.log &")?;
    machine.until("streamer status --json", |said| said.contains("\"running\": true")).map(drop)
}

/// What it says of itself.
pub fn status(machine: &mut Machine) -> Result<Value, String> {
    let said = machine.run("streamer status --json")?;
    serde_json::from_str(&said).map_err(|error| format!("{error} in {said}"))
}

/// What it says of the input of this id.
pub fn input(machine: &mut Machine, id: &str) -> Result<Value, String> {
    let status = status(machine)?;
    let mut inputs = status["inputs"].as_array().into_iter().flatten();
    inputs.find(|input| input["id"] == id).cloned().ok_or_else(|| format!("no input {id} in {status}"))
}

/// Waits until it has accepted so many more readings than it has now: the spool may hold some of earlier boots.
pub fn takes(machine: &mut Machine, count: u64) -> Result<(), String> {
    let accepted = |said: &str| -> Option<u64> {
        let after = said.split_once("\"accepted\": ")?.1;
        after.split([',', '\n']).next()?.trim().parse().ok()
    };
    let before =
        accepted(&machine.run("streamer status --json")?).ok_or("status tells nothing of what was accepted")?;
    let enough = |said: &str| accepted(said).is_some_and(|taken| taken >= before + count);
    machine.until("streamer status --json", enough).map(drop)
}
