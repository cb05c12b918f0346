//! What an input says of itself: its options' words, its sample, its schema.

use serde_json::Value;

use super::{Example, Faulty};
use crate::options::{Property, Table, misfit, properties};
use crate::sample::shown;
use crate::testkit::{Bench, BuildError};
use crate::{COMMON_KEYS, Kind, Plugin, sample};

/// Looks at every kind of a plugin.
pub fn check(plugin: &Plugin, faults: &mut Faulty) {
    if plugin.about.is_empty() || plugin.about.starts_with(char::is_uppercase) || plugin.about.ends_with('.') {
        faults.add(format!("{:?} is no line about it without a capital and a full stop", plugin.about));
    }
    if plugin.selector.is_none() && plugin.kinds.len() != 1 {
        faults.add("several kinds want a selector that tells them apart");
    }
    if plugin.selector.is_some_and(|selector| COMMON_KEYS.contains(&selector.key)) {
        faults.add("the selector is a key that every input has");
    }
    for (at, kind) in plugin.kinds.iter().enumerate() {
        if plugin.kinds[..at].iter().any(|other| other.name == kind.name) {
            faults.add(format!("there are two kinds {:?}", kind.name));
        }
        faults.about = if kind.name.is_empty() { String::new() } else { format!("{}: ", kind.name) };
        options(plugin, kind, faults);
        the_sample(plugin, kind, faults);
        faults.about.clear();
    }
}

fn options(plugin: &Plugin, kind: &Kind, faults: &mut Faulty) {
    let schema = kind.schema().to_value();
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        faults.add("its options want #[serde(deny_unknown_fields)], or a slip of the finger is never told");
    }
    every_property(&schema, "", &mut |path, property| {
        let words = property.get("description").and_then(Value::as_str).unwrap_or_default();
        if words.trim().is_empty() {
            faults.add(format!("the option `{path}` wants a doc comment"));
        }
        if COMMON_KEYS.contains(&path) || plugin.selector.is_some_and(|selector| selector.key == path) {
            faults.add(format!("the option `{path}` has the name of a key that every input has, or of the selector"));
        }
    });
}

/// Calls `take` with the path and the schema of every property, those of tables within too.
fn every_property(schema: &Value, path: &str, take: &mut dyn FnMut(&str, &Value)) {
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        take(&path, property);
        every_property(property, &path, take);
    }
    for word in ["items", "additionalProperties"] {
        schema.get(word).into_iter().for_each(|inner| every_property(inner, path, take));
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        schema
            .get(word)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .for_each(|one| every_property(one, path, take));
    }
}

/// What is shown can be written: as a whole, and each option that stands behind a `#`.
fn the_sample(plugin: &Plugin, kind: &Kind, faults: &mut Faulty) {
    let text = sample(plugin, kind);
    let (head, table) = text.split_once('\n').unwrap_or_default();
    if head != format!("[[inputs.{}]]", plugin.name) {
        faults.add(format!("the sample begins with {head:?}"));
    }
    if Table::parse(table).is_err() {
        faults.add(format!("the sample is no TOML:\n{text}"));
    }
    let schema = kind.schema().to_value();
    let all = properties(&schema);
    let line = |option: &Property<'_>| option.line(&shown(*option)) + "\n";
    let open: String = all.iter().filter(|option| option.required).map(line).collect();
    for option in &all {
        let text = if option.required { open.clone() } else { open.clone() + &line(option) };
        let read = Table::parse(&text).and_then(|table| kind.types(&table).map(drop));
        for fault in read.err().into_iter().flatten() {
            faults.add(format!("the sample shows {:?}: {}: {}", line(option).trim(), fault.option, fault.words));
        }
        if let Some(words) = misfit(option.schema, &shown(*option)) {
            faults.add(format!("the sample of `{}` does not match its schema: {words}", option.name));
        }
    }
}

/// A key that nobody knows is told with its place.
pub fn unknown_key(plugin: &Plugin, example: &Example, bench: &Bench, faults: &mut Faulty) {
    const UNKNOWN: &str = "surely_not_an_option";
    let text = format!("{UNKNOWN} = 1\n{}", example.toml);
    let located = match bench.options(plugin, &text) {
        Err(BuildError::Options(found)) => {
            found.iter().any(|fault| fault.option == UNKNOWN && fault.span.clone() == Some(0..UNKNOWN.len()))
        }
        _ => false,
    };
    if !located {
        faults.add("an unknown key is not told with its place");
    }
}

/// The example's options match the schema that editors check against.
pub fn matches(plugin: &Plugin, kind: &Kind, example: &Example, faults: &mut Faulty) {
    let Some(mut options) = faults.take("the example", toml::from_str::<Value>(&example.toml)) else { return };
    if let (Some(selector), Some(options)) = (plugin.selector, options.as_object_mut()) {
        options.remove(selector.key);
    }
    if let Some(words) = misfit(&kind.schema().to_value(), &options) {
        faults.add(format!("the example does not match the schema: {words}"));
    }
}
