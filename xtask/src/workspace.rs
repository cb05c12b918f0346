//! The workspace as cargo sees it: its root, its members, what depends on what. Read once; never changed.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::step;

/// The workspace.
pub struct Workspace {
    /// The folder of the root manifest.
    pub root: PathBuf,
    /// The folder that builds go to.
    pub target: PathBuf,
    /// Every package of the graph for this platform.
    pub packages: Vec<Package>,
}

/// One package, ours or not.
pub struct Package {
    /// Cargo's name of it, version and source included.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as its manifest tells it.
    pub licence: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Whether it is a member of the workspace.
    pub ours: bool,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

/// An edge of the graph.
pub struct Dependency {
    /// The other end.
    pub id: String,
    /// Whether it is there for the tests only.
    pub dev_only: bool,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// What cargo says, or that its answer is not understood.
    pub fn open() -> Result<Self, String> {
        let host = step::output(&mut step::command("rustc --print host-tuple"))?;
        let text = step::output(step::command("cargo metadata --format-version 1 --filter-platform").arg(host.trim()))?;
        let metadata: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
        Self::from_metadata(&metadata).ok_or_else(|| "cargo metadata has another shape than it used to".to_owned())
    }

    fn from_metadata(metadata: &Value) -> Option<Self> {
        let members = metadata["workspace_members"].as_array()?;
        let nodes = metadata["resolve"]["nodes"].as_array()?;
        let package = |package: &Value| {
            let id = package["id"].as_str()?;
            let node = nodes.iter().find(|node| node["id"] == id)?;
            let edge = |dep: &Value| {
                let dev_only = dep["dep_kinds"].as_array()?.iter().all(|kind| kind["kind"] == "dev");
                Some(Dependency { id: dep["pkg"].as_str()?.to_owned(), dev_only })
            };
            Some(Package {
                id: id.to_owned(),
                name: package["name"].as_str()?.to_owned(),
                version: package["version"].as_str()?.to_owned(),
                licence: package["license"].as_str().unwrap_or("see its sources").to_owned(),
                folder: Path::new(package["manifest_path"].as_str()?).parent()?.to_owned(),
                ours: members.iter().any(|member| member == id),
                dependencies: node["deps"].as_array()?.iter().filter_map(edge).collect(),
            })
        };
        Some(Self {
            root: metadata["workspace_root"].as_str()?.into(),
            target: metadata["target_directory"].as_str()?.into(),
            packages: metadata["packages"].as_array()?.iter().filter_map(package).collect(),
        })
    }

    /// The members.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.ours)
    }

    /// The package of this id.
    pub fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.id == id)
    }

    /// The packages that one depends on directly; those for tests only where asked for.
    pub fn direct<'w>(&'w self, package: &'w Package, with_dev: bool) -> impl Iterator<Item = &'w Package> {
        package
            .dependencies
            .iter()
            .filter(move |edge| with_dev || !edge.dev_only)
            .filter_map(|edge| self.package(&edge.id))
    }

    /// All that a package is built with, itself included, tests left out.
    pub fn closure<'w>(&'w self, package: &'w Package) -> Vec<&'w Package> {
        let mut reached = vec![package];
        let mut at = 0;
        while at < reached.len() {
            for next in self.direct(reached[at], false) {
                if !reached.iter().any(|seen| seen.id == next.id) {
                    reached.push(next);
                }
            }
            at += 1;
        }
        reached
    }

    /// A path as people write it: relative to the root.
    pub fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}
