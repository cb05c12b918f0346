//! What every input must do.

use streamer_gpio::PLUGIN;
use streamer_plugin::testkit::{Example, conformance};

use crate::ground::ground;

#[test]
fn it_is_as_every_input_must_be() {
    let example = |more: &str| Example::new(format!("pin = 17\n{more}"), || ground(true).0);
    conformance(
        &PLUGIN,
        &[
            example("mode = 'level'"),
            example("mode = 'level'\ndebounce = '20ms'"),
            example("mode = 'edge'"),
            example("mode = 'count'\nkey = 'gpio_water'"),
            example("mode = 'count'\nedge = 'both'\ndebounce = '20ms'"),
        ],
    );
}
