//! `[taps.*]`

use schemars::JsonSchema;
use serde::Deserialize;
use streamer_plugin::options::nearest;

use super::{in_order, read, table};
use crate::place::Findings;
use crate::plan::Taps;
use crate::tree::Value;

/// Shows each reading on stdout, one a line. It is never waited for: what it cannot take is counted and left out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StdoutOptions {}

pub(crate) fn taps(value: Option<Value<'_>>, findings: &mut Findings<'_>) -> Taps {
    let mut taps = Taps::default();
    let Some(whole) = value.and_then(|value| table(value, "[taps.stdout]", findings)) else { return taps };
    for (name, span, value) in in_order(whole) {
        if name != "stdout" {
            let near = nearest(&name, ["stdout"]).map(|word| format!("did you mean `{word}`?"));
            findings.error(&span, format!("there is no tap `{name}`")).help =
                near.or_else(|| Some("known here: stdout".into()));
        } else if let Some(table) = table(value, "[taps.stdout]", findings) {
            let StdoutOptions {} = read(&table, findings).unwrap_or_default();
            taps.stdout = true;
        }
    }
    taps
}
