//! `streamer scan`: lets every input that can look around do so, and prints what was found as a configuration.
//!
//! It knows no bus and no chip: it goes through the list of inputs. What it prints is valid by itself, or, where there is a
//! configuration already, together with that.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use streamer_clock::{Clock, Zone};
use streamer_config::{Files, InputPlan, Plan, Style, Surroundings, load};
use streamer_plugin::{Claim, Found, Plugin, Site, State};

use super::{Sources, places, print, say};
use crate::exit::{Exit, Failure};

/// How long nothing may come from one that looks around.
const SILENCE: Duration = Duration::from_secs(20);

/// Where to look.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder below which /proc, /sys and /dev are looked for; default: as configured
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

pub fn scan(plugins: &'static [Plugin], sources: &Sources, arguments: &Arguments) -> Result<Exit, Failure> {
    let plan = match places::load_or_quickstart(plugins, sources) {
        Ok((plan, quickstart)) => (!quickstart).then_some(plan),
        // Who looks for the right names may have a configuration with wrong ones.
        Err(failure) => {
            say(format_args!("{}\nlooking around nevertheless:\n", failure.words));
            None
        }
    };
    let configured = plan.as_ref().map(|plan| plan.agent.root.clone());
    let root = arguments.root.clone().or(configured).unwrap_or_else(|| "/".into());
    let mut text = Text::new(plugins, plan.as_ref(), &root);
    for plugin in plugins.iter().filter(|plugin| plugin.scan.is_some()) {
        let found = look(plugin, &root)?;
        loop {
            match found.recv_timeout(SILENCE) {
                Ok(found) => text.add(plugin, found)?,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    say(format_args!("{}: does not come back; what it looks at hangs, and is left alone", plugin.name));
                    break;
                }
            }
        }
    }
    if text.count == 0 {
        say(format_args!("nothing was found below {} that could be read at once", root.display()));
    }
    print(&text.text)
}

/// Looks around on a thread that is left behind when it hangs.
fn look(plugin: &'static Plugin, root: &Path) -> Result<Receiver<Found>, Failure> {
    let (tell, found) = channel();
    let site = Site::new(plugin.name, root, Clock::system(), Zone::utc(), State::none());
    let look = move || {
        // Who no longer listens has given this one up.
        let scan = || plugin.scan.into_iter().for_each(|scan| scan(&site, &mut |found| drop(tell.send(found))));
        if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(scan)) {
            drop(tell.send(Found::Remark(crate::lanes::panicked("scan", &*panic).to_string())));
        }
    };
    let thread = std::thread::Builder::new().name("scan".into()).spawn(look);
    thread.map(|_| found).map_err(|error| Failure::failed(format!("no thread to look around with: {error}")))
}

/// What is printed, as it grows.
struct Text<'p> {
    plugins: &'static [Plugin],
    plan: Option<&'p Plan>,
    text: String,
    ids: Vec<String>,
    count: usize,
}

impl<'p> Text<'p> {
    fn new(plugins: &'static [Plugin], plan: Option<&'p Plan>, root: &Path) -> Self {
        let mut text = "# What `streamer scan` found. Take what you want into your configuration.\n".to_owned();
        if plan.is_none() {
            if root != Path::new("/") {
                // Writing to a String cannot fail.
                let _ = write!(text, "\n[agent]\nroot = {:?}\n", root.display().to_string());
            }
            text.push_str("\n[outputs.local]\n\n[buckets.sensors]\n");
        }
        Self { plugins, plan, text, ids: Vec::new(), count: 0 }
    }

    fn add(&mut self, plugin: &Plugin, found: Found) -> Result<(), Failure> {
        let (about, options, sure) = match found {
            Found::Remark(words) => {
                say(format_args!("{}: {words}", plugin.name));
                return Ok(());
            }
            Found::Input { about, options } => (about, options, true),
            Found::Perhaps { about, options } => (about, options, false),
        };
        let mut table = format!("[[inputs.{}]]\n{options}\n", plugin.name);
        if let Some([first, _, ..]) = self.plan.map(|plan| plan.buckets.as_slice()) {
            let _ = writeln!(table, "bucket = {:?}", first.label);
        }
        let input = self.read(&table)?;
        let reader = self.plan.and_then(|plan| plan.inputs.iter().find(|other| is_same(other, &input)));
        self.text.push('\n');
        commented(&mut self.text, &about);
        if let Some(reader) = reader {
            commented(&mut self.text, &format!("read already by {} ({})", reader.id, reader.place));
        }
        if sure && reader.is_none() {
            self.count += 1;
            if self.ids.contains(&input.id) {
                let _ = writeln!(table, "id = \"{}-{}\"", input.id, self.count);
            }
            self.ids.push(input.id);
            self.text.push_str(&table);
        } else {
            commented(&mut self.text, &table);
        }
        Ok(())
    }

    /// The input that the table makes.
    fn read(&self, table: &str) -> Result<InputPlan, Failure> {
        let buckets = self.plan.map_or(&[][..], |plan| &plan.buckets);
        let labels = buckets.iter().map(|bucket| format!("[buckets.{:?}]\n", bucket.label));
        let mut whole = "[outputs.local]\n".to_owned();
        whole.extend(labels);
        if buckets.is_empty() {
            whole.push_str("[buckets.sensors]\n");
        }
        whole.push_str(table);
        let around =
            Surroundings { variable: &|name| (name == "HOME").then(|| "/".into()), ..Surroundings::bare(self.plugins) };
        let plan = load(&Files::text("scan", whole), &around).map_err(|mistakes| {
            Failure::failed(format!("an input found what it cannot read:\n{}", mistakes.render(Style::Plain)))
        })?;
        plan.inputs.into_iter().next().ok_or_else(|| Failure::failed("an input found nothing that it can read"))
    }
}

/// Whether both read the same thing.
fn is_same(one: &InputPlan, other: &InputPlan) -> bool {
    let claims: Vec<Claim> = one.options.claims();
    one.id == other.id || other.options.claims().iter().any(|claim| claims.contains(claim))
}

fn commented(text: &mut String, words: &str) {
    for line in words.lines() {
        let _ = writeln!(text, "# {line}");
    }
}
