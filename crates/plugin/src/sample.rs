//! The commented sample of an input, written from its schema: what `streamer inputs NAME` shows.

use std::fmt::Write;

use serde_json::Value;

use crate::options::{Property, properties};
use crate::{Kind, Plugin};

/// A table that can be pasted into a configuration: what must be given stands open with an example, what may be left
/// out stands behind a `#` with its default.
pub fn sample(plugin: &Plugin, kind: &Kind) -> String {
    let mut text = format!("[[inputs.{}]]\n", plugin.name);
    // Writing to a String cannot fail.
    if let Some(selector) = plugin.selector {
        let open = if selector.default == Some(kind.name) { "# " } else { "" };
        let _ = writeln!(text, "{open}{} = {:?}", selector.key, kind.name);
    }
    for option in properties(&kind.schema().to_value()) {
        for line in option.about().lines() {
            let _ = writeln!(text, "# {line}");
        }
        let open = if option.required { "" } else { "# " };
        let _ = writeln!(text, "{open}{}", option.line(&shown(option)));
    }
    text
}

/// The value that the sample shows of an option: its default, else something that could stand there.
pub(crate) fn shown(option: Property<'_>) -> Value {
    option.default().cloned().unwrap_or_else(|| option.example())
}
