//! Several files as one: tables are joined, lists of tables are joined end to end, all else may be given once.

use toml::de::{DeTable, DeValue};

use super::Value;
use crate::place::Findings;

/// Puts the entries of `from` into `into`. `path` is the dotted name of both.
pub(super) fn merge<'t>(into: &mut DeTable<'t>, from: DeTable<'t>, path: &str, findings: &mut Findings<'_>) {
    for (key, value) in from {
        let name = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        let here = key.span();
        let Some(first) = into.keys().find(|known| **known == key).map(toml::Spanned::span) else {
            into.insert(key, value);
            continue;
        };
        let Some(known) = into.get_mut(&key) else { continue };
        match (known.get_mut(), value.into_inner()) {
            (DeValue::Table(known), DeValue::Table(more)) => merge(known, more, &name, findings),
            (DeValue::Array(known), DeValue::Array(more)) if all_tables(known) && all_tables(&more) => {
                more.into_iter().for_each(|item| known.push(item));
            }
            _ => {
                findings
                    .conflict((&here, "given again"), (&first, "given here"), format!("`{name}` is given in two files"))
                    .help = Some("keep one of them; files add to each other, none overrides another".into());
            }
        }
    }
}

fn all_tables(items: &[Value<'_>]) -> bool {
    items.iter().all(|item| item.get_ref().is_table())
}
