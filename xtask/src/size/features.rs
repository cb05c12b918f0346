//! `cargo xtask size --features`: a program without any input or output, and what each of them adds; the table in
//! plugins/README.md is written anew from it. A dozen release builds: half an hour of a processor, and no part of `ci`.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{build, release_program, weigh};
use crate::workspace::Workspace;

/// How the table on the page begins.
const HEAD: &str = "| built with | MB |\n|---|---:|\n";

/// Builds, weighs, and writes the table.
///
/// # Errors
/// Where a program cannot be built, or the smallest does not say what it was built without.
pub fn run(workspace: &Workspace) -> Result<(), String> {
    let names = features(&workspace.root)?;
    let smallest = build(workspace, "--no-default-features")?;
    tells_what_is_missing(&smallest, &names, &workspace.target)?;
    let bare = weigh(&smallest)?;
    let mut table = format!("{HEAD}| none of them | {:.2} |\n", megabytes(bare));
    for name in &names {
        let bytes = weigh(&build(workspace, &format!("--no-default-features --features {name}"))?)?;
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| `{name}` | + {:.2} |", megabytes(bytes.saturating_sub(bare)));
    }
    let whole = weigh(&release_program(workspace)?)?;
    let _ = writeln!(table, "| all of them | {:.2} |", megabytes(whole));
    println!("{table}");
    let page = workspace.root.join("plugins/README.md");
    let text = fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    fs::write(&page, replaced(&text, &table)).map_err(|error| format!("{}: {error}", page.display()))
}

/// The features that a whole program has, in the order of the manifest.
fn features(root: &Path) -> Result<Vec<String>, String> {
    let manifest = root.join("crates/agent/Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let list = text.lines().find_map(|line| line.strip_prefix("default = ["));
    let list = list.ok_or_else(|| format!("{}: no line with the default features", manifest.display()))?;
    Ok(list.trim_end_matches(']').split(',').map(|name| name.trim().trim_matches('"').to_owned()).collect())
}

/// A program without anything names all that it is asked for and does not have, each at its place.
fn tells_what_is_missing(program: &Path, names: &[String], folder: &Path) -> Result<(), String> {
    let output = |name: &str| ["initial_state", "local", "csv"].contains(&name);
    let mut config = String::from("[buckets.b]\n");
    for name in names {
        let _ = writeln!(
            config,
            "{}",
            if output(name) { format!("[outputs.{name}]") } else { format!("[[inputs.{name}]]") }
        );
    }
    let file = folder.join("everything.toml");
    fs::write(&file, config).map_err(|error| format!("{}: {error}", file.display()))?;
    let checked = Command::new(program).arg("check").arg("--config").arg(&file).output();
    let checked = checked.map_err(|error| format!("{}: {error}", program.display()))?;
    let said = String::from_utf8_lossy(&checked.stderr);
    let silent = names.iter().enumerate().find(|(at, name)| {
        let kind = if output(name) { "output" } else { "input" };
        !said.contains(&format!("this program was built without the {kind} `{name}`"))
            || !said.contains(&format!("everything.toml:{}:", at + 2))
    });
    match silent {
        None if checked.status.code() == Some(2) => Ok(()),
        None => Err(format!("the smallest program ends with {}", checked.status)),
        Some((_, name)) => Err(format!("the smallest program does not say that it has no {name}:\n{said}")),
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The page with this table in place of its own; at its end where it has none.
fn replaced(page: &str, table: &str) -> String {
    let Some((before, rest)) = page.split_once(HEAD) else { return format!("{}\n\n{table}", page.trim_end()) };
    let end = rest.find("\n\n").map_or(rest.len(), |end| end + 1);
    format!("{before}{table}{}", rest.get(end..).unwrap_or_default())
}
