//! `streamer new input NAME`: a crate with an input and an agent of its own, which compiles, passes its tests and runs.
//!
//! What is written is `plugins/template`, which is built and tested like every other crate; only the name is another,
//! and the manifest, for a crate outside the workspace says where the workspace is.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use streamer_plugin::Plugin;

use super::say;
use crate::exit::{Exit, Failure};

/// What to write.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// A crate for a new input, with an agent of its own, in a folder of that name
    Input(Arguments),
}

/// Which one, and where it finds this project.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What will stand behind `inputs.`: small letters, digits and `-`
    name: String,
    /// A checkout of this project to build on; without it, its address
    #[arg(long, value_name = "PATH")]
    workspace: Option<PathBuf>,
}

/// The files of the template; the manifest is another one outside the workspace.
const FILES: [(&str, &str); 5] = [
    ("src/lib.rs", include_str!("../../../../plugins/template/src/lib.rs")),
    ("src/main.rs", include_str!("../../../../plugins/template/src/main.rs")),
    ("tests/input.rs", include_str!("../../../../plugins/template/tests/input.rs")),
    ("streamer.toml", include_str!("../../../../plugins/template/streamer.toml")),
    ("README.md", include_str!("../../../../plugins/template/README.md")),
];

/// How this project is built, from which an agent of one's own takes how SQLite is.
const CARGO_CONFIG: &str = include_str!("../../../../.cargo/config.toml");

/// Words of the language, and crates that this one is built on: no crate can have such a name.
const TAKEN: &str = "abstract alloc as async await become box break const continue core crate do dyn else enum extern false \
                     final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self serde \
                     static std struct super template test trait true try type typeof unsafe unsized use virtual where \
                     while yield";

pub fn new(plugins: &[Plugin], Command::Input(Arguments { name, workspace }): &Command) -> Result<Exit, Failure> {
    is_name(plugins, name).map_err(Failure::failed)?;
    let checkout = workspace.as_deref().map(checkout).transpose()?;
    let folder = Path::new(name);
    fs::create_dir(folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::failed(format!("{name} is there already; it was left as it is")),
        _ => Failure::failed(format!("{name}: {error}")),
    })?;
    for (file, text) in FILES {
        write(&folder.join(file), &named(text, name))?;
    }
    write(&folder.join("Cargo.toml"), &manifest(name, checkout.as_deref()))?;
    write(&folder.join(".cargo/config.toml"), &cargo_config(checkout.as_deref()))?;
    write(&folder.join(".gitignore"), "/target\n/state\n")?;
    // Lines as long as on this project's pages, so that formatting changes nothing of what was taken from there.
    write(&folder.join("rustfmt.toml"), include_str!("../../../../rustfmt.toml"))?;
    if let Some(lock) = checkout.and_then(|checkout| fs::read(checkout.join("Cargo.lock")).ok()) {
        // The versions that this project is tested with; cargo adds the new crate and leaves out what it does not need.
        fs::write(folder.join("Cargo.lock"), lock).map_err(|error| Failure::failed(format!("{name}: {error}")))?;
    }
    say(format_args!("{name}/ is written. Try `cd {name}`, `cargo test`, then `cargo run -- test`."));
    Ok(Exit::Done)
}

fn is_name(plugins: &[Plugin], name: &str) -> Result<(), String> {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.contains("--")
        && !name.ends_with('-');
    if !plain || name.len() > 40 {
        return Err(format!("{name:?} cannot be an input's name: small letters, digits and `-`, such as `my-chip`"));
    }
    if plugins.iter().any(|plugin| plugin.name == name) {
        return Err(format!("there is an input `{name}` in this build: `streamer inputs {name}` shows it"));
    }
    if TAKEN.split_whitespace().any(|word| word == name) || name.starts_with("streamer") {
        return Err(format!("a crate named `{name}` would be in its own way; give it another name"));
    }
    Ok(())
}

/// The checkout as an absolute path.
fn checkout(path: &Path) -> Result<PathBuf, Failure> {
    let whole = fs::canonicalize(path).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    if whole.join("crates/plugin/Cargo.toml").is_file() {
        Ok(whole)
    } else {
        Err(Failure::failed(format!("{} is no checkout of Streamer: there is no crates/plugin in it", path.display())))
    }
}

/// A text of the template under another name.
fn named(text: &str, name: &str) -> String {
    let words: Vec<String> = name
        .split('-')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect();
    text.replace("streamer_template", &name.replace('-', "_"))
        .replace("Template", &words.concat())
        .replace("template", name)
}

fn manifest(name: &str, checkout: Option<&Path>) -> String {
    let from = |package: &str, folder: &str| match checkout {
        Some(checkout) => format!("path = {:?}", checkout.join(folder).display().to_string()),
        None => format!("git = {:?}, package = {package:?}", env!("CARGO_PKG_REPOSITORY")),
    };
    let (plugin, agent) = (from("streamer-plugin", "crates/plugin"), from("streamer-agent", "crates/agent"));
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
publish = false

[dependencies]
streamer-plugin = {{ {plugin} }}
streamer-agent = {{ {agent} }}

[dev-dependencies]
streamer-plugin = {{ {plugin}, features = ["testkit"] }}

# A workspace of its own, wherever the folder lies.
[workspace]

[profile.dev]
debug = "line-tables-only"

# As small as the agent itself; a panic of an input must not end it, so it is unwound.
[profile.release]
opt-level = "z"
lto = "fat"
codegen-units = 1
strip = true
"#
    );
    text
}

/// SQLite as this project has it; and beside a checkout its folder of what was built, so that nothing is compiled twice.
fn cargo_config(checkout: Option<&Path>) -> String {
    let sqlite =
        CARGO_CONFIG.find("# What the bundled SQLite").and_then(|at| CARGO_CONFIG.get(at..)).unwrap_or_default();
    let built = checkout.map(|checkout| checkout.join("target").display().to_string());
    let built = built.map(|target| format!("[build]\ntarget-dir = {target:?}\n\n"));
    format!("{}{sqlite}", built.unwrap_or_default())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    made.map_err(|error| Failure::failed(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_can_be_and_names_that_cannot() {
        for name in ["chip", "my-chip", "ds18x20"] {
            assert_eq!(is_name(&[], name), Ok(()), "{name}");
        }
        for name in
            ["", "Chip", "my_chip", "9lives", "a--b", "a-", "test", "loop", "template", "streamer-x", "a/b", "ä"]
        {
            assert!(is_name(&[], name).is_err(), "{name}");
        }
        assert_eq!(named("streamer_template::Template of template", "my-chip"), "my_chip::MyChip of my-chip");
    }
}
