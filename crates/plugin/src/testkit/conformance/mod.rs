//! What every input must do, as one call in its tests: what is right for one is right for all.
//!
//! Each plugin brings an [`Example`] for each of its kinds: options, and a bench on which they work. The rest is done
//! here: the device is taken away and brought back, slowed down, and made to send nonsense.

mod close;
mod driven;
mod listed;
mod made;
mod noise;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Bench;
use crate::Plugin;

/// Options with a bench on which they work.
pub struct Example {
    toml: String,
    bench: Box<dyn Fn() -> Bench>,
    poke: Option<Poke>,
}

type Poke = Box<dyn Fn(&Bench)>;

impl Example {
    /// What would stand below `[[inputs.NAME]]`, and how to make a bench on which it gives readings. The bench is made
    /// anew for each check.
    pub fn new(toml: impl Into<String>, bench: impl Fn() -> Bench + 'static) -> Self {
        Self { toml: toml.into(), bench: Box::new(bench), poke: None }
    }

    /// The same example of a listener that says something only when something happens: `poke` lets it happen.
    #[must_use]
    pub fn poked(self, poke: impl Fn(&Bench) + 'static) -> Self {
        Self { poke: Some(Box::new(poke)), ..self }
    }
}

impl std::fmt::Debug for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Example({:?})", self.toml)
    }
}

/// Checks what every input must do, and tells everything that is wrong at once:
///
/// - Every option has a doc comment, none is a key that all inputs have, and an unknown key is located.
/// - The sample can be written as it is shown, each option of it, and matches the schema; so do the examples.
/// - An example gives readings, each key once, listed in what its kind `makes`, all with one epoch; nothing is refused.
/// - On the chips that its kind has for runs without devices it gives readings as well.
/// - Two inputs with the same options can be at work at once.
/// - Without its device an input says so, and reads again once the device is back.
/// - A round on a bus that has become slow begins nothing behind its deadline.
/// - Whatever a device sends, or stands in its files, nothing panics.
/// - Once an input is dropped, it holds neither bus nor file.
///
/// ```
/// # use streamer_plugin::{Input, InputError, Kind, Options, Plugin, Readings, Sampler, Site};
/// # streamer_plugin::options! { /// None. #[derive(Clone)]
/// # struct One {} }
/// # impl Options for One {
/// #     fn build(&self, _: &Site) -> Result<Input, InputError> { Ok(Input::sampler(One {})) }
/// # }
/// # impl Sampler for One {
/// #     fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> { out.put("one", 1); Ok(()) }
/// # }
/// # const PLUGIN: Plugin = Plugin::new("one", "always one", &[Kind::of::<One>("")]);
/// use streamer_plugin::testkit::{Bench, Example, conformance};
///
/// conformance(&PLUGIN, &[Example::new("", || Bench::new("/"))]);
/// ```
///
/// # Panics
/// With everything that is wrong, where something is.
pub fn conformance(plugin: &Plugin, examples: &[Example]) {
    let mut faults = Faulty::default();
    listed::check(plugin, &mut faults);
    let mut shown: Vec<&str> = Vec::new();
    for example in examples {
        let bench = (example.bench)();
        let Some((kind, _)) = faults.take(&example.toml, bench.read(plugin, &example.toml)) else { continue };
        shown.push(kind.name);
        faults.about = format!("{}\n    ", example.toml.trim().replace('\n', "\n    "));
        listed::unknown_key(plugin, example, &bench, &mut faults);
        listed::matches(plugin, kind, example, &mut faults);
        let whole = catch_unwind(AssertUnwindSafe(|| driven::check(plugin, kind, example, &mut faults)));
        if let Err(panic) = whole {
            faults.add(format!("it panicked: {}", words_of(&*panic)));
        }
        faults.about.clear();
    }
    for kind in plugin.kinds.iter().filter(|kind| !shown.contains(&kind.name)) {
        faults.add(format!("the kind {:?} has no example here", kind.name));
    }
    assert!(faults.found.is_empty(), "{} is not as every input must be:\n- {}", plugin.name, faults.found.join("\n- "));
}

/// Everything that is wrong.
#[derive(Debug, Default)]
struct Faulty {
    about: String,
    found: Vec<String>,
}

impl Faulty {
    fn add(&mut self, words: impl std::fmt::Display) {
        self.found.push(format!("{}{words}", self.about));
    }

    /// What is there, or what is wrong with it.
    fn take<T, E: std::fmt::Display>(&mut self, what: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(format!("{what}: {error}"))).ok()
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".into())
}
