//! Schema, samples and reference: made from the option types, and right.

use std::fs;

use serde_json::Value;
use streamer_config::{Files, Style, Surroundings, every_key, load, reference, schema, starter};

use crate::fakes::{PLUGINS, around};

fn right(text: &str) -> streamer_config::Plan {
    load(&Files::text("made.toml", text), &around()).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes}"))
}

/// With every line taken in that is there to be taken in.
fn taken_in(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn the_file_with_every_key_is_as_the_types_say() {
    let path = format!("{}/../../configs/streamer.toml", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, every_key()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), every_key(), "UPDATE_EXPECTED=1 writes it anew");
}

#[test]
fn the_file_with_every_key_says_what_is_so_without_it() {
    let all = right(&every_key());
    let none = right(
        "[outputs.initial_state]\naccess_key = 'x'\n[outputs.local]\n[outputs.csv]\n[taps.stdout]\n[buckets.greenhouse]\n",
    );
    assert_eq!(all.agent, none.agent);
    assert_eq!(all.spool, none.spool);
    assert_eq!(all.outputs[1].kind, none.outputs[1].kind);
    assert_eq!(all.outputs[2].kind, none.outputs[2].kind);
    assert_eq!(all.buckets[0].flush_interval, none.buckets[0].flush_interval);
    assert_eq!(all.buckets[0].buffer_size, none.buckets[0].buffer_size);
}

#[test]
fn the_starter_works_as_it_is_and_with_everything_taken_in() {
    let text = starter(&PLUGINS, &[]);
    let plan = right(&text);
    assert_eq!((plan.inputs.len(), plan.outputs.len(), plan.warnings.len()), (1, 1, 0));
    let plan = right(&taken_in(&text));
    assert_eq!((plan.inputs.len(), plan.outputs.len()), (PLUGINS.len(), 2));
    assert_eq!(plan.inputs[0].rules.len(), 1);
}

#[test]
fn what_was_left_out_is_told_where_it_is_asked_for_and_offered_nowhere() {
    let plugins = PLUGINS.map(|plugin| if plugin.name == "gpio" { PLUGINS[0] } else { plugin });
    let small = Surroundings { plugins: &plugins, left_out: &["gpio", "local", "csv"], ..around() };
    let text = "[outputs.local]\n[outputs.mine]\ntype = 'csv'\n[outputs.other]\ntype = 'locl'\n[buckets.b]\n\
                [[inputs.gpio]]\npin = 4\n[[inputs.gipo]]\npin = 5\n";
    let mistakes = load(&Files::text("small.toml", text), &small).unwrap_err().render(Style::Plain);
    for said in [
        "without the output `local`\n --> small.toml:1:1",
        "without the output `csv`\n --> small.toml:3:8",
        "help: there are initial_state\n",
        "without the input `gpio`\n --> small.toml:7:10",
        "help: take a program that has it, or build one with the cargo feature `gpio` of streamer-agent",
        "no plugin `gipo`",
    ] {
        assert!(mistakes.contains(said), "{said}\n{mistakes}");
    }
    // Of its own plugins nothing is left out, whatever the list says.
    let own = Surroundings { left_out: &["system"], ..around() };
    load(&Files::text("own.toml", "[taps.stdout]\n[buckets.b]\n[[inputs.system]]\n"), &own).unwrap();

    let text = starter(&PLUGINS, &["local", "initial_state"]);
    let plan = right(&text);
    assert!(plan.outputs.is_empty() && plan.taps.stdout && !text.contains("outputs"), "{text}");
    let outputs = &schema(&PLUGINS, &["local"])["properties"]["outputs"]["properties"];
    assert!(outputs["csv"].is_object() && outputs["local"].is_null(), "{outputs}");
}

