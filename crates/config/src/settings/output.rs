//! `[outputs.LABEL]`

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use streamer_plugin::options::{Period, SecretText, Size, Table, nearest};

use super::access_key::{Given, Named, access_key};
use super::bucket::Labels;
use super::{kind, labelled, place, read};
use crate::left_out::is_left_out;
use crate::place::{Findings, Span};
use crate::plan::{InitialState, Local, OutputKind, OutputPlan};
use crate::surroundings::Surroundings;
use crate::tree::Value;

/// What an output can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    InitialState,
    Local,
    Csv,
}

impl Type {
    const ALL: [Self; 3] = [Self::InitialState, Self::Local, Self::Csv];

    /// The word for it, behind `type` or as a label.
    const fn word(self) -> &'static str {
        match self {
            Self::InitialState => "initial_state",
            Self::Local => "local",
            Self::Csv => "csv",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

const API_BASE: &str = "https://groker.init.st";

/// The Events API of Initial State. The access key comes from exactly one place: `access_key`, `access_key_file`,
/// `ini_file_location`, or else the systemd credential `streamer.access_key`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InitialStateOptions {
    /// The access key of the account.
    #[schemars(example = &"${IS_ACCESS_KEY}")]
    access_key: Option<SecretText>,
    /// A file that holds the access key and nothing else.
    #[schemars(example = &"/etc/streamer/access_key")]
    access_key_file: Option<PathBuf>,
    /// An `isstreamer.ini` of the Python client that has it.
    #[schemars(example = &"/home/pi/isstreamer.ini")]
    ini_file_location: Option<PathBuf>,
    /// Where the service is.
    #[schemars(extend("default" = API_BASE))]
    api_base: Option<String>,
    /// The most events in one call.
    #[serde(default = "ten")]
    #[schemars(range(min = 1))]
    max_events_per_call: u32,
    /// A file with trust roots beside those of the system.
    #[schemars(example = &"/etc/ssl/certs/our-own.pem")]
    ca_file: Option<PathBuf>,
}

/// The embedded database (SQLite).
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LocalOptions {
    /// The file; below `state_dir` unless it begins with `/`.
    path: PathBuf,
    /// How long readings are kept.
    retention: Period,
    /// How large the file may become; over it the oldest readings go.
    max_size: Size,
}

/// A file in the Python client's offline format.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CsvOptions {
    /// The file; it is added to.
    path: PathBuf,
}

fn ten() -> u32 {
    10
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self { path: "buckets.db".into(), retention: Period::secs(90 * 86_400), max_size: Size(1 << 30) }
    }
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { path: "readings.csv".into() }
    }
}

/// The outputs, and the labels of them all, whether right or not.
pub(crate) fn outputs(
    value: Option<Value<'_>>,
    state_dir: &std::path::Path,
    around: &Surroundings<'_>,
    findings: &mut Findings<'_>,
) -> (Vec<OutputPlan>, Labels) {
    let mut plans = Vec::new();
    let mut labels = Labels::new();
    let mut files: Vec<(PathBuf, Span)> = Vec::new();
    for (label, mut table) in labelled(value, "outputs", findings) {
        labels.push((label.clone(), table.span()));
        let Some(kind) = type_of(&label, &mut table, around, findings) else { continue };
        let kind = match kind {
            Type::InitialState => initial_state(&table, around, findings).map(OutputKind::InitialState),
            Type::Local => local(&table, state_dir, findings).map(OutputKind::Local),
            Type::Csv => csv(&table, findings).map(OutputKind::Csv),
        };
        let Some(kind) = kind else { continue };
        if let OutputKind::Local(Local { path, .. }) | OutputKind::Csv(path) = &kind {
            let span = place(&table, "path");
            if let Some((_, first)) = files.iter().find(|(other, _)| other == path) {
                let words = format!("two outputs write the file {}", path.display());
                findings.conflict((&span, "this one"), (first, "and this one"), words);
            }
            files.push((path.clone(), span));
        }
        let place = findings.files().place(&table.span());
        plans.push(OutputPlan { label, kind, place });
    }
    (plans, labels)
}

