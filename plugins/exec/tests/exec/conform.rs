//! What every input must do.

use streamer_exec::PLUGIN;
use streamer_plugin::testkit::{Bench, Example, conformance};

#[test]
fn it_is_as_every_input_must_be() {
    let bench = || Bench::new("/");
    conformance(
        &PLUGIN,
        &[
            Example::new("shell = 'echo value: 21.5'\nformat = 'key_value'", bench),
            Example::new("mode = 'stream'\nshell = 'echo value,1; exec sleep 7341.5'", bench),
        ],
    );
}
