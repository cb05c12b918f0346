//! Bad configurations: each `bad/NAME.toml`, or the files of a folder `bad/NAME`, give exactly `bad/NAME.expected`.
//!
//! `UPDATE_EXPECTED=1 cargo test -p streamer-config bad` writes the expected texts anew; read the change before it is
//! committed.

use std::fs;
use std::path::{Path, PathBuf};

use streamer_config::{Files, Style, load};

use crate::fakes::around;

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn files(path: &Path) -> Files {
    let mut files = Files::default();
    let paths = if path.is_dir() { sorted(path) } else { vec![path.to_owned()] };
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        files.push(name, fs::read_to_string(&path).unwrap(), false);
    }
    files
}

#[test]
fn every_bad_configuration_is_told_as_it_is_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut cases = 0;
    let mut wrong = Vec::new();
    for path in sorted(&folder) {
        if path.extension().is_some_and(|kind| kind == "expected") {
            continue;
        }
        cases += 1;
        let Err(mistakes) = load(&files(&path), &around()) else { panic!("{} is no bad one", path.display()) };
        let said = mistakes.render(Style::Plain);
        let expected = path.with_extension("expected");
        if update {
            fs::write(&expected, said).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("== {} says\n{said}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\nIf the new texts are right: UPDATE_EXPECTED=1", wrong.join("\n"));
    assert!(cases >= 45, "only {cases} cases are left");
}
