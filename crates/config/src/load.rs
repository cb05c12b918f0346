//! From files to a plan, or to all that is wrong with them.

use std::path::{Path, PathBuf};

use streamer_plugin::options::{Table, nearest};
use toml::de::DeTable;

use crate::find::Found;
use crate::inputs::{Context, inputs};
use crate::place::{Files, Findings, Mistakes, Span};
use crate::plan::Plan;
use crate::settings::{self, AgentOptions, Labels, SpoolOptions, absent, buckets, outputs, taps};
use crate::surroundings::Surroundings;
use crate::tree;

/// Where the configuration of the installed service lies, and where systemd lets that keep its state.
const SERVICE: &str = "/etc/streamer";
const SERVICE_STATE: &str = "/var/lib/streamer";

/// The tables that a configuration has.
pub(crate) const TABLES: [&str; 6] = ["agent", "spool", "outputs", "taps", "buckets", "inputs"];

/// Reads files into a plan.
///
/// # Errors
/// Every mistake in them, with its place.
pub fn load(files: &Files, around: &Surroundings<'_>) -> Result<Plan, Mistakes> {
    let mut findings = Findings::new(files);
    let whole = tree::read(&mut findings, around);
    // What could be read of a broken file says nothing about the rest of it.
    let plan = if findings.is_syntax_broken() { None } else { plan(whole, around, &mut findings) };
    let warnings = findings.finish()?;
    // A plan is not made only where something is wrong.
    plan.map(|plan| Plan { warnings, ..plan }).ok_or_else(|| Mistakes(Vec::new()))
}

/// Finds the configuration and reads it; see [`crate::find`] for the places.
///
/// # Errors
/// What cannot be read, or every mistake in what can.
pub fn find_and_load(named: &[PathBuf], around: &Surroundings<'_>) -> Result<(Found, Plan), Mistakes> {
    let found = crate::find(named, around)?;
    let ours = found.files.paths().next().is_some_and(|path| path.starts_with(SERVICE));
    // A command that is typed by hand reads the service's configuration: what it accepts belongs where the service looks.
    let of_the_service = |name: &str| {
        let kept = || Path::new(SERVICE_STATE).is_dir().then(|| SERVICE_STATE.into());
        (around.variable)(name).or_else(|| if ours && name == "STATE_DIRECTORY" { kept() } else { None })
    };
    let plan = load(&found.files, &Surroundings { variable: &of_the_service, ..*around })?;
    Ok((found, plan))
}

fn plan(whole: DeTable<'_>, around: &Surroundings<'_>, findings: &mut Findings<'_>) -> Option<Plan> {
    let mut whole = Table::new(whole, 0..0);
    unknown_tables(&mut whole, findings);
    let mut section = |name: &str, findings: &mut Findings<'_>| {
        let value = whole.take(name)?;
        settings::table(value, &format!("[{name}]"), findings)
    };
    let agent_table = section("agent", findings).unwrap_or_else(absent);
    let options: AgentOptions = settings::read(&agent_table, findings).unwrap_or_default();
    let agent = options.plan(&agent_table, around, findings);
    let spool_table = section("spool", findings).unwrap_or_else(absent);
    let options: SpoolOptions = settings::read(&spool_table, findings).unwrap_or_default();
    let spool = options.plan(&spool_table, findings);

    let (outputs, output_labels) = outputs(whole.take("outputs"), &agent.state_dir, around, findings);
    let taps = taps(whole.take("taps"), findings);
    let (buckets, bucket_labels) = buckets(whole.take("buckets"), &output_labels, findings);
    let context = Context { around, agent: &agent, buckets: &bucket_labels };
    let inputs = inputs(whole.take("inputs"), &context, findings);
    if !findings.has_errors() {
        leads_somewhere(&output_labels, &bucket_labels, taps.stdout, inputs.is_empty(), findings);
    }
    (!findings.has_errors()).then(|| Plan {
        agent,
        spool,
        outputs,
        taps,
        buckets,
        inputs,
        warnings: Vec::new(),
        simulated: around.simulated,
    })
}

fn unknown_tables(whole: &mut Table<'_>, findings: &mut Findings<'_>) {
    let unknown: Vec<String> = whole.keys().filter(|name| !TABLES.contains(name)).map(str::to_owned).collect();
    for name in unknown {
        let span = whole.name_place(&name).unwrap_or(0..0);
        let value = whole.take(&name);
        if name == "server" {
            findings.error(&span, "[server] is not in this build yet").help = Some("take the table out".into());
            continue;
        }
        let table = value.is_some_and(|value| value.get_ref().is_table() || value.get_ref().is_array());
        let help = match (nearest(&name, TABLES), table) {
            (Some(word), _) => format!("did you mean `{word}`?"),
            (None, true) => format!("there are {}", TABLES.map(|name| format!("[{name}]")).join(", ")),
            (None, false) => "a key stands below the head of its table, such as [agent]".into(),
        };
        let what = if table { "table" } else { "key" };
        findings.error(&span, format!("unknown {what} `{name}`")).help = Some(help);
    }
}

/// Whether what is collected goes anywhere, and anything is collected.
fn leads_somewhere(outputs: &Labels, buckets: &Labels, tap: bool, idle: bool, findings: &mut Findings<'_>) {
    if let (true, false, Some((_, span))) = (outputs.is_empty(), tap, buckets.first()) {
        findings.error(span, "readings of this bucket have nowhere to go: there is no output").help =
            Some("add one, such as [outputs.local]".into());
    } else if idle {
        let words = "nothing is collected: there is no input";
        let help = "add one, such as [[inputs.system]]; until then there is only `streamer log`";
        let first: Option<&Span> = buckets.iter().chain(outputs).map(|(_, span)| span).min_by_key(|span| span.start);
        let warning = match first {
            Some(span) => findings.warn(span, words),
            None => findings.warn_nowhere(words),
        };
        warning.help = Some(help.into());
    }
}
