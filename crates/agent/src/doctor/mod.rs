//! What about this machine keeps the agent from its work, and the cure of each.
//!
//! One file for each group of questions. They look and change nothing, read /proc, /sys, /dev and /etc below the agent's
//! root, and never show an access key. Only `outputs` touches the network.

mod board;
mod clock;
mod configuration;
mod devices;
mod folders;
#[cfg(feature = "initial_state")]
mod outputs;
mod person;
mod service;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use streamer_clock::Clock;
use streamer_config::Plan;

pub use configuration::Read;

/// What is looked at.
pub struct Scene {
    /// Where /proc, /sys, /dev and /etc are.
    pub root: PathBuf,
    /// The configuration, or what runs without one; none where it has mistakes.
    pub plan: Option<Plan>,
    /// Whether that is the configuration of the installed service.
    pub of_the_service: bool,
    pub clock: Clock,
    /// Whether an account may be called with its access key.
    pub online: bool,
}

impl Scene {
    fn path(&self, absolute: &str) -> PathBuf {
        self.root.join(absolute.trim_start_matches('/'))
    }

    /// A small file, trimmed; empty where it cannot be read.
    fn text(&self, absolute: &str) -> String {
        let bytes = std::fs::read(self.path(absolute)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).trim_matches(['\0', '\n', ' ']).to_owned()
    }

    /// The first input of this plugin.
    fn input_of(&self, plugin: &str) -> Option<&str> {
        let inputs = &self.plan.as_ref()?.inputs;
        inputs.iter().find(|input| input.plugin == plugin).map(|input| input.id.as_str())
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warn,
    Fail,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One line: what was looked at, how it is, and the cure.
#[derive(Debug)]
struct Finding {
    level: Level,
    about: &'static str,
    words: String,
    cure: String,
}

/// All that was found, in the order of the questions.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, about: &'static str, words: String) {
        self.add(Level::Ok, about, words, String::new());
    }

    fn warn(&mut self, about: &'static str, words: String, cure: String) {
        self.add(Level::Warn, about, words, cure);
    }

    fn fail(&mut self, about: &'static str, words: String, cure: String) {
        self.add(Level::Fail, about, words, cure);
    }

    fn add(&mut self, level: Level, about: &'static str, words: String, cure: String) {
        self.0.push(Finding { level, about, words, cure });
    }

    fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|finding| finding.level == level).count()
    }

    /// Whether something keeps the agent from its work.
    pub fn any_failed(&self) -> bool {
        self.count(Level::Fail) > 0
    }

    /// One line for each, the level first.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Finding { level, about, words, cure } in &self.0 {
            let cure = if cure.is_empty() { String::new() } else { format!("; cure: {cure}") };
            // Writing to a String cannot fail. Whatever a file or a server said, a finding is one line.
            let line = format!("{:<4}  {about:<13}  {words}{cure}", level.word());
            let _ = writeln!(text, "{}", line.replace(['\n', '\r'], " ").trim_end());
        }
        text
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let finding =
            |f: &Finding| json!({ "level": f.level.word(), "about": f.about, "words": f.words, "cure": f.cure });
        json!({
            "failed": self.count(Level::Fail),
            "warned": self.count(Level::Warn),
            "findings": self.0.iter().map(finding).collect::<Vec<_>>(),
        })
    }
}

/// Looks at everything on this machine.
pub fn look(scene: &Scene, findings: &mut Findings) {
    board::look(scene, findings);
    devices::look(scene, findings);
    clock::look(scene, findings);
    folders::look(scene, findings);
    service::look(scene, findings);
}

/// Looks at what lies behind the network.
pub async fn look_outside(scene: &Scene, findings: &mut Findings) {
    #[cfg(feature = "initial_state")]
    outputs::look(scene, findings).await;
}

/// The names in a folder, in order; none where it is not there.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}
