//! The page of each input, `plugins/NAME/REFERENCE.md`, says exactly what `streamer inputs NAME` says.
//!
//! `UPDATE_EXPECTED=1 cargo test -p streamer-tests --test reference` writes the pages anew; read the change before it is
//! committed.

use std::fs;
use std::path::Path;

use streamer_tests::program::Home;

#[test]
fn every_input_has_a_page_made_from_its_types() {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let list = Home::new().run(&["inputs"]).expect_code(0).stdout;
    let mut pages = 0;
    for name in list.lines().filter_map(|line| line.split_whitespace().next()) {
        let folder = plugins.join(name);
        // An input that is a part of the agent has no folder of its own.
        if !folder.is_dir() {
            continue;
        }
        let text = Home::new().run(&["inputs", name]).expect_code(0).stdout;
        let page = format!(
            "# `[[inputs.{name}]]`\n\nWhat `streamer inputs {name}` prints; it is made from the types of the options.\n\n\
             ```text\n{}\n```\n",
            text.trim_end()
        );
        let path = folder.join("REFERENCE.md");
        if update {
            fs::write(&path, page).unwrap();
        } else {
            let kept = fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(kept, page, "{}: UPDATE_EXPECTED=1 writes it anew", path.display());
        }
        pages += 1;
    }
    assert!(pages >= 5, "{list}");
}
