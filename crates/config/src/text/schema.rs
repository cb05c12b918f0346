//! The JSON Schema of a whole configuration, in the dialect that TOML editors understand: draft 7, nothing referred to.

use serde_json::{Map, Value, json};
use streamer_plugin::options::schema_of;
use streamer_plugin::{Kind, Plugin, Selector};

use crate::inputs::CommonOptions;
use crate::rules::RuleOptions;
use crate::settings::{
    AgentOptions, BucketOptions, CsvOptions, InitialStateOptions, LocalOptions, SpoolOptions, StdoutOptions,
};

/// The schema of a configuration whose inputs are made of these plugins. Outputs that the program was built without are
/// not in it.
pub fn schema(plugins: &[Plugin], left_out: &[&str]) -> Value {
    let inputs: Map<String, Value> = plugins
        .iter()
        .map(|plugin| {
            let list = json!({ "description": plugin.about, "type": "array", "items": input(plugin) });
            (plugin.name.to_owned(), list)
        })
        .collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Streamer",
        "description": "The configuration of Streamer.",
        "type": "object",
        "properties": {
            "agent": table::<AgentOptions>(),
            "spool": table::<SpoolOptions>(),
            "outputs": outputs(left_out),
            "taps": closed(json!({ "stdout": table::<StdoutOptions>() })),
            "buckets": { "type": "object", "additionalProperties": table::<BucketOptions>() },
            "inputs": { "type": "object", "properties": inputs, "additionalProperties": false },
        },
        "additionalProperties": false,
    })
}

fn closed(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// A type's schema without what stands only at the root of one.
fn table<T: schemars::JsonSchema>() -> Value {
    within(schema_of::<T>().to_value())
}

fn within(mut schema: Value) -> Value {
    if let Some(all) = schema.as_object_mut() {
        all.remove("$schema");
        all.remove("title");
    }
    schema
}

/// An output is of one of the types; the three labels that are types need not say so.
fn outputs(left_out: &[&str]) -> Value {
    let mut kinds = vec![
        ("initial_state", table::<InitialStateOptions>()),
        ("local", table::<LocalOptions>()),
        ("csv", table::<CsvOptions>()),
    ];
    kinds.retain(|(name, _)| !left_out.contains(name));
    let typed = |name: &str, schema: &Value, required: bool| {
        let mut schema = schema.clone();
        add(&mut schema, "type", json!({ "description": "What the output is; left out, the label.", "const": name }));
        if required {
            require(&mut schema, "type");
        }
        schema
    };
    let own: Map<String, Value> =
        kinds.iter().map(|(name, schema)| ((*name).to_owned(), typed(name, schema, false))).collect();
    let any: Vec<Value> = kinds.iter().map(|(name, schema)| typed(name, schema, true)).collect();
    json!({ "type": "object", "properties": own, "additionalProperties": { "oneOf": any } })
}

fn input(plugin: &Plugin) -> Value {
    match plugin.selector {
        None => plugin.kinds.first().map_or(json!(true), |kind| with_common(within(kind.schema().to_value()))),
        Some(selector) => {
            let kinds: Vec<Value> = plugin.kinds.iter().map(|kind| selected(selector, kind)).collect();
            json!({ "oneOf": kinds })
        }
    }
}

fn selected(selector: Selector, kind: &Kind) -> Value {
    let mut schema = with_common(within(kind.schema().to_value()));
    add(&mut schema, selector.key, json!({ "const": kind.name }));
    if selector.default != Some(kind.name) {
        require(&mut schema, selector.key);
    }
    schema
}

fn with_common(mut schema: Value) -> Value {
    let common = schema_of::<CommonOptions>().to_value();
    for (name, property) in common["properties"].as_object().into_iter().flatten() {
        add(&mut schema, name, property.clone());
    }
    let rules = json!({ "description": "Rules for its readings.", "type": "array", "items": table::<RuleOptions>() });
    add(&mut schema, "readings", rules);
    schema
}

fn add(schema: &mut Value, name: &str, property: Value) {
    schema["properties"][name] = property;
}

fn require(schema: &mut Value, name: &str) {
    let mut names = schema["required"].as_array().cloned().unwrap_or_default();
    names.push(name.into());
    schema["required"] = Value::Array(names);
}
