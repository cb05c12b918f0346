//! Configurations to begin with. In all of them `# words` are words, and `#key = value` is a line to be taken in.

use std::fmt::Write;

use serde_json::Value;
use streamer_plugin::options::{properties, schema_of};
use streamer_plugin::{Plugin, sample};

use super::{about, default, wrapped};
use crate::inputs::CommonOptions;
use crate::rules::RuleOptions;
use crate::settings::{
    AgentOptions, BucketOptions, CsvOptions, InitialStateOptions, LocalOptions, SpoolOptions, StdoutOptions,
};

/// How the lines of a table stand.
#[derive(Clone, Copy)]
struct Section<'s> {
    /// `[agent]`
    head: &'s str,
    /// Whether the head stands open.
    open: bool,
    /// The options that are shown; all if there are none.
    only: &'s [&'s str],
    /// The options that stand open although they have no default.
    also: &'s [&'s str],
}

impl<'s> Section<'s> {
    const fn new(head: &'s str) -> Self {
        Self { head, open: true, only: &[], also: &[] }
    }

    const fn closed(self) -> Self {
        Self { open: false, ..self }
    }

    const fn only(self, only: &'s [&'s str]) -> Self {
        Self { only, ..self }
    }

    const fn also(self, also: &'s [&'s str]) -> Self {
        Self { also, ..self }
    }

    /// The table with a comment on each option. `defaults`: what has one stands open too.
    fn write(&self, text: &mut String, schema: &Value, defaults: bool) {
        words(text, about(schema));
        let hash = |open: bool| if open && self.open { "" } else { "#" };
        let _ = writeln!(text, "{}{}", hash(true), self.head);
        for property in properties(schema) {
            if !self.only.is_empty() && !self.only.contains(&property.name) {
                continue;
            }
            words(text, property.about());
            let default = default(&property);
            let open = self.also.contains(&property.name) || (defaults && (property.required || default.is_some()));
            // In a table that is no more than an offer, what counts is taken in with it, and the rest stays an offer.
            let mark = if self.open || open { hash(open) } else { "# " };
            let _ = writeln!(text, "{mark}{}", property.line(&default.cloned().unwrap_or_else(|| property.example())));
        }
        text.push('\n');
    }
}

/// Comment lines; a blank line in the words begins a new one.
fn words(text: &mut String, about: &str) {
    about.split("\n\n").for_each(|paragraph| wrapped(text, "# ", "# ", paragraph));
}

fn schema<T: schemars::JsonSchema>() -> Value {
    schema_of::<T>().to_value()
}

/// A configuration with every key that this crate knows, each with a comment. What has a default stands there with it.
pub fn every_key() -> String {
    let mut text = String::new();
    words(
        &mut text,
        "Every key of a configuration, except for the options of inputs: those are shown by `streamer inputs PLUGIN`. \
         What stands open is the default, or an example where something must be given; `#key = value` may be taken in.\n\n\
         In texts `${NAME}` and `${NAME:-default}` stand for environment variables, except in `shell` and `pattern`; \
         `$${` is a literal `${`.\n\n\
         Durations: us, ms, s, m, h, d, w. Sizes: B, KB, MB, GB, in powers of 1024.",
    );
    text.push('\n');
    Section::new("[agent]").write(&mut text, &schema::<AgentOptions>(), true);
    Section::new("[spool]").write(&mut text, &schema::<SpoolOptions>(), true);
    Section::new("[outputs.initial_state]").also(&["access_key"]).write(
        &mut text,
        &schema::<InitialStateOptions>(),
        true,
    );
    text.pop();
    words(&mut text, "What the output is. Left out: its label. So two accounts are two labels of one type.");
    text.push_str("#type = \"initial_state\"\n\n");
    Section::new("[outputs.local]").write(&mut text, &schema::<LocalOptions>(), true);
    Section::new("[outputs.csv]").write(&mut text, &schema::<CsvOptions>(), true);
    Section::new("[taps.stdout]").write(&mut text, &schema::<StdoutOptions>(), true);
    Section::new("[buckets.greenhouse]").write(&mut text, &schema::<BucketOptions>(), true);
    Section::new("[[inputs.system]]").also(&["interval"]).write(&mut text, &schema::<CommonOptions>(), true);
    Section::new("[[inputs.system.readings]]").write(&mut text, &schema::<RuleOptions>(), true);
    text.trim_end().to_owned() + "\n"
}

/// The configuration that `streamer init` writes: it works as it is, and shows what to go on with.
///
/// What the program was built without is not in it.
pub fn starter(plugins: &[Plugin], left_out: &[&str]) -> String {
    let mut text = String::new();
    words(
        &mut text,
        "Streamer reads inputs on a schedule and streams their readings into buckets. `streamer check` says whether this \
         file is right, `streamer test` takes readings and sends nothing.\n\n\
         Lines that begin with `#` and no blank are there to be taken in.",
    );
    text.push('\n');
    let agent = ["interval", "timezone"];
    Section::new("[agent]").only(&agent).write(&mut text, &schema::<AgentOptions>(), false);
    let local = !left_out.contains(&"local");
    if local {
        let section = Section::new("[outputs.local]").only(&["retention", "max_size"]);
        section.write(&mut text, &schema::<LocalOptions>(), false);
    }
    if !left_out.contains(&"initial_state") {
        let section = Section::new("[outputs.initial_state]").closed().only(&["access_key"]).also(&["access_key"]);
        section.write(&mut text, &schema::<InitialStateOptions>(), false);
    }
    // Readings must go somewhere.
    let tap = Section::new("[taps.stdout]");
    let tap = if local { tap.closed() } else { tap };
    tap.write(&mut text, &schema::<StdoutOptions>(), false);
    Section::new("[buckets.home]").only(&["name", "key"]).write(&mut text, &schema::<BucketOptions>(), false);
    let (own, others): (Vec<_>, Vec<_>) = plugins.iter().partition(|plugin| plugin.name == "system");
    for plugin in own {
        input(&mut text, plugin, true);
        Section::new("[[inputs.system.readings]]")
            .closed()
            .only(&["match", "round", "on_change"])
            .also(&["match", "round", "on_change"])
            .write(&mut text, &schema::<RuleOptions>(), false);
    }
    for plugin in others {
        input(&mut text, plugin, false);
    }
    text.trim_end().to_owned() + "\n"
}

/// The sample of a plugin's first kind.
fn input(text: &mut String, plugin: &Plugin, open: bool) {
    let default = plugin.selector.and_then(|selector| selector.default).and_then(|name| plugin.kind(name));
    let Some(kind) = default.or_else(|| plugin.kinds.first()) else { return };
    words(text, &format!("{}: {}. All its options: `streamer inputs {}`", plugin.name, plugin.about, plugin.name));
    for line in sample(plugin, kind).lines() {
        let mark = if open || line.starts_with('#') { "" } else { "#" };
        let _ = writeln!(text, "{mark}{line}");
    }
    text.push('\n');
}
