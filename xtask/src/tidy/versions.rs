//! What is built in: one version of each package, one TLS, one runtime, everything from the one public registry.

use std::collections::BTreeMap;

use crate::tidy::Finding;
use crate::workspace::Workspace;

/// Packages that others still drag in twice. The list may only get shorter.
const TWICE: &[&str] = &["foldhash", "getrandom", "hashbrown", "rand_core", "syn", "winnow"];

/// A second TLS or a second runtime, each with the reason against it.
const REFUSED: &[(&str, &str)] = &[
    ("openssl", "TLS is rustls with ring"),
    ("openssl-sys", "TLS is rustls with ring"),
    ("native-tls", "TLS is rustls with ring"),
    ("aws-lc-rs", "TLS is rustls with ring; this doubles the program and breaks 32-bit builds"),
    ("aws-lc-sys", "TLS is rustls with ring; this doubles the program and breaks 32-bit builds"),
    ("async-std", "the runtime is tokio"),
    ("smol", "the runtime is tokio"),
    ("async-global-executor", "the runtime is tokio"),
];

const PROGRAM: &str = "streamer-agent";
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Doubled and refused packages of the program, and strangers in the lock file.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(program) = workspace.members().find(|package| package.name == PROGRAM) else {
        return vec![Finding::new("Cargo.toml", format!("there is no member {PROGRAM}"))];
    };
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in workspace.closure(program) {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    for (name, versions) in &versions {
        let listed = TWICE.contains(name);
        if versions.len() > 1 && !listed {
            let message = format!(
                "{name} is built in {} versions ({}): bring them together",
                versions.len(),
                versions.join(", ")
            );
            findings.push(Finding::new("Cargo.lock", message));
        } else if versions.len() == 1 && listed {
            let message = format!(
                "{name} is there once only: take it out of TWICE in xtask/src/tidy/versions.rs, so that it stays so"
            );
            findings.push(Finding::new("Cargo.lock", message));
        }
    }
    for package in &workspace.packages {
        if let Some((name, reason)) = REFUSED.iter().find(|(name, _)| *name == package.name) {
            findings.push(Finding::new("Cargo.lock", format!("{name} must not be there: {reason}")));
        }
    }
    let lock = std::fs::read_to_string(workspace.root.join("Cargo.lock")).unwrap_or_default();
    for (number, line) in lock.lines().enumerate() {
        if line.strip_prefix("source = ").is_some_and(|source| source.trim_matches('"') != REGISTRY) {
            findings.push(Finding::new(
                format!("Cargo.lock:{}", number + 1),
                "a package that is not from the public registry",
            ));
        }
    }
    findings
}
