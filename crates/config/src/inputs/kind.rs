//! Which kind of a plugin an input is, and its typed options. What a plugin's options are is asked once for each kind.

use std::collections::HashMap;
use std::sync::Arc;

use streamer_plugin::options::{Table, nearest};
use streamer_plugin::{COMMON_KEYS, Kind, Options, Plugin, Selector};

use crate::place::Findings;
use crate::settings::kind as kind_of;

/// The names of the options of every kind that was met.
#[derive(Default)]
pub(super) struct Kinds<'p>(HashMap<(&'p str, &'p str), Arc<[String]>>);

impl<'p> Kinds<'p> {
    /// Takes the selector out of the table and reads the rest into the options of the kind that it picks.
    pub(super) fn read(
        &mut self,
        plugin: &'p Plugin,
        table: &mut Table<'_>,
        findings: &mut Findings<'_>,
    ) -> Option<(&'static str, Arc<dyn Options>)> {
        let kind = match plugin.selector {
            None => plugin.kinds.first()?,
            Some(selector) => select(plugin, selector, table, findings)?,
        };
        let known = self.unknown_keys(plugin, kind, table, findings);
        match kind.read(table) {
            Ok(options) => known.then(|| (kind.name, Arc::from(options))),
            Err(faults) => {
                findings.faults(faults, &table.span());
                None
            }
        }
    }

    /// Takes out what the kind does not know, and says what may have been meant: an option of its own, a key that every
    /// input has, or an option of another kind.
    fn unknown_keys(
        &mut self,
        plugin: &'p Plugin,
        kind: &'p Kind,
        table: &mut Table<'_>,
        findings: &mut Findings<'_>,
    ) -> bool {
        let own = self.names(plugin, kind);
        let unknown: Vec<String> =
            table.keys().filter(|key| !own.iter().any(|name| name == key)).map(str::to_owned).collect();
        for name in &unknown {
            let Some(span) = table.name_place(name) else { continue };
            table.take(name);
            let all = || own.iter().map(String::as_str).chain(COMMON_KEYS).chain(plugin.selector.map(|s| s.key));
            let help = match nearest(name, all()) {
                Some(word) => format!("did you mean `{word}`?"),
                None => self.elsewhere(plugin, name).unwrap_or_else(|| {
                    format!("known here: {}; and on every input {}", own.join(", "), COMMON_KEYS.join(", "))
                }),
            };
            findings.error(&span, format!("unknown key `{name}`")).help = Some(help);
        }
        unknown.is_empty()
    }

    /// The kinds of the plugin that have an option of this name.
    fn elsewhere(&mut self, plugin: &'p Plugin, option: &str) -> Option<String> {
        let selector = plugin.selector?;
        let mut having = Vec::new();
        for kind in plugin.kinds {
            if self.names(plugin, kind).iter().any(|name| name == option) {
                having.push(format!("{} = {:?}", selector.key, kind.name));
            }
        }
        (!having.is_empty()).then(|| format!("`{option}` belongs to {}", having.join(", ")))
    }

    fn names(&mut self, plugin: &'p Plugin, kind: &'p Kind) -> Arc<[String]> {
        let names = self.0.entry((plugin.name, kind.name)).or_insert_with(|| {
            let schema = kind.schema();
            let properties = schema.get("properties").and_then(serde_json::Value::as_object);
            properties.map(|all| all.keys().cloned().collect()).unwrap_or_default()
        });
        names.clone()
    }
}

fn select<'p>(
    plugin: &'p Plugin,
    selector: Selector,
    table: &mut Table<'_>,
    findings: &mut Findings<'_>,
) -> Option<&'p Kind> {
    let names = || plugin.kinds.iter().map(|kind| kind.name);
    let all = || format!("one of {}", names().collect::<Vec<_>>().join(", "));
    let key = selector.key;
    let Some(value) = table.take(key) else {
        return selector.default.and_then(|name| plugin.kind(name)).or_else(|| {
            // A slip in the selector's own name is a mistake of its own, and the only one.
            let slip = table.keys().find(|name| nearest(name, [key]).is_some()).map(str::to_owned);
            match slip.and_then(|name| table.name_place(&name).map(|span| (name, span))) {
                Some((name, span)) => {
                    findings.error(&span, format!("unknown key `{name}`")).help =
                        Some(format!("did you mean `{key}`?"));
                }
                None => findings.error(&table.span(), format!("`{key}` is missing")).help = Some(all()),
            }
            None
        });
    };
    let Some(name) = value.get_ref().as_str() else {
        findings.error(&value.span(), format!("expected text in quotes, found {}", kind_of(value.get_ref()))).help =
            Some(all());
        return None;
    };
    plugin.kind(name).or_else(|| {
        let near = nearest(name, names()).map(|word| format!("did you mean \"{word}\"?"));
        findings.error(&value.span(), format!("there is no {key} `{name}`")).help = near.or_else(|| Some(all()));
        None
    })
}
