//! What every input must do.

use streamer_plugin::testkit::{Bench, Example, conformance};
use streamer_system::PLUGIN;

use crate::tree::Tree;

#[test]
fn it_is_as_every_input_must_be() {
    let tree = Tree::of("vm/t0");
    let all = "collect = ['cpu', 'memory', 'load', 'network', 'uptime', 'pressure']";
    conformance(&PLUGIN, &[Example::new(all, move || Bench::new(tree.path("")))]);
}
