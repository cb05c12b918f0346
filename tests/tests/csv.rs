//! The CSV output: it need not be writable at the start, and gets everything once it is.

use std::fs;

use streamer_tests::eventually;
use streamer_tests::program::{Home, PATIENCE};

#[test]
fn a_folder_that_comes_later_gets_everything() {
    let config = "[agent]\nstate_dir = \"state\"\n[outputs.csv]\npath = \"later/readings.csv\"\n[buckets.b]\n";
    let home = Home::with_config(config).env("STREAMER_TEST_PACE", "0.05");
    let agent = home.start_agent();
    home.log_numbers(0..25).expect_code(0);
    let said = eventually(PATIENCE, || {
        let status = home.status()?.to_string();
        status.contains("later/readings.csv").then_some(())
    });
    assert!(said.is_some(), "the status names the file: {:?}", home.status());
    fs::create_dir(home.path("later")).expect("a folder");
    let rows = eventually(PATIENCE, || {
        let text = fs::read_to_string(home.path("later/readings.csv")).ok()?;
        (text.lines().count() == 25).then_some(text)
    });
    let rows = rows.unwrap_or_else(|| panic!("not all came: {}", agent.stderr()));
    let values: Vec<&str> = rows.lines().filter_map(|row| row.rsplit(',').next()).collect();
    assert_eq!(values, (0..25).map(|n| n.to_string()).collect::<Vec<_>>());
    agent.stop().expect_code(0);
}
