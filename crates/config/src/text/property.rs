//! One option as its JSON Schema describes it: what it takes, what it is without, and a line of TOML.

use serde_json::Value;
use streamer_plugin::options::{Address, Period, Size, schema_of};

/// An option and its schema.
pub(super) struct Property<'s> {
    pub(super) name: &'s str,
    schema: &'s Value,
    pub(super) required: bool,
}

/// The options of a type, in the order in which they are written there.
pub(super) fn properties(schema: &Value) -> Vec<Property<'_>> {
    let required: Vec<&str> =
        schema["required"].as_array().map(|names| names.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let all = schema["properties"].as_object().into_iter().flatten();
    all.map(|(name, schema)| Property { name, schema, required: required.contains(&name.as_str()) }).collect()
}

/// The doc comment of a type or an option.
pub(super) fn about(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

impl Property<'_> {
    pub(super) fn about(&self) -> &str {
        about(self.schema)
    }

    /// What is meant where it is left out.
    pub(super) fn default(&self) -> Option<&Value> {
        let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("");
        self.schema.get("default").filter(|value| !value.is_null() && !empty(value))
    }

    /// A line that sets it: to its default, else to an example.
    pub(super) fn line(&self) -> String {
        let value = self.default().cloned().unwrap_or_else(|| example(self.schema));
        format!("{} = {}", self.name, self.written(&value))
    }

    /// A value of it as a person writes it: an address in hexadecimal.
    pub(super) fn written(&self, value: &Value) -> String {
        let number = value.as_u64().filter(|_| is_address(self.schema));
        number.map_or_else(|| toml(value), |number| format!("{number:#04x}"))
    }

    /// What it takes, in a few words.
    pub(super) fn takes(&self) -> String {
        takes(self.schema)
    }
}

fn is_address(schema: &Value) -> bool {
    schema["format"] == Address::FORMAT
}

/// What `Option<T>` is about.
fn inner(schema: &Value) -> Option<&Value> {
    let some = schema["anyOf"].as_array()?.first()?;
    schema["anyOf"].as_array()?.iter().any(|kind| kind["type"] == "null").then_some(some)
}

fn choices(schema: &Value) -> Vec<&Value> {
    let listed = schema["enum"].as_array().into_iter().flatten();
    let described =
        schema["oneOf"].as_array().into_iter().flatten().filter_map(|kind| {
            kind.get("const").map_or_else(|| kind["enum"].as_array().and_then(|all| all.first()), Some)
        });
    listed.chain(described).filter(|value| !value.is_null()).collect()
}

/// The type's name; that of `Option<T>` is the one of `T`.
fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect(),
        _ => Vec::new(),
    }
}

fn takes(schema: &Value) -> String {
    if let Some(inner) = inner(schema) {
        return takes(inner);
    }
    let choices = choices(schema);
    if !choices.is_empty() {
        return choices.into_iter().map(toml).collect::<Vec<_>>().join(" | ");
    }
    if let Some(pattern) = schema.get("pattern") {
        for (kind, name) in [(schema_of::<Period>(), "duration"), (schema_of::<Size>(), "size")] {
            if kind.get("pattern") == Some(pattern) {
                return name.into();
            }
        }
    }
    if let Some(all) = schema["anyOf"].as_array() {
        let all: Vec<_> = all.iter().map(|kind| kind.get("const").map_or_else(|| takes(kind), toml)).collect();
        return all.join(" | ");
    }
    if is_address(schema) {
        return "0x03 to 0x77".into();
    }
    let words: Vec<String> = kinds(schema)
        .into_iter()
        .map(|kind| match kind {
            "string" => "text".into(),
            "integer" => match (&schema["minimum"], &schema["maximum"]) {
                (Value::Number(low), Value::Number(high)) => format!("{low} to {high}"),
                _ => "whole number".into(),
            },
            "boolean" => "true | false".into(),
            "array" => format!("list of {}", takes(&schema["items"])),
            "object" => "table".into(),
            other => other.into(),
        })
        .collect();
    words.join(" | ")
}

fn example(schema: &Value) -> Value {
    if let Some(first) = schema["examples"].get(0) {
        return first.clone();
    }
    if let Some(first) = choices(schema).first() {
        return (*first).clone();
    }
    if let Some(first) = inner(schema).or_else(|| schema["anyOf"].get(0)) {
        return example(first);
    }
    match kinds(schema).first() {
        Some(&"integer") => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        Some(&"number") => 1.0.into(),
        Some(&"boolean") => schema.get("default").cloned().unwrap_or_else(|| false.into()),
        Some(&"array") => Value::Array(schema.get("items").map(example).into_iter().collect()),
        Some(&"object") => Value::Object(serde_json::Map::new()),
        _ => "...".into(),
    }
}

/// A JSON value as TOML writes it in one line.
pub(super) fn toml(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".into(),
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) if entries.is_empty() => "{}".into(),
        Value::Object(entries) => {
            let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key} = {}", toml(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::String(text) if text.contains('\\') && !text.contains('\'') => format!("'{text}'"),
        other => other.to_string(),
    }
}
