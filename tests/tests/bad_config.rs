//! Bad configurations through the command line: each `cases/bad_config/NAME.toml` gives exactly `NAME.expected`.
//!
//! `UPDATE_EXPECTED=1 cargo test -p streamer-tests --test bad_config` writes the expected texts anew; read the change
//! before it is committed.

use std::fs;
use std::path::Path;

use streamer_tests::program::Home;

#[test]
fn every_bad_configuration_is_told_as_it_is_written_down() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/bad_config");
    let mut names: Vec<_> = fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|kind| kind == "toml"));
    names.sort();
    assert!(!names.is_empty(), "no case in {}", cases.display());
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut wrong = Vec::new();
    for path in names {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let home = Home::new();
        fs::copy(&path, home.path(&name)).unwrap();
        let finished = home.run(&["check", "--config", &name]).expect_code(2);
        assert_eq!(finished.stdout, "", "{name}");
        let expected = path.with_extension("expected");
        if update {
            fs::write(&expected, &finished.stderr).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != finished.stderr {
            wrong.push(format!("== {name}: expected {}, but it says\n{}", expected.display(), finished.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}\nIf the new texts are right: UPDATE_EXPECTED=1", wrong.join("\n"));
}