/// Takes `type` out of the table; without it the label says what the output is.
fn type_of(label: &str, table: &mut Table<'_>, around: &Surroundings<'_>, findings: &mut Findings<'_>) -> Option<Type> {
    let words = Type::ALL.map(Type::word);
    let there: Vec<&str> = words.into_iter().filter(|word| !around.left_out.contains(word)).collect();
    let Some(value) = table.take("type") else {
        let Some(kind) = Type::of(label) else {
            let near = nearest(label, there.iter().copied()).map(|word| format!("did you mean [outputs.{word}]?"));
            findings.error(&table.span(), format!("`{label}` has no `type`")).help = near.or_else(|| {
                Some(format!(
                    "add a line such as type = \"{}\"; there are {}",
                    there.first().unwrap_or(&"..."),
                    there.join(", ")
                ))
            });
            return None;
        };
        return (!is_left_out("output", kind.word(), &table.span(), around, findings)).then_some(kind);
    };
    let Some(name) = value.get_ref().as_str() else {
        findings.error(&value.span(), format!("expected text in quotes, found {}", kind(value.get_ref())));
        return None;
    };
    let Some(kind) = Type::of(name) else {
        let near = nearest(name, there.iter().copied()).map(|word| format!("did you mean \"{word}\"?"));
        findings.error(&value.span(), format!("there is no output of the type `{name}`")).help =
            near.or_else(|| Some(format!("there are {}", there.join(", "))));
        return None;
    };
    (!is_left_out("output", kind.word(), &value.span(), around, findings)).then_some(kind)
}

fn initial_state(table: &Table<'_>, around: &Surroundings<'_>, findings: &mut Findings<'_>) -> Option<InitialState> {
    let options: InitialStateOptions = read(table, findings)?;
    if options.max_events_per_call == 0 {
        findings
            .error(&place(table, "max_events_per_call"), "`max_events_per_call` is 0; a call has at least one event");
    }
    if let Some(base) = &options.api_base
        && let Some(words) = wrong_base(base)
    {
        findings.error(&place(table, "api_base"), words).help = Some(format!("an address such as {API_BASE:?}"));
    }
    let named = Named {
        access_key: options.access_key.as_ref(),
        access_key_file: options.access_key_file.as_deref(),
        ini_file_location: options.ini_file_location.as_deref(),
    };
    let Given { key, ini_base } = access_key(&named, table, around, findings)?;
    let api_base = options.api_base.or(ini_base).unwrap_or_else(|| API_BASE.into());
    if let Some(words) = in_clear(&api_base) {
        findings.warn(&place(table, "api_base"), words).help = Some("write https://".into());
    }
    Some(InitialState {
        access_key: key,
        key_file: options.access_key_file.clone().or_else(|| options.ini_file_location.clone()),
        api_base: api_base.trim_end_matches('/').to_owned(),
        max_events_per_call: usize::try_from(options.max_events_per_call).unwrap_or(usize::MAX),
        ca_file: options.ca_file,
    })
}

fn host_of(base: &str) -> Option<&str> {
    let rest = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"))?;
    Some(rest.split(['/', '?', '#']).next().unwrap_or(""))
}

fn wrong_base(base: &str) -> Option<&'static str> {
    match host_of(base) {
        None => Some("`api_base` begins with neither https:// nor http://"),
        Some("") => Some("`api_base` has no host"),
        Some(host) if host.contains('@') => {
            Some("`api_base` has a user or a password in it; the access key stands apart")
        }
        Some(_) if base.contains(['?', '#']) => Some("`api_base` has a query; it ends before the first `?`"),
        Some(_) if base.chars().any(|c| c.is_whitespace() || c.is_control()) => Some("`api_base` has a blank in it"),
        Some(_) => None,
    }
}

/// Somebody on the way could read the key; on this machine nobody is on the way.
fn in_clear(base: &str) -> Option<String> {
    let host = host_of(base).filter(|_| base.starts_with("http://"))?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let here = name == "localhost" || name == "[::1]" || name.starts_with("127.");
    (!here).then(|| format!("the access key travels to {name} for all to read"))
}

fn local(table: &Table<'_>, state_dir: &std::path::Path, findings: &mut Findings<'_>) -> Option<Local> {
    let options: LocalOptions = read(table, findings)?;
    if options.path.as_os_str().is_empty() {
        findings.error(&place(table, "path"), "`path` is empty");
    }
    if options.retention < Period::secs(60) {
        findings.error(&place(table, "retention"), "`retention` is too short; the shortest is 1m");
    }
    if options.max_size < Size(1 << 20) {
        findings.error(&place(table, "max_size"), "`max_size` is too small; the smallest is 1MB");
    }
    let path = state_dir.join(options.path);
    Some(Local { path, retention: Some(options.retention.0), max_size: Some(options.max_size.0) })
}

fn csv(table: &Table<'_>, findings: &mut Findings<'_>) -> Option<PathBuf> {
    let options: CsvOptions = read(table, findings)?;
    if options.path.as_os_str().is_empty() {
        findings.error(&place(table, "path"), "`path` is empty");
    }
    Some(options.path)
}
