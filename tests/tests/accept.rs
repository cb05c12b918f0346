//! What `streamer log` accepts without an agent is kept, however much it is.

use streamer_tests::program::Home;

#[test]
fn more_than_the_memory_holds_is_kept_on_disk() {
    let home =
        Home::with_config("[agent]\nstate_dir = \"state\"\n[outputs.csv]\npath = \"readings.csv\"\n[buckets.b]\n");
    home.log_numbers(0..300_000).expect_code(0);
    let status = home.status().expect("the state folder can be read");
    let output = &status["buckets"][0]["outputs"][0];
    assert_eq!(output["waiting"], 300_000, "{status:#}");
    assert_eq!(output["dropped"]["full"], 0, "{status:#}");
}
