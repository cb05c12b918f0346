//! Reading a table into a type, past its first mistake.

use std::ops::Range;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::given::{Given, Mistake};
use super::words::{did_you_mean, translate};
use super::{Fault, Faults, Table, is_secret_name};

/// The JSON Schema of an options type, with everything written out in place: the dialect that TOML editors understand.
pub fn schema_of<T: JsonSchema>() -> Schema {
    written_out(T::json_schema)
}

/// The part that is the same for every type, so that the program has it once.
fn written_out(schema: fn(&mut SchemaGenerator) -> Schema) -> Schema {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut generator = settings.into_generator();
    let mut schema = schema(&mut generator);
    for transform in generator.transforms_mut() {
        transform.transform(&mut schema);
    }
    schema
}

/// An entry that was taken out: missing it is no second mistake.
struct Removed {
    path: String,
    name: String,
    place: Range<usize>,
}

pub(super) fn read<T: DeserializeOwned + JsonSchema>(table: &Table<'_>) -> Result<T, Faults> {
    let mut read = None;
    let mut attempt = |whole: Given<'_>| T::deserialize(whole).map(|value| read = Some(value));
    // What is right needs no schema, and making one costs more than reading the table.
    if attempt(Given::table(&table.entries, &table.span)).is_err() {
        past_mistakes(table, schema_of::<T>, &mut attempt)?;
    }
    // Either way the last attempt worked.
    read.ok_or_else(Faults::default)
}

/// The part that is the same for every type, so that the program has it once.
#[cold]
fn past_mistakes(
    table: &Table<'_>,
    schema: fn() -> Schema,
    attempt: &mut dyn FnMut(Given<'_>) -> Result<(), Mistake>,
) -> Result<(), Faults> {
    let schema = schema();
    let mut rest = table.clone();
    let mut faults = Faults::default();
    let mut removed: Vec<Removed> = Vec::new();
    unknown_keys(&schema, &mut rest, &mut faults);
    missing_keys(&schema, table, &mut faults);
    loop {
        let error = match attempt(Given::table(&rest.entries, &rest.span)) {
            Ok(()) if faults.is_empty() => return Ok(()),
            Ok(()) => return Err(faults),
            Err(error) => error,
        };
        let span = error.span().unwrap_or_else(|| rest.span.clone());
        let missing = error.words().strip_prefix("missing field `").and_then(|m| m.split('`').next());
        if let Some(name) = missing {
            let top = span == rest.span;
            let known =
                removed.iter().any(|r| r.name == name && if top { r.path == name } else { inside(&r.place, &span) })
                    || (top && faults.iter().any(|f| f.option == name));
            let gone = if top { None } else { take_out(&mut rest.entries, &span, "") };
            if !known {
                let option = gone.as_ref().map_or(name.to_owned(), |(path, ..)| format!("{path}.{name}"));
                faults.push(Fault {
                    span: Some(span.clone()),
                    option,
                    words: format!("`{name}` is missing"),
                    help: None,
                });
            }
            match gone {
                Some((path, name, place)) => removed.push(Removed { path, name, place }),
                None => return Err(faults),
            }
            continue;
        }
        let Some((option, name, place)) = take_out(&mut rest.entries, &span, "") else {
            faults.push(Fault { span: Some(span), option: String::new(), words: error.words().to_owned(), help: None });
            return Err(faults);
        };
        let (words, help) = translate(error.words(), is_secret_name(&name));
        faults.push(Fault { span: Some(span), option: option.clone(), words, help });
        removed.push(Removed { path: option, name, place });
    }
}

fn unknown_keys(schema: &Schema, table: &mut Table<'_>, faults: &mut Faults) {
    let Some(Value::Object(known)) = schema.get("properties") else { return };
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return;
    }
    let unknown: Vec<String> = table.keys().filter(|key| !known.contains_key(*key)).map(str::to_owned).collect();
    for name in unknown {
        let span = table.name_place(&name);
        let mut help = did_you_mean(&name, known.keys().map(String::as_str));
        if help.is_none() {
            help = Some(format!("known here: {}", known.keys().cloned().collect::<Vec<_>>().join(", ")));
        }
        faults.push(Fault { span, words: format!("unknown key `{name}`"), help, option: name.clone() });
        table.take(&name);
    }
}

