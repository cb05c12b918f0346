//! What every input must do.

use streamer_onewire::PLUGIN;
use streamer_plugin::testkit::{Bench, Example, conformance};

use crate::tree::Tree;

#[test]
fn it_is_as_every_input_must_be() {
    let tree = Tree::new();
    tree.measures("28-00000c0c0c0c", 340);
    conformance(&PLUGIN, &[Example::new("", move || Bench::new(tree.root()))]);
}
