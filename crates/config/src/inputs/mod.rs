//! `[[inputs.PLUGIN]]`: from tables to inputs that can be built.

mod claims;
mod every_input;
mod fingerprint;
mod ids;
mod kind;
mod timing;

use std::sync::Arc;
use std::time::Duration;

use streamer_plugin::options::{Table, nearest};
use streamer_plugin::{COMMON_KEYS, Options, Plugin};
use streamer_reading::Key;
use toml::de::DeValue;

pub(crate) use every_input::CommonOptions;
use kind::Kinds;

use crate::left_out::is_left_out;
use crate::place::{Findings, Span};
use crate::plan::{AgentPlan, InputPlan};
use crate::rules::{Rule, rule};
use crate::settings::{Labels, in_order, kind as kind_of, place, read, reference_help, table};
use crate::surroundings::Surroundings;
use crate::tree::Value;

/// Readings a second from an input that says nothing about it and cannot wait.
const MAX_RATE: u32 = 1000;
/// No read takes longer unless `timeout` says so.
const LONGEST_READ: Duration = Duration::from_secs(10);

/// What inputs refer to.
pub(crate) struct Context<'c> {
    pub(crate) around: &'c Surroundings<'c>,
    pub(crate) agent: &'c AgentPlan,
    pub(crate) buckets: &'c Labels,
}

pub(crate) fn inputs(value: Option<Value<'_>>, context: &Context<'_>, findings: &mut Findings<'_>) -> Vec<InputPlan> {
    let mut tables = Vec::new();
    if let Some(whole) = value.and_then(|value| table(value, "[[inputs.PLUGIN]]", findings)) {
        for (name, span, value) in in_order(whole) {
            if !value.get_ref().is_table() && !value.get_ref().is_array() {
                findings.error(&span, format!("`{name}` stands in [inputs], which has plugins only")).help =
                    Some("put it below the head of an input: [[inputs.PLUGIN]]".into());
                continue;
            }
            let plugin = plugin(&name, &span, context.around, findings);
            for (at, table) in items(&name, value, findings).into_iter().enumerate() {
                // An unknown plugin is one mistake, however many inputs are made of it.
                if plugin.is_some() || at == 0 {
                    tables.push((plugin, table));
                }
            }
        }
    }
    tables.sort_by_cached_key(|(_, table)| table.span().start);
    bucket_is_there(&tables, context, findings);
    let mut kinds = Kinds::default();
    let mut found: Vec<Read> = Vec::new();
    for (plugin, table) in tables {
        if let Some(plugin) = plugin {
            found.push(input(plugin, table, context, &mut kinds, findings));
        }
    }
    let claimed = claims::conflicts(&found, findings);
    ids::unique(&found, &claimed, findings);
    found.into_iter().filter_map(|read| read.plan).collect()
}

/// One input as far as it could be read.
struct Read {
    span: Span,
    /// Its id, where that is known, and the place of the line that gives it.
    id: Option<String>,
    given: Option<Span>,
    options: Option<Arc<dyn Options>>,
    plan: Option<InputPlan>,
}

fn plugin<'p>(name: &str, span: &Span, around: &Surroundings<'p>, findings: &mut Findings<'_>) -> Option<&'p Plugin> {
    let plugins = around.plugins;
    let found = plugins.iter().find(|plugin| plugin.name == name);
    if found.is_none() && !is_left_out("input", name, span, around, findings) {
        let names = plugins.iter().map(|plugin| plugin.name);
        let near = nearest(name, names.clone()).map(|word| format!("did you mean `{word}`?"));
        let kind = || {
            let of = |plugin: &&Plugin| plugin.selector.is_some() && plugin.kind(name).is_some();
            let plugin = plugins.iter().find(of)?;
            Some(format!("write [[inputs.{}]], and below it {} = \"{name}\"", plugin.name, plugin.selector?.key))
        };
        findings.error(span, format!("there is no plugin `{name}`")).help =
            kind().or(near).or_else(|| Some(format!("known here: {}", names.collect::<Vec<_>>().join(", "))));
    }
    found
}

