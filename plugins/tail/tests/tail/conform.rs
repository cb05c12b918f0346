//! What every input must do.

use streamer_plugin::testkit::{Bench, Example, conformance};
use streamer_tail::PLUGIN;

#[test]
fn it_is_as_every_input_must_be() {
    let example = |more: &str, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        std::fs::write(&file, text).unwrap();
        let toml = format!("files = [{file:?}]\nfrom = 'start'\n{more}");
        let state = tempfile::tempdir().unwrap();
        Example::new(toml, move || {
            let _kept = &folder;
            Bench::new("/").with_state(state.path())
        })
    };
    let access = "10.0.0.1 - - [02/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 612 \"-\" \"x\"\n";
    conformance(
        &PLUGIN,
        &[
            example("format = 'line'", "one\n"),
            example("format = 'regex'\npattern = '(?P<n>\\d+)'", "n 5\n"),
            example("format = 'json'", "{\"a\": 1}\n"),
            example("format = 'csv'", "a,b\n1,2\n"),
            example("format = 'key_value'", "a=1\n"),
            example("format = 'influx'", "m f=1\n"),
            example("format = 'value'", "5\n"),
            example("format = 'nginx'", access),
            example("format = 'apache'", access),
            example("format = 'logfmt'", "a=1 b=\"x y\"\n"),
        ],
    );
}
