//! The page for those who come from another program: every line of ours on it is right, and gives readings.

use std::path::Path;

use streamer_tests::program::Home;

#[test]
fn every_block_of_ours_is_valid_and_gives_readings() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/MIGRATION.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let needs = page.lines().filter(|line| line.starts_with("## ")).count();
    let blocks: Vec<&str> =
        page.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block).collect();
    assert_eq!(blocks.len(), needs + 1, "one block a need, and the one at the top");
    assert!(needs >= 20, "{needs} needs");
    for block in blocks {
        let around = if block.contains("[buckets.") { "" } else { "[outputs.local]\n[buckets.house]\n" };
        let home = Home::with_config(&format!("{around}{block}")).env("IS_ACCESS_KEY", "ist_example");
        let checked = home.run(&["check"]).expect_code(0);
        assert!(!checked.stderr.contains("warning"), "{block}\n{}", checked.stderr);
        let taken = home.run(&["test", "--simulate"]).expect_code(0);
        assert!(taken.stdout.starts_with("simulated: "), "{block}\n{}", taken.stderr);
    }
}