fn missing_keys(schema: &Schema, table: &Table<'_>, faults: &mut Faults) {
    let Some(Value::Array(required)) = schema.get("required") else { return };
    for name in required.iter().filter_map(Value::as_str).filter(|name| table.get(name).is_none()) {
        faults.push(Fault {
            span: Some(table.span()),
            option: name.to_owned(),
            words: format!("`{name}` is missing"),
            help: None,
        });
    }
}

fn inside(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Takes out the innermost entry that `span` lies in; tells its path, its name and its place.
fn take_out(table: &mut DeTable<'_>, span: &Range<usize>, path: &str) -> Option<(String, String, Range<usize>)> {
    let holds = |key: &Range<usize>, value: &Range<usize>| inside(span, key) || inside(span, value);
    let key = table.iter().find(|(key, value)| holds(&key.span(), &value.span())).map(|(key, _)| key.clone())?;
    let name = key.get_ref().to_string();
    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
    let value = table.get_mut(&key)?;
    let whole = value.span() == *span;
    if !whole && let Some(found) = take_out_of(value.get_mut(), span, &path) {
        return Some(found);
    }
    let place = key.span().start..value.span().end.max(key.span().end);
    table.remove(&key);
    Some((path, name, place))
}

fn take_out_of(value: &mut DeValue<'_>, span: &Range<usize>, path: &str) -> Option<(String, String, Range<usize>)> {
    match value {
        DeValue::Table(table) => take_out(table, span, path),
        DeValue::Array(items) => {
            let at = items.iter().position(|item| inside(span, &item.span()))?;
            let item = items.get_mut(at)?;
            if item.span() != *span
                && let Some(found) = take_out_of(item.get_mut(), span, path)
            {
                return Some(found);
            }
            let place = item.span();
            // An array keeps its other items: they may be wrong as well.
            let kept: Vec<_> =
                items.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, item)| item.clone()).collect();
            *items = kept.into_iter().collect();
            Some((path.to_owned(), path.rsplit('.').next().unwrap_or(path).to_owned(), place))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::options::Period;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by serde, shown by Debug")]
    struct Outer {
        /// Doc.
        name: String,
        /// Doc.
        every: Option<Period>,
        /// Doc.
        level: Option<u8>,
        /// Doc.
        #[serde(default)]
        rules: Vec<Rule>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by serde, shown by Debug")]
    struct Rule {
        /// Doc.
        pattern: String,
        /// Doc.
        scale: Option<f64>,
    }

    fn check(text: &str, expected: &[&str]) {
        let faults = Table::parse(text).unwrap().read::<Outer>().err().map(Faults::into_iter);
        let found: Vec<String> = faults
            .into_iter()
            .flatten()
            .map(|f| format!("{}|{}|{}", &text[f.span.unwrap()], f.words, f.help.unwrap_or_default()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn all_mistakes_of_a_table_at_once() {
        check("name = 'x'", &[]);
        check(
            "nam = 'x'\nevery = 10\nlevel = 300\n",
            &[
                "nam|unknown key `nam`|did you mean `name`?",
                "|`name` is missing|",
                "10|expected a duration as text with a unit, such as \"250ms\", \"10s\" or \"1h\", found the number 10|",
                "300|expected a whole number from 0 to 255, found the number 300|",
            ],
        );
    }

    #[test]
    fn several_mistakes_within_a_list_of_tables() {
        check(
            "name = 'x'\nrules = [{ pattern = 5, scale = 'a' }, { scal = 1.0, pattern = 'b' }]",
            &[
                "5|expected text in quotes, found the number 5|",
                "'a'|expected a number, found the text \"a\"|",
                "scal|unknown key `scal`|did you mean `scale`?",
            ],
        );
        check(
            "name = 'x'\nrules = [{ scale = 2.0 }, { pattern = true }]",
            &["{ scale = 2.0 }|`pattern` is missing|", "true|expected text in quotes, found true|"],
        );
    }

    #[test]
    fn what_was_taken_out_is_not_missing() {
        check("name = 5", &["5|expected text in quotes, found the number 5|"]);
    }

    /// Every question that a type can ask.
    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct All {
        byte: Option<u8>,
        signed: Option<i16>,
        huge: Option<u64>,
        number: Option<f64>,
        letter: Option<char>,
        pair: Option<(u8, String)>,
        words: Option<std::collections::BTreeMap<String, bool>>,
        choice: Option<Choice>,
        anything: Option<Value>,
    }

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Off,
        Every(u8),
        Between { from: u8, to: u8 },
    }

    #[test]
    fn every_kind_of_value_is_read_as_the_type_asks() {
        let read = |text: &str| Table::parse(text).unwrap().read::<All>();
        let all = read(
            "byte = 0xff\nsigned = -7\nhuge = 18446744073709551615\nnumber = 3\nletter = 'x'\npair = [1, 'a']\n\
             words = { a = true }\nchoice = { between = { from = 1, to = 2 } }\nanything = [1, { b = 2.5 }, 'c', false]\n",
        );
        let all = all.unwrap();
        assert_eq!((all.byte, all.signed, all.huge, all.number), (Some(255), Some(-7), Some(u64::MAX), Some(3.0)));
        assert_eq!((all.letter, all.pair), (Some('x'), Some((1, "a".into()))));
        assert!(all.words.unwrap()["a"]);
        assert_eq!(all.choice, Some(Choice::Between { from: 1, to: 2 }));
        assert_eq!(all.anything.unwrap(), serde_json::json!([1, { "b": 2.5 }, "c", false]));
        assert_eq!(read("choice = 'off'").unwrap().choice, Some(Choice::Off));
        assert_eq!(read("choice = { every = 5 }").unwrap().choice, Some(Choice::Every(5)));
        assert!(read("number = inf").unwrap().number.is_some_and(f64::is_infinite));

        let told = |text: &str| {
            let fault = read(text).unwrap_err().into_iter().next().unwrap();
            format!("{}|{}", &text[fault.span.unwrap()], fault.words)
        };
        for (text, words) in [
            ("byte = 2026-03-05", "2026-03-05|expected a whole number from 0 to 255, found a date or a time"),
            ("byte = -1", "-1|expected a whole number from 0 to 255, found the number -1"),
            ("huge = -1", "-1|expected a whole number, not negative, found the number -1"),
            (
                "signed = 18446744073709551615",
                "18446744073709551615|expected a whole number from -32768 to 32767, found the number 18446744073709551615",
            ),
            (
                "huge = 99999999999999999999",
                "99999999999999999999|expected a whole number, not negative, found a number of more than 64 bits",
            ),
            ("number = 1e999", "1e999|expected a number, found a number that is too large"),
            ("number = 'x'", "'x'|expected a number, found the text \"x\""),
            ("letter = 'xy'", "'xy'|expected a character, found the text \"xy\""),
            ("pair = 5", "5|expected a tuple of size 2, found the number 5"),
            ("words = [1]", "[1]|expected a table, found a list"),
            ("words = { a = 1 }", "1|expected true or false, found the number 1"),
            ("choice = 5", "5|expected one of off, every, between, found the number 5"),
            ("choice = 'of'", "'of'|`of` is not one of off, every, between"),
            ("choice = 'every'", "'every'|expected a table of one entry, found the word alone"),
            ("choice = { off = 1 }", "1|expected the word alone, found the number 1"),
            ("choice = { every = 300 }", "300|expected a whole number from 0 to 255, found the number 300"),
            ("anything = 2026-03-05", "2026-03-05|expected any valid JSON value, found a date or a time"),
        ] {
            assert_eq!(told(text), words, "{text}");
        }
    }
}
