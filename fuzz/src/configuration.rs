//! A configuration: a plan, or diagnostics whose places lie within it and whose words hold no control character.

use streamer_config::{Diagnostic, Files, Style, Surroundings, load};
use streamer_plugin::Plugin;

static PLUGINS: [Plugin; 2] = [streamer_system::PLUGIN, streamer_exec::PLUGIN];

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lines = text.split('\n').count();
    match load(&Files::text("x.toml", text), &Surroundings::bare(&PLUGINS)) {
        Ok(plan) => assert!(plan.inputs.iter().all(|input| plan.buckets.iter().any(|b| b.label == input.bucket))),
        Err(mistakes) => {
            assert!(!mistakes.0.is_empty());
            for place in mistakes.0.iter().filter_map(Diagnostic::place) {
                assert!((1..=lines).contains(&place.line), "{place} of {lines}");
            }
            let plain = mistakes.render(Style::Plain);
            assert!(plain.chars().all(|c| c == '\n' || !c.is_control()), "{plain:?}");
        }
    }
}
