//! The id of an input: by what it is known in state, logs and status. No two inputs have the same.

use std::collections::{HashMap, HashSet};

use streamer_reading::word;

use super::Read;
use crate::place::{Findings, Span};

/// The id of an input that is given none: the plugin, and what the input is about.
pub(super) fn natural(plugin: &str, key: &str) -> String {
    if key.is_empty() { plugin.to_owned() } else { format!("{plugin}-{}", word(key)) }
}

/// An id stands in file names and on command lines.
pub(super) fn valid(id: &str, span: &Span, findings: &mut Findings<'_>) -> bool {
    if id.is_empty() {
        findings.error(span, "`id` is empty").help = Some("leave it out, and the input gets one".into());
        return false;
    }
    let own = word(id);
    if own != id || id.starts_with(['.', '-']) {
        let cured = own.trim_start_matches(['.', '-']);
        findings.error(span, "an id has letters, digits, `_`, `-` and `.` only, and at most 100 of them").help =
            Some(format!("such as {cured:?}"));
        return false;
    }
    true
}

/// Notes every id that is there twice. Inputs that cannot be together anyway have been complained about already.
pub(super) fn unique(read: &[Read], claimed: &HashSet<(usize, usize)>, findings: &mut Findings<'_>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, input) in read.iter().enumerate() {
        let Some(id) = input.id.as_deref() else { continue };
        let Some(earlier) = first.get(id).copied() else {
            first.insert(id, at);
            continue;
        };
        let own_doing = input.given.is_some() || read[earlier].given.is_some();
        if claimed.contains(&(earlier, at)) && !own_doing {
            continue;
        }
        let place = |input: &Read| input.given.clone().unwrap_or_else(|| input.span.clone());
        let label = |input: &Read| if input.given.is_some() { "" } else { "this one has it by default" };
        let (here, there) = (place(input), place(&read[earlier]));
        let label_there = if read[earlier].given.is_some() { "and here" } else { label(&read[earlier]) };
        findings
            .conflict((&here, label(input)), (&there, label_there), format!("two inputs have the id `{id}`"))
            .help = Some("give one of them another: id = \"...\"".into());
    }
}
