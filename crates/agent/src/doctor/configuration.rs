//! Where the configuration is, what is wrong with it, and whether an agent runs with it.

use std::path::PathBuf;

use streamer_config::{Diagnostic, Mistakes, Plan, Severity};

use super::Findings;
use crate::control::ClientError;

/// The configuration as it was found.
pub enum Read {
    /// These files, and what they come to.
    Plan(Vec<PathBuf>, Box<Plan>),
    /// Nothing: the quickstart would run.
    Quickstart(Box<Plan>),
    /// What cannot be used.
    Wrong(Mistakes),
}

impl Read {
    /// Tells what was found, and gives the plan.
    pub fn tell(self, findings: &mut Findings) -> Option<Plan> {
        match self {
            Self::Plan(files, plan) => {
                let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                let words =
                    format!("{} ({} inputs, {} buckets)", files.join(", "), plan.inputs.len(), plan.buckets.len());
                findings.ok("configuration", words);
                plan.warnings.iter().for_each(|warning| diagnostic(warning, findings));
                Some(*plan)
            }
            Self::Quickstart(plan) => {
                let words = "there is none: the built-in quickstart would run, and send nothing anywhere".into();
                findings.warn("configuration", words, "streamer init".into());
                Some(*plan)
            }
            Self::Wrong(mistakes) => {
                mistakes.0.iter().for_each(|mistake| diagnostic(mistake, findings));
                None
            }
        }
    }
}

fn diagnostic(diagnostic: &Diagnostic, findings: &mut Findings) {
    let place = diagnostic.place().map(|place| format!("{place}: ")).unwrap_or_default();
    let words = format!("{place}{}", diagnostic.message);
    let cure = diagnostic.help.clone().unwrap_or_else(|| "streamer check shows the line".into());
    match diagnostic.severity {
        Severity::Error => findings.fail("configuration", words, cure),
        Severity::Warning => findings.warn("configuration", words, cure),
    }
}

impl Findings {
    /// Whether an agent answers.
    pub fn agent(&mut self, called: Result<(), ClientError>) {
        match called {
            Ok(()) => self.ok("agent", "it runs and answers".into()),
            Err(ClientError::NotRunning) => {
                self.warn("agent", "none is running".into(), "sudo systemctl start streamer, or streamer run".into());
            }
            Err(error) => {
                self.warn(
                    "agent",
                    error.to_string(),
                    "ask again as its user, or look at its log: journalctl -u streamer".into(),
                );
            }
        }
    }
}
