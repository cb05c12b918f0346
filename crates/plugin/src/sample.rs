//! The commented sample of an input, written from its schema: what `streamer inputs NAME` shows.

use std::fmt::Write;

use serde_json::Value;

use crate::options::Address;
use crate::{Kind, Plugin};

/// An option as the sample shows it.
pub(crate) struct Shown {
    pub(crate) name: String,
    about: String,
    /// Whether it must be given.
    pub(crate) required: bool,
    /// Its default, or else something that could stand there.
    pub(crate) example: Value,
    address: bool,
}

impl Shown {
    /// The example as TOML writes it in one line.
    pub(crate) fn text(&self) -> String {
        let number = self.example.as_u64().filter(|_| self.address);
        number.map_or_else(|| toml_text(self.example.clone()), |number| format!("{number:#04x}"))
    }
}

/// The options of a kind, in the order of its type.
pub(crate) fn shown(kind: &Kind) -> Vec<Shown> {
    let schema = kind.schema();
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object);
    let shown = |(name, property): (&String, &Value)| Shown {
        about: property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        required: required.contains(&name.as_str()),
        example: example(property),
        address: property.get("format").is_some_and(|format| format == Address::FORMAT),
        name: name.clone(),
    };
    properties.into_iter().flatten().map(shown).collect()
}

/// A table that can be pasted into a configuration: what must be given stands open with an example, what may be left
/// out stands behind a `#` with its default.
pub fn sample(plugin: &Plugin, kind: &Kind) -> String {
    let mut text = format!("[[inputs.{}]]\n", plugin.name);
    // Writing to a String cannot fail.
    if let Some(selector) = plugin.selector {
        let open = if selector.default == Some(kind.name) { "# " } else { "" };
        let _ = writeln!(text, "{open}{} = {:?}", selector.key, kind.name);
    }
    for option in shown(kind) {
        for line in option.about.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let open = if option.required { "" } else { "# " };
        let _ = writeln!(text, "{open}{} = {}", option.name, option.text());
    }
    text
}

fn example(property: &Value) -> Value {
    let given =
        property.get("default").filter(|d| !d.is_null()).or_else(|| property.get("examples").and_then(|e| e.get(0)));
    if let Some(value) = given {
        return value.clone();
    }
    if let Some(first) = property.get("enum").and_then(|e| e.get(0)) {
        return first.clone();
    }
    // `Option<T>` is any of T and null.
    if let Some(some) = property.get("anyOf").or_else(|| property.get("oneOf")).and_then(|any| any.get(0)) {
        if let Some(value) = some.get("const") {
            return value.clone();
        }
        return example(some);
    }
    let kind = match property.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        Some(Value::String(kind)) => Some(kind.as_str()),
        _ => None,
    };
    match kind {
        Some("integer") => property.get("minimum").cloned().unwrap_or(Value::from(1)),
        Some("number") => Value::from(1.0),
        Some("boolean") => Value::from(false),
        Some("array") => Value::Array(property.get("items").map(example).into_iter().collect()),
        Some("object") => Value::Object(needed(property)),
        _ => Value::from("..."),
    }
}

/// What a table must hold at least.
fn needed(schema: &Value) -> serde_json::Map<String, Value> {
    let required = schema.get("required").and_then(Value::as_array);
    let names = required.into_iter().flatten().filter_map(Value::as_str);
    names.filter_map(|name| Some((name.to_owned(), example(schema.get("properties")?.get(name)?)))).collect()
}

/// A JSON value as TOML writes it in one line.
fn toml_text(value: Value) -> String {
    match value {
        Value::Null => "\"\"".into(),
        Value::Array(items) => format!("[{}]", items.into_iter().map(toml_text).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) if entries.is_empty() => "{}".into(),
        Value::Object(entries) => {
            let entries: Vec<_> = entries
                .into_iter()
                .filter(|(_, v)| !v.is_null())
                .map(|(k, v)| format!("{k} = {}", toml_text(v)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::String(text) if text.contains('\\') && !text.contains('\'') => format!("'{text}'"),
        other => other.to_string(),
    }
}
