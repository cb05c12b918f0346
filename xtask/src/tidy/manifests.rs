//! What every manifest has in common: the workspace's lints, and versions in one place.

use toml::{Table, Value};

use crate::tidy::Finding;
use crate::tidy::source::Source;

/// Looks at the manifests among the files.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.path.ends_with("Cargo.toml") && source.path.parent().is_some_and(|p| p != ""))
    {
        match source.text.parse::<Table>() {
            // A workspace of its own, for another toolchain, has nothing to inherit from.
            Ok(manifest) if manifest.contains_key("workspace") => {}
            Ok(manifest) => findings.extend(of(source, &manifest)),
            Err(error) => findings.push(Finding::new(source.path.display(), error.to_string())),
        }
    }
    findings
}

fn of(source: &Source, manifest: &Table) -> Vec<Finding> {
    let place = source.path.display();
    let mut findings = Vec::new();
    let inherits = |table: &str, key: &str| manifest.get(table).and_then(|t| t.get(key)) == Some(&Value::Boolean(true));
    if manifest.contains_key("package") && !inherits("lints", "workspace") {
        findings.push(Finding::new(&place, "write `[lints] workspace = true`: every crate has the same lints"));
    }
    // The tests' server is the one place that needs something nobody else may use.
    if !source.is_below("tests/") {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, wanted) in manifest.get(kind).and_then(Value::as_table).into_iter().flatten() {
                if wanted.get("workspace") != Some(&Value::Boolean(true)) {
                    let message = format!(
                        "{name}: its version belongs into the root manifest, and `{name}.workspace = true` here"
                    );
                    findings.push(Finding::new(&place, message));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_manifest_that_goes_its_own_way_is_found_twice() {
        let text = "[package]\nname = \"x\"\n[dependencies]\nserde = \"1\"\ntoml.workspace = true\n";
        let found = check(&[Source::new(Path::new("crates/x/Cargo.toml"), text.to_owned())]);
        assert_eq!(found.len(), 2);
        assert!(found[0].message.contains("lints") && found[1].message.contains("serde"));
    }
}
