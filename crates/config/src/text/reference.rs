//! All about one plugin, for a terminal: its options, the keys it makes, a sample.

use std::fmt::Write;

use serde_json::Value;
use streamer_plugin::options::properties;
use streamer_plugin::{COMMON_KEYS, Kind, Plugin, sample};

use super::{about, default, wrapped};

/// Where the words of an option stand.
const DEEP: &str = "      ";

/// What `streamer inputs NAME` shows.
pub fn reference(plugin: &Plugin) -> String {
    let mut text = format!("{}: {}\n", plugin.name, plugin.about);
    // Kinds that have the same options stand together.
    let mut groups: Vec<(Value, Vec<&Kind>)> = Vec::new();
    for kind in plugin.kinds {
        let schema = kind.schema().to_value();
        match groups.iter_mut().find(|(known, _)| *known == schema) {
            Some((_, kinds)) => kinds.push(kind),
            None => groups.push((schema, vec![kind])),
        }
    }
    for (schema, kinds) in &groups {
        text.push('\n');
        if let Some(selector) = plugin.selector {
            let names: Vec<String> = kinds
                .iter()
                .map(|kind| {
                    let default = if selector.default == Some(kind.name) { " (the default)" } else { "" };
                    format!("{:?}{default}", kind.name)
                })
                .collect();
            let _ = writeln!(text, "With {} = {}", selector.key, names.join(" or "));
        }
        for line in about(schema).lines() {
            let _ = writeln!(text, "{line}");
        }
        options(&mut text, schema);
        for kind in kinds {
            makes(&mut text, kind, if kinds.len() > 1 { kind.name } else { "" });
        }
        if let Some(first) = kinds.first() {
            text.push('\n');
            text.push_str(&sample(plugin, first));
        }
    }
    let _ = writeln!(text);
    wrapped(&mut text, "", DEEP, &format!("Every input also has {}.", COMMON_KEYS.join(", ")));
    text
}

fn options(text: &mut String, schema: &Value) {
    for option in properties(schema) {
        let default = match default(&option) {
            Some(value) => format!(", by default {}", option.written(value)),
            None if option.required => ", must be given".into(),
            None => String::new(),
        };
        text.push('\n');
        wrapped(text, "  ", DEEP, &format!("{}: {}{default}", option.name, option.takes()));
        wrapped(text, DEEP, DEEP, option.about());
    }
}

fn makes(text: &mut String, kind: &Kind, name: &str) {
    let row = |made: &streamer_plugin::Made| [made.key, made.unit, made.about];
    let rows: Vec<_> = kind.makes.iter().map(row).collect();
    if !rows.is_empty() {
        text.push('\n');
        if !name.is_empty() {
            let _ = writeln!(text, "  {name} makes");
        }
        table(text, ["key", "unit", ""], &rows);
    }
}

/// Columns as wide as their widest cell; nothing stands behind the last.
fn table(text: &mut String, head: [&str; 3], rows: &[[&str; 3]]) {
    let all = || std::iter::once(&head).chain(rows);
    let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), 0];
    for row in all() {
        let mut line = String::from(" ");
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, " {cell:width$} ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
