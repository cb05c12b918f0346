//! Looking around.

use streamer_plugin::Found;

use crate::tree::Tree;

#[test]
fn all_sensors_are_one_input_with_a_name_for_each() {
    let tree = Tree::new();
    tree.measures("28-0000000a0001", 336).measures("28-0000000a0002", -16).file("01-0000000b0001/id", "");
    let found = tree.scan();
    let [Found::Input { about, options }, Found::Remark(other)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(about, "2 temperature sensors on the 1-Wire bus; give them names");
    assert_eq!(tree.first(options).lines(), ["temperature_28-0000000a0001 21", "temperature_28-0000000a0002 -1"]);
    assert!(other.starts_with("01-0000000b0001 "), "{other}");
}

#[test]
fn a_bus_without_a_sensor_is_told_with_what_to_look_at() {
    let found = Tree::new().scan();
    let [Found::Remark(words)] = &found[..] else { panic!("{found:?}") };
    assert!(words.contains("pull-up"), "{words}");
}
