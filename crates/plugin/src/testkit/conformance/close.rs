//! Whether a closed input has let go of what it held.

use std::fs;
use std::path::Path;

/// Open files of this process below a folder.
pub fn held_below(root: &Path) -> Vec<String> {
    let open = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let targets = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.filter(|target| target.starts_with(root)).map(|target| target.display().to_string()).collect()
}
