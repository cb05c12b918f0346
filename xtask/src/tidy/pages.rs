//! The pages that people read: what they tell to type exists, and what they link to is there.

use std::path::Path;

use crate::TASKS;
use crate::tidy::Finding;
use crate::tidy::source::Source;

const PAGES: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "configs/MIGRATION.md",
    "packaging/READ-ONLY.md",
    "plugins/README.md",
    "plugins/exec/PROTOCOL.md",
];

/// Looks at the pages.
pub fn check(root: &Path, sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let commands = command_line(sources);
    for page in PAGES {
        let Some(source) = sources.iter().find(|source| source.path == Path::new(page)) else {
            findings.push(Finding::new(page, "is missing"));
            continue;
        };
        for (number, line) in source.text.lines().enumerate() {
            let mut wrong = |message: String| findings.push(Finding::new(source.place(number), message));
            for task in after(line, "cargo xtask ") {
                if !TASKS.iter().any(|known| known.name == task) {
                    wrong(format!("there is no `cargo xtask {task}`"));
                }
            }
            if let Some(command) = typed(line)
                && !commands.iter().any(|known| known == command)
            {
                wrong(format!("there is no `streamer {command}`"));
            }
            for target in links(line) {
                if !root.join(page).with_file_name(target).exists() {
                    wrong(format!("the link to {target} leads nowhere"));
                }
            }
        }
    }
    findings
}

/// The words that follow a beginning, wherever it stands in the line.
fn after<'l>(line: &'l str, beginning: &'l str) -> impl Iterator<Item = &'l str> {
    line.split(beginning)
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next())
        .filter(|word| !word.is_empty())
}

/// The command of a line that begins as people type it: `streamer check`, perhaps behind a `$`.
fn typed(line: &str) -> Option<&str> {
    let line = line.trim_start().trim_start_matches("$ ").trim_start_matches("sudo ");
    let word = line.strip_prefix("streamer ")?.split_whitespace().next()?;
    word.chars()
        .all(|c| c.is_ascii_lowercase())
        .then_some(word)
        .filter(|_| line.len() < 100 && !line.ends_with(['.', ',', ':']))
}

/// Where the links of a line lead, those to other sites left out.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|to| !to.is_empty() && !to.contains(':'))
}

/// Every word that the command line has a variant for: `Check` answers to `check`.
fn command_line(sources: &[Source]) -> Vec<String> {
    let agent = sources.iter().filter(|source| source.is_below("crates/agent/src"));
    let words = agent.flat_map(|source| source.code.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase())).map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_promises() {
        assert_eq!(
            after("run `cargo xtask test` and cargo xtask tidy", "cargo xtask ").collect::<Vec<_>>(),
            ["test", "tidy"]
        );
        assert_eq!(typed("$ streamer check --probe"), Some("check"));
        assert_eq!(typed("streamer is small."), None);
        assert_eq!(links("see [a](docs/a.md#x) and [b](https://b)").collect::<Vec<_>>(), ["docs/a.md"]);
    }
}
