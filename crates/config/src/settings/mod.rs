//! The tables of the agent itself: their options, and what they come to.

mod access_key;
mod agent;
mod bucket;
mod output;
mod spool;
mod tap;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use streamer_plugin::options::Table;
use toml::de::{DeTable, DeValue};

pub(crate) use agent::AgentOptions;
pub(crate) use bucket::{BucketOptions, Labels, buckets, reference_help};
pub(crate) use output::{CsvOptions, InitialStateOptions, LocalOptions, outputs};
pub(crate) use spool::SpoolOptions;
pub(crate) use tap::{StdoutOptions, taps};

use crate::place::{Findings, Span};
use crate::tree::Value;

/// The entry as the table that it must be. `head` is how it is written: `[agent]`.
pub(crate) fn table<'t>(value: Value<'t>, head: &str, findings: &mut Findings<'_>) -> Option<Table<'t>> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(table) => Some(Table::new(table, span)),
        DeValue::Array(items) if !items.is_empty() && items.iter().all(|item| item.get_ref().is_table()) => {
            findings.error(&span, "this table can be there only once").help =
                Some(format!("write it with single brackets: {head}"));
            None
        }
        other => {
            findings.error(&span, format!("expected a table, found {}", kind(&other))).help =
                Some(format!("write {head}"));
            None
        }
    }
}

/// Reads a table into its options. What is wrong is noted and left out, so that the rest can be looked at as well;
/// nothing where something is missing that must be there.
pub(crate) fn read<T: DeserializeOwned + JsonSchema>(table: &Table<'_>, findings: &mut Findings<'_>) -> Option<T> {
    let faults = match table.read() {
        Ok(options) => return Some(options),
        Err(faults) => faults,
    };
    let mut rest = table.clone();
    for fault in faults.iter() {
        rest.take(fault.option.split('.').next().unwrap_or_default());
    }
    findings.faults(faults, &table.span());
    rest.read().ok()
}

/// The place of an option's value, or of the table's head where it is not given.
pub(crate) fn place(table: &Table<'_>, option: &str) -> Span {
    table.get(option).map_or_else(|| table.span(), toml::Spanned::span)
}

/// The tables below one table, such as `[buckets.LABEL]`, in the order of the files.
pub(crate) fn labelled<'t>(
    value: Option<Value<'t>>,
    name: &str,
    findings: &mut Findings<'_>,
) -> Vec<(String, Table<'t>)> {
    let Some(whole) = value.and_then(|value| table(value, &format!("[{name}.LABEL]"), findings)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (label, span, value) in in_order(whole) {
        if value.get_ref().is_table() || value.get_ref().is_array() {
            if let Some(table) = table(value, &format!("[{name}.{label}]"), findings) {
                if label.is_empty() || !label.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
                    findings
                        .error(&span, format!("`{label}` is no label; it has letters, digits, `_`, `-` and `.` only"));
                }
                found.push((label, table));
            }
        } else {
            findings.error(&span, format!("`{label}` stands in [{name}], which has tables only")).help =
                Some(format!("put it below a head: [{name}.LABEL]"));
        }
    }
    found
}

/// The entries of a table by their place: name, place of the name, value.
pub(crate) fn in_order(mut table: Table<'_>) -> Vec<(String, Span, Value<'_>)> {
    let names: Vec<String> = table.keys().map(str::to_owned).collect();
    let mut entries: Vec<_> = names
        .into_iter()
        .filter_map(|name| {
            let span = table.name_place(&name)?;
            table.take(&name).map(|value| (name, span, value))
        })
        .collect();
    entries.sort_by_cached_key(|(_, span, _)| span.start);
    entries
}

/// What a value is, for messages.
pub(crate) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// An empty table at the start of everything, for sections that are not there.
pub(crate) fn absent<'t>() -> Table<'t> {
    Table::new(DeTable::new(), 0..0)
}
