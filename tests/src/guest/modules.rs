//! Kernel modules of an unpacked kernel package, found by name and put in the order in which they can be loaded. The
//! package has no list of what needs what; each module says it itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The modules below a folder.
pub struct Modules {
    files: BTreeMap<String, PathBuf>,
}

/// A module to load.
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// What it is told, such as `chip_addr=0x48`.
    pub options: String,
    /// The module itself.
    pub bytes: Vec<u8>,
}

impl Modules {
    /// Looks for modules below this folder.
    pub fn below(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                // The links of the package lead back to where it would be built.
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if let Some((name, _)) = entry.file_name().to_string_lossy().split_once(".ko") {
                    files.insert(name.replace('-', "_"), path);
                }
            }
        }
        Self { files }
    }

    /// These modules and all that they need, in loading order; `name options` for one that is told something. What the
    /// kernel has built in is left out.
    ///
    /// # Errors
    /// Where a module cannot be read.
    pub fn in_order(&self, names: &[String]) -> Result<Vec<Wanted>, String> {
        let mut order = Vec::new();
        for wanted in names {
            let (name, options) = wanted.split_once(' ').unwrap_or((wanted, ""));
            self.add(name, options, &mut order)?;
        }
        Ok(order)
    }

    fn add(&self, name: &str, options: &str, order: &mut Vec<Wanted>) -> Result<(), String> {
        let name = name.replace('-', "_");
        let Some(path) = self.files.get(&name).filter(|_| !order.iter().any(|seen| seen.name == name)) else {
            return Ok(());
        };
        let bytes = unpacked(path)?;
        for needed in depends(&bytes) {
            self.add(&needed, "", order)?;
        }
        order.push(Wanted { name, options: options.to_owned(), bytes });
        Ok(())
    }
}

fn unpacked(path: &Path) -> Result<Vec<u8>, String> {
    let trouble = |error: std::io::Error| format!("{}: {error}", path.display());
    if path.extension().is_some_and(|kind| kind == "xz") {
        return Ok(Command::new("xz").arg("-dc").arg(path).output().map_err(trouble)?.stdout);
    }
    fs::read(path).map_err(trouble)
}

/// What the module says that it needs: `depends=a,b` between zeros.
fn depends(module: &[u8]) -> Vec<String> {
    let tag = b"\0depends=";
    let Some(at) = module.windows(tag.len()).position(|window| window == tag) else { return Vec::new() };
    let rest = &module[at + tag.len()..];
    let text = &rest[..rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len())];
    String::from_utf8_lossy(text).split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