/// The tables of `[[inputs.NAME]]`.
fn items<'t>(name: &str, value: Value<'t>, findings: &mut Findings<'_>) -> Vec<Table<'t>> {
    let span = value.span();
    let help = format!("write [[inputs.{name}]]");
    let DeValue::Array(items) = value.into_inner() else {
        findings.error(&span, "an input has double brackets, for there can be several").help = Some(help);
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items {
        let span = item.span();
        match item.into_inner() {
            DeValue::Table(table) => found.push(Table::new(table, span)),
            other => {
                findings.error(&span, format!("expected a table, found {}", kind_of(&other))).help = Some(help.clone());
            }
        }
    }
    found
}

/// Without any bucket no input has one, which is one mistake and not one for each.
fn bucket_is_there(tables: &[(Option<&Plugin>, Table<'_>)], context: &Context<'_>, findings: &mut Findings<'_>) {
    if let (true, Some((_, first))) = (context.buckets.is_empty(), tables.first()) {
        findings.error(&first.span(), "there is no bucket for the readings of this input").help =
            Some("add one: [buckets.home]".into());
    }
}

fn input<'p>(
    plugin: &'p Plugin,
    mut table: Table<'_>,
    context: &Context<'_>,
    kinds: &mut Kinds<'p>,
    findings: &mut Findings<'_>,
) -> Read {
    let span = table.span();
    let content = fingerprint::of(&table);
    let mut common = table.split_off(|name| COMMON_KEYS.contains(&name));
    let chosen = kinds.read(plugin, &mut table, findings);
    let options: Option<Arc<dyn Options>> = chosen.as_ref().map(|(_, options)| options.clone());

    let given = common.get("id").map(toml::Spanned::span);
    let rules = common.take("readings");
    let wanted: Option<CommonOptions> = read(&common, findings);
    let rules = rules.map_or(Some(Vec::new()), |value| self::rules(value, findings));
    let Some(wanted) = wanted else {
        return Read { span, id: None, given, options, plan: None };
    };

    let id = match (&wanted.id, &options) {
        (Some(id), _) => ids::valid(id, &place(&common, "id"), findings).then(|| id.clone()),
        (None, Some(options)) => Some(ids::natural(plugin.name, &options.natural_key())),
        (None, None) => None,
    };
    let schedule = timing::schedule(id.as_deref().unwrap_or(plugin.name), &wanted, &common, context.agent, findings);
    let bucket = bucket(wanted.bucket.as_deref(), &common, context, findings);
    let numbers = numbers(&wanted, &common, findings);
    let plan = (|| {
        let ((kind, options), id, schedule, bucket, rules) = (chosen?, id.clone()?, schedule?, bucket?, rules?);
        let (interval, can_wait) = (timing::interval(&wanted, context.agent), options.can_wait());
        let timeout =
            wanted.timeout.map_or_else(|| interval.unwrap_or(LONGEST_READ).min(LONGEST_READ), |given| given.0);
        numbers.then(|| InputPlan {
            fingerprint: fingerprint::together(
                content,
                [&id, plugin.name, &bucket, &schedule.describe(), &context.agent.root.to_string_lossy()],
            ),
            id,
            plugin: plugin.name,
            kind,
            bucket,
            schedule,
            listens: options.listens(),
            timeout,
            prefix: wanted.prefix.clone(),
            max_rate: wanted.max_rate.or((!can_wait).then_some(MAX_RATE)),
            rules,
            options,
            place: findings.files().place(&span),
        })
    })();
    Read { span, id, given, options, plan }
}

fn bucket(
    named: Option<&str>,
    table: &Table<'_>,
    context: &Context<'_>,
    findings: &mut Findings<'_>,
) -> Option<String> {
    let labels = context.buckets.iter().map(|(label, _)| label.as_str());
    match (named, context.buckets.as_slice()) {
        (_, []) => None,
        (Some(name), _) if labels.clone().any(|label| label == name) => Some(name.to_owned()),
        (Some(name), _) => {
            findings.error(&place(table, "bucket"), format!("there is no bucket `{name}`")).help =
                reference_help(name, labels, "[buckets.LABEL]");
            None
        }
        (None, [(only, _)]) => Some(only.clone()),
        (None, _) => {
            findings.error(&table.span(), "`bucket` is missing").help =
                Some(format!("there are several: {}", labels.collect::<Vec<_>>().join(", ")));
            None
        }
    }
}

/// Checks the numbers that need no more than a look.
fn numbers(wanted: &CommonOptions, table: &Table<'_>, findings: &mut Findings<'_>) -> bool {
    let mut right = true;
    if wanted.timeout.is_some_and(|timeout| timeout.0 < Duration::from_millis(1)) {
        findings.error(&place(table, "timeout"), "`timeout` is too short; the shortest is 1ms");
        right = false;
    }
    if wanted.max_rate == Some(0) {
        findings.error(&place(table, "max_rate"), "`max_rate` is 0: nothing could ever be sent").help =
            Some("leave the input out, or its readings with drop = true".into());
        right = false;
    }
    if let Err(refusal) = Key::new(format!("{}k", wanted.prefix)) {
        findings.error(&place(table, "prefix"), format!("with this prefix {refusal}"));
        right = false;
    }
    right
}

fn rules(value: Value<'_>, findings: &mut Findings<'_>) -> Option<Vec<Rule>> {
    let span = value.span();
    let help = "a rule is a table: [[inputs.PLUGIN.readings]] with a `match`";
    let DeValue::Array(items) = value.get_ref() else {
        findings.error(&span, format!("expected a list of tables, found {}", kind_of(value.get_ref()))).help =
            Some(help.into());
        return None;
    };
    let mut rules = Vec::new();
    let mut whole = true;
    for item in items.iter() {
        let DeValue::Table(entries) = item.get_ref() else {
            findings.error(&item.span(), format!("expected a table, found {}", kind_of(item.get_ref()))).help =
                Some(help.into());
            whole = false;
            continue;
        };
        let options = read(&Table::new(entries.clone(), item.span()), findings);
        match options {
            Some(options) => rules.push(rule(options, item, findings)),
            None => whole = false,
        }
    }
    whole.then_some(rules)
}
