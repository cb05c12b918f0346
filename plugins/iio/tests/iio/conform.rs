//! What every input must do.

use streamer_iio::PLUGIN;
use streamer_plugin::testkit::{Bench, Example, conformance};

use crate::tree::Tree;

#[test]
fn it_is_as_every_input_must_be() {
    let tree = Tree::new();
    tree.iio(0, "bme280", &[("in_temp_input", "21500"), ("in_pressure_input", "101.325")]);
    conformance(&PLUGIN, &[Example::new("", move || Bench::new(tree.path("")))]);
}