#[test]
fn the_reference_names_every_option_and_every_key() {
    let text = reference(&PLUGINS[0]);
    for part in
        ["system: the machine itself", "collect", "list of \"cpu\"", "0 to 255", "temp_NAME", "°C", "[[inputs.system]]"]
    {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    let text = reference(&PLUGINS[2]);
    assert!(text.contains("With sensor = \"bme280\" or \"sht3x\"") && text.contains("must be given"), "{text}");
    assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
}

/// As much of JSON Schema as the schema of a configuration uses; anything else in it fails the test.
fn fits(value: &Value, schema: &Value) -> Result<(), String> {
    let Some(all) = schema.as_object() else { return Ok(()) };
    for (word, rule) in all {
        let right = match word.as_str() {
            "type" => {
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(number) if number.is_f64() => "number",
                    Value::Number(_) => "integer",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                let named = |name: &Value| name == kind || (name == "number" && kind == "integer");
                rule.as_array().map_or_else(|| named(rule), |names| names.iter().any(named))
            }
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "items" => value.as_array().into_iter().flatten().all(|item| fits(item, rule).is_ok()),
            "oneOf" => rule.as_array().unwrap().iter().filter(|one| fits(value, one).is_ok()).count() == 1,
            "anyOf" => rule.as_array().unwrap().iter().any(|one| fits(value, one).is_ok()),
            "required" => rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    value
                        .get(name)
                        .map_or(Ok(()), |inner| fits(inner, rule).map_err(|words| format!("{name}: {words}")))?;
                }
                true
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object();
                let mut others = value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| !known.is_some_and(|all| all.contains_key(*name)));
                others.all(|(_, inner)| rule != false && fits(inner, rule).is_ok())
            }
            "pattern" | "format" | "default" | "examples" | "description" | "title" | "$schema" | "writeOnly" => true,
            other => panic!("{other} is more than editors of TOML understand"),
        };
        if !right {
            return Err(format!("{value} against {word} {rule}"));
        }
    }
    Ok(())
}

fn as_json(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

#[test]
fn the_schema_takes_what_is_right_and_refuses_what_is_not() {
    let schema = schema(&PLUGINS, &[]);
    let takes = |text: &str| fits(&as_json(text), &schema);
    for text in [every_key(), starter(&PLUGINS, &[]), taken_in(&starter(&PLUGINS, &[]))] {
        takes(&text).unwrap();
    }
    for text in [
        "[outputs.two]\ntype = 'local'\npath = 'x.db'\n[spool]\nsync = 'always'\n",
        "[[inputs.gpio]]\nmode = 'edge'\npin = 'P11'\nkey = 'door'\ndebounce = '50ms'\nbucket = 'a'\n",
        "[[inputs.system]]\ncron = '@daily'\n[[inputs.system.readings]]\nmatch = '*'\non_change = { delta = 0.2 }\n",
    ] {
        takes(text).unwrap_or_else(|words| panic!("{text}\n{words}"));
    }
    for text in [
        "[agnet]\n",
        "[agent]\nintervall = '10s'\n",
        "[agent]\ninterval = 10\n",
        "[outputs.two]\npath = 'x.db'\n",
        "[outputs.local]\naccess_key = 'x'\n",
        "[[inputs.sistem]]\n",
        "[[inputs.gpio]]\npin = 17\nkey = 'door'\ndebounce = '50ms'\n",
        "[[inputs.gpio]]\nmode = 'edge'\npin = 17\n",
        "[[inputs.i2c]]\naddress = 0x76\n",
        "[[inputs.system]]\n[[inputs.system.readings]]\nround = 1\n",
    ] {
        assert!(takes(text).is_err(), "{text}");
    }
}

#[test]
fn bad_files_that_only_have_wrong_keys_are_refused_by_the_schema_too() {
    let folder = format!("{}/tests/bad", env!("CARGO_MANIFEST_DIR"));
    let schema = schema(&PLUGINS, &[]);
    for name in
        ["unknown_key", "unknown_table", "wrong_types", "selector_unknown", "option_of_another_kind", "options_several"]
    {
        let text = fs::read_to_string(format!("{folder}/{name}.toml")).unwrap();
        assert!(fits(&as_json(&text), &schema).is_err(), "{name}");
    }
}
