//! A program is released when it has run: on this processor or in its emulator it checks a configuration, takes one round
//! of readings and delivers them over TLS into the bucket of a scripted server, which tells what arrived.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::bench::agent::{Folder, Owned};
use crate::debian::Debian;
use crate::dist::target::Target;
use crate::step;
use crate::workspace::Workspace;

/// Installs what emulates the processor for one program, and the libraries that it asks for.
///
/// # Errors
/// What cannot be had here, in words for a `skipped`.
pub fn fetch(debian: &Result<Debian, String>, target: &Target) -> Result<(), String> {
    if target.is_native() {
        return Ok(());
    }
    let debian = debian.as_ref().map_err(Clone::clone)?;
    debian.install(&["qemu-user-static"])?;
    target.libraries.as_ref().map_or(Ok(()), |libraries| debian.install(&[libraries.package]))
}

/// Tries a program.
///
/// # Errors
/// What it does wrong.
pub fn run(workspace: &Workspace, target: &Target, program: &Path) -> Result<(), String> {
    step::run(step::command("cargo build --package streamer-tests --bin events-server").current_dir(&workspace.root))?;
    let mut server = Command::new(workspace.target.join("debug/events-server"));
    let server =
        server.arg("--tls").stdout(Stdio::piped()).spawn().map_err(|error| format!("events-server: {error}"))?;
    let mut server = Owned(server);
    let mut said = BufReader::new(server.0.stdout.take().ok_or("the server has no output")?);
    let mut line = || {
        let mut text = String::new();
        said.read_line(&mut text).map(|_| text.trim().to_owned()).map_err(|error| error.to_string())
    };
    let (port, certificate) = (line()?, line()?);
    let home = Folder::below(&std::env::temp_dir().to_string_lossy())?;
    let config = format!(
        "[agent]\nstate_dir = \"state\"\nshutdown_timeout = \"30s\"\n[outputs.initial_state]\naccess_key = \"ist_trial\"\n\
         api_base = \"https://127.0.0.1:{port}\"\nca_file = \"{certificate}\"\n[outputs.local]\n[buckets.trial]\n\
         [[inputs.system]]\ncollect = [\"memory\", \"load\", \"uptime\"]\n[[inputs.exec]]\ncommand = [\"echo\", \"7\"]\nkey = \"seven\"\n"
    );
    fs::write(home.0.join("streamer.toml"), config).map_err(|error| error.to_string())?;
    let start = format!("{} {}", target.emulator, program.display());
    for arguments in [&["--version"][..], &["check"], &["run", "--once"], &["export", "trial"]] {
        let mut command = step::command(start.trim_start());
        command.args(arguments).current_dir(&home.0).env("HOME", &home.0).env_remove("RUNTIME_DIRECTORY");
        let printed = step::output(command.env("XDG_RUNTIME_DIR", home.0.join("run")))?;
        if arguments == ["export", "trial"] && !printed.contains("seven,7") {
            return Err(format!("the local store does not hold what was read: {printed}"));
        }
    }
    step::run(step::command("kill -TERM").arg(server.0.id().to_string()))?;
    let mut report = String::new();
    said.read_to_string(&mut report).map_err(|error| error.to_string())?;
    let report: Value = serde_json::from_str(&report).map_err(|error| format!("the server's report: {error}"))?;
    let arrived = report["unique"].as_u64().unwrap_or(0);
    if arrived < 5 {
        return Err(format!("{arrived} readings arrived over TLS: {report}"));
    }
    println!("ran {start}: {arrived} readings arrived over TLS");
    Ok(())
}
