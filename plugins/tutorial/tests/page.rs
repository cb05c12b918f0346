//! The page shows the files of this crate, letter by letter; what else it shows is tried.

use std::path::Path;

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("the page")
}

fn blocks<'p>(page: &'p str, kind: &str) -> Vec<&'p str> {
    let begin = format!("```{kind}\n");
    page.split(&begin).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn every_block_of_rust_is_a_file_that_is_tested() {
    let page = page();
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("lib.rs") {
            files.push(std::fs::read_to_string(path).unwrap());
        }
    }
    let shown = blocks(&page, "rust");
    for block in &shown {
        assert!(files.iter().any(|file| file == block), "no file is this block:\n{block}");
    }
    assert_eq!(shown.len(), files.len(), "what is on the page, and what is a file");
    assert!(shown[0].lines().count() < 40, "the first has {} lines", shown[0].lines().count());
}
