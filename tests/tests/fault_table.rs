//! Some rows of the fault table, with the library and with the agent, and the pages that show all of it. The whole table is
//! `cargo xtask faults`.

use std::path::Path;

use streamer_tests::faults::case::Case;
use streamer_tests::faults::table::table;
use streamer_tests::faults::{Side, page, run_table};

/// Rows that no other test has: ends of the program, a cap, a tier, and bad values.
const HERE: &[&str] = &["without close()", "SIGKILL", "against the cap", "in a burst", "lost after", "402", "one N"];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository")
}

#[test]
fn nothing_is_lost_and_the_books_balance() {
    let rows = table().into_iter().filter(|case| HERE.iter().any(|word| case.name.contains(word)));
    let rows: Vec<Case> = rows.collect();
    assert!(rows.len() >= HERE.len());
    let python = Err("it is only looked at".to_owned());
    for row in run_table(&rows, &[Side::Library, Side::Agent], 2, &python, &|_| {}) {
        let wrong = [row.library.wrong(), row.agent.wrong()];
        assert!(wrong.iter().all(Vec::is_empty), "{}: library and agent: {wrong:#?}", row.case.name);
    }
}

#[test]
fn the_pages_have_the_rows_of_the_table() {
    let rows = |page: &str| page::rows_of(&std::fs::read_to_string(repository().join(page)).unwrap()).unwrap();
    let names = |short: bool| -> Vec<String> {
        table().into_iter().filter(|case| case.short || !short).map(|case| case.name.to_owned()).collect()
    };
    assert_eq!(rows("crates/streamer/FAULTS.md"), names(false), "write it anew: cargo xtask faults --write");
    assert_eq!(rows("README.md"), names(true), "write it anew: cargo xtask faults --write");
}
