//! One option as its JSON Schema describes it: what it is about, what it takes, and how a person writes a value of it.
//!
//! Samples, references and checks all show options through this, so that an option looks the same everywhere.

use serde_json::{Map, Value};

use super::{Address, Period, Size, schema_of};

/// An option, and its schema.
#[derive(Debug, Clone, Copy)]
pub struct Property<'s> {
    /// Its name.
    pub name: &'s str,
    /// What it takes.
    pub schema: &'s Value,
    /// Whether it must be given.
    pub required: bool,
}

/// The options of a type, in the order in which they are written there.
pub fn properties(schema: &Value) -> Vec<Property<'_>> {
    let required = required(schema);
    let all = schema["properties"].as_object().into_iter().flatten();
    all.map(|(name, schema)| Property { name, schema, required: required.contains(&name.as_str()) }).collect()
}

impl<'s> Property<'s> {
    /// Its doc comment.
    pub fn about(&self) -> &'s str {
        self.schema["description"].as_str().unwrap_or_default()
    }

    /// What is meant where it is left out. An option that is nothing then has no default.
    pub fn default(&self) -> Option<&'s Value> {
        self.schema.get("default").filter(|value| !value.is_null())
    }

    /// Something that could stand there.
    pub fn example(&self) -> Value {
        example(self.schema)
    }

    /// A line of TOML that sets it to this value. An address stands there in hexadecimal, as datasheets have it.
    pub fn line(&self, value: &Value) -> String {
        format!("{} = {}", self.name, self.written(value))
    }

    /// A value of it as that line has it.
    pub fn written(&self, value: &Value) -> String {
        let number = value.as_u64().filter(|_| is_address(self.schema));
        let address = number.and_then(|number| Address::new(u8::try_from(number).ok()?));
        address.map_or_else(|| toml(value), |address| address.to_string())
    }

    /// What it takes, in a few words.
    pub fn takes(&self) -> String {
        takes(self.schema)
    }
}

/// The names of what must be given.
fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_address(schema: &Value) -> bool {
    schema["format"] == Address::FORMAT
}

/// The schema of `T` in that of `Option<T>`.
fn inner(schema: &Value) -> Option<&Value> {
    let any = schema["anyOf"].as_array()?;
    any.iter().any(|kind| kind["type"] == "null").then(|| any.first()).flatten()
}

/// The values that it can have, where these are listed.
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
        return first.get("const").cloned().unwrap_or_else(|| example(first));
    }
    match kinds(schema).first() {
        Some(&"integer") => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        Some(&"number") => 1.0.into(),
        Some(&"boolean") => schema.get("default").cloned().unwrap_or_else(|| false.into()),
        Some(&"array") => Value::Array(schema.get("items").map(example).into_iter().collect()),
        Some(&"object") => Value::Object(needed(schema)),
        _ => "...".into(),
    }
}

/// What a table must hold at least.
fn needed(schema: &Value) -> Map<String, Value> {
    let names = required(schema).into_iter();
    names.filter_map(|name| Some((name.to_owned(), example(schema["properties"].get(name)?)))).collect()
}

/// A JSON value as TOML writes it in one line. What is nothing is left out of a table.
fn toml(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".into(),
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) if entries.is_empty() => "{}".into(),
        Value::Object(entries) => {
            let there = entries.iter().filter(|(_, value)| !value.is_null());
            let entries: Vec<_> = there.map(|(key, value)| format!("{key} = {}", toml(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::String(text) if text.contains('\\') && !text.contains('\'') => format!("'{text}'"),
        other => other.to_string(),
    }
}
