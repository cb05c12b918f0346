//! Arrows point down only: which of our packages may know which, and which may not know the network at all.

use crate::tidy::Finding;
use crate::workspace::{Package, Workspace};

/// From the ground up: each package and all of ours that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("streamer-reading", &[]),
    ("streamer-clock", &["streamer-reading"]),
    ("streamer-lines", &["streamer-reading", "streamer-clock"]),
    ("streamer-schedule", &["streamer-reading", "streamer-clock"]),
    ("streamer-spool", &["streamer-reading"]),
    ("streamer-plugin", &["streamer-reading", "streamer-clock"]),
    ("streamer-config", &["streamer-reading", "streamer-clock", "streamer-schedule", "streamer-plugin"]),
    ("streamer-store", &["streamer-reading"]),
    ("streamer", &["streamer-reading", "streamer-clock", "streamer-spool"]),
    // The tests see the real program from outside, and the tasks see files: neither may see a type.
    ("streamer-tests", &[]),
    ("xtask", &[]),
];
/// What a plugin may use, whichever it is.
const PLUGIN_MAY_USE: &[&str] = &["streamer-plugin", "streamer-lines"];
/// What stands in `plugins` and is a whole agent, as every crate of somebody else's is.
const WITH_AN_AGENT: (&str, &[&str]) = ("streamer-template", &["streamer-plugin", "streamer-agent"]);
/// Those that may use everything: the agent, and what feeds all of it with hostile bytes.
const TOP: [&str; 2] = ["streamer-agent", "streamer-hostile"];

/// Runtime and network: unknown to all below the core, directly or through others.
const NETWORK: &[&str] = &["tokio", "reqwest", "hyper", "rustls"];
const WITHOUT_NETWORK: &[&str] = &[
    "streamer-reading",
    "streamer-clock",
    "streamer-lines",
    "streamer-schedule",
    "streamer-spool",
    "streamer-plugin",
    "streamer-config",
    "streamer-store",
];

/// A dependency that only some may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("toml", &["streamer-config", "streamer-plugin", "xtask"]),
    ("reqwest", &["streamer"]),
    ("rusqlite", &["streamer-store"]),
    ("clap", &["streamer-agent"]),
    ("rust-ini", &["streamer"]),
    ("cron", &["streamer-schedule"]),
    ("chrono", &["streamer-schedule"]),
    ("regex", &["streamer-lines", "streamer-tail"]),
];

/// Every arrow that points up or sideways.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.members().flat_map(|package| of(workspace, package)).collect()
}

fn of(workspace: &Workspace, package: &Package) -> Vec<Finding> {
    let manifest = workspace.relative(&package.folder).join("Cargo.toml");
    let place = manifest.display();
    let whole = package.name == WITH_AN_AGENT.0;
    let plugin = !whole && workspace.relative(&package.folder).starts_with("plugins");
    let mut findings = Vec::new();
    let may_use = if whole {
        Some(WITH_AN_AGENT.1)
    } else if plugin {
        Some(PLUGIN_MAY_USE)
    } else {
        MAY_USE.iter().find(|(name, _)| *name == package.name).map(|(_, may_use)| *may_use)
    };
    if may_use.is_none() && !TOP.contains(&package.name.as_str()) {
        let message = format!(
            "{} has no place in the house yet: give it one in xtask/src/tidy/arrows.rs and in ARCHITECTURE.md",
            package.name
        );
        findings.push(Finding::new(&place, message));
    }
    for other in workspace.direct(package, true) {
        if let (true, Some(may_use)) = (other.ours && !is_scripted_server(workspace, package, other), may_use)
            && !may_use.contains(&other.name.as_str())
        {
            let allowed = if may_use.is_empty() { "nothing of ours".to_owned() } else { may_use.join(", ") };
            let message =
                format!("{} uses {}, but may use {allowed}: arrows point down only", package.name, other.name);
            findings.push(Finding::new(&place, message));
        }
    }
    for other in workspace.direct(package, false) {
        if let Some((_, owners)) = RESERVED.iter().find(|(name, _)| *name == other.name)
            && !owners.contains(&package.name.as_str())
        {
            let message =
                format!("{} uses {}, which is the affair of {} alone", package.name, other.name, owners.join(", "));
            findings.push(Finding::new(&place, message));
        }
    }
    if plugin || WITHOUT_NETWORK.contains(&package.name.as_str()) {
        for other in workspace.closure(package).iter().filter(|other| NETWORK.contains(&other.name.as_str())) {
            let message = format!(
                "{} is built with {}, directly or through another: it must know neither runtime nor network",
                package.name, other.name
            );
            findings.push(Finding::new(&place, message));
        }
    }
    findings
}

/// The tests of any crate may stand on the scripted server: it knows none of ours, so no arrow comes back.
fn is_scripted_server(workspace: &Workspace, package: &Package, other: &Package) -> bool {
    other.name == "streamer-tests" && !workspace.direct(package, false).any(|built_in| built_in.id == other.id)
}
