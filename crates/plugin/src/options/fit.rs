//! As much of JSON Schema as options use, so that a value can be held against the schema that somebody else brings.

use serde_json::{Map, Value};

use super::nearest;

/// What is wrong with `value`, as far as the schema says; nothing where it fits. Known are `type`, `enum`, `const`,
/// `anyOf`, `oneOf`, `minimum`, `maximum`, `items`, `properties`, `required` and `additionalProperties`; what else a
/// schema says is passed over.
pub fn misfit(schema: &Value, value: &Value) -> Option<String> {
    let wrong = |words: String| Some(format!("{value} {words}"));
    if let Some(kinds) = schema.get("type")
        && !one_or_many(kinds).any(|kind| kind.as_str().is_some_and(|kind| is(kind, value)))
    {
        return wrong(format!("is not of type {kinds}"));
    }
    if let Some(list) = schema.get("enum").and_then(Value::as_array)
        && !list.contains(value)
    {
        return wrong(format!("is none of {list:?}"));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return wrong(format!("is not {}", schema["const"]));
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(list) = schema.get(word).and_then(Value::as_array)
            && list.iter().all(|one| misfit(one, value).is_some())
        {
            return wrong(format!("fits none of {list:?}"));
        }
    }
    if let Some(number) = value.as_f64() {
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        if bound("minimum").is_some_and(|low| number < low) || bound("maximum").is_some_and(|high| number > high) {
            return wrong("is out of bounds".into());
        }
    }
    match value {
        Value::Array(items) => {
            let of = schema.get("items")?;
            items.iter().find_map(|item| misfit(of, item))
        }
        Value::Object(entries) => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let missing = required.filter_map(Value::as_str).find(|name| !entries.contains_key(*name));
            let wrong = || entries.iter().find_map(|(name, value)| entry(schema, name, value));
            missing.map(|name| format!("`{name}` is missing{}", meant(schema, name, entries))).or_else(wrong)
        }
        _ => None,
    }
}

fn entry(schema: &Value, name: &str, value: &Value) -> Option<String> {
    match (schema.get("properties").and_then(|known| known.get(name)), schema.get("additionalProperties")) {
        (Some(known), _) => misfit(known, value).map(|words| format!("`{name}`: {words}")),
        (None, Some(Value::Bool(false))) => {
            let known = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let near = nearest(name, known.map(|(name, _)| name.as_str()));
            let help = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            Some(format!("`{name}` is unknown{help}"))
        }
        (None, Some(others)) => misfit(others, value),
        (None, None) => None,
    }
}

/// An entry that the schema does not know, and that is nearly what is missing.
fn meant(schema: &Value, missing: &str, entries: &Map<String, Value>) -> String {
    let known = |name: &str| schema.get("properties").is_some_and(|known| known.get(name).is_some());
    let strange = entries.keys().map(String::as_str).filter(|name| !known(name));
    nearest(missing, strange).map(|near| format!("; `{near}` is unknown")).unwrap_or_default()
}

fn one_or_many(value: &Value) -> impl Iterator<Item = &Value> {
    let (many, one) = if let Some(list) = value.as_array() { (list.as_slice(), None) } else { (&[][..], Some(value)) };
    many.iter().chain(one)
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_fit_and_values_that_do_not() {
        let schema = json!({
            "type": "object",
            "properties": {
                "n": { "type": ["integer", "null"], "minimum": 3, "maximum": 9 },
                "word": { "anyOf": [{ "enum": ["a", "b"] }, { "type": "null" }] },
                "list": { "type": "array", "items": { "type": "string" } },
            },
            "additionalProperties": false,
        });
        for value in [json!({}), json!({ "n": 3, "word": "b" }), json!({ "list": ["x"], "n": null })] {
            assert_eq!(misfit(&schema, &value), None, "{value}");
        }
        for value in
            [json!({ "n": 2 }), json!({ "n": 3.5 }), json!({ "word": "c" }), json!({ "list": [1] }), json!({ "x": 1 })]
        {
            assert!(misfit(&schema, &value).is_some(), "{value}");
        }
    }

    #[test]
    fn slips_of_the_finger_are_told() {
        let open = json!({ "properties": { "file": { "type": "string" } }, "required": ["file"] });
        let words = |schema: &Value, value| misfit(schema, &value).unwrap();
        assert_eq!(words(&open, json!({ "fil": "x" })), "`file` is missing; `fil` is unknown");
        assert_eq!(words(&open, json!({ "colour": "x" })), "`file` is missing");
        let closed = json!({ "properties": { "file": {} }, "additionalProperties": false });
        assert_eq!(words(&closed, json!({ "fil": "x" })), "`fil` is unknown: did you mean `file`?");
    }
}
