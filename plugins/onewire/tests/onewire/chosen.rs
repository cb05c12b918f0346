//! Which sensors are read, what they are called, and how they are told to measure.

use std::fs;

use crate::tree::{Tree, refused};

const A: &str = "28-0000000a0001";
const B: &str = "28-0000000a0002";

#[test]
fn all_families_and_nothing_else() {
    let tree = Tree::new();
    for id in [A, "22-00000000000b", "42-00000000000c", "3b-00000000000d"] {
        tree.measures(id, 320);
    }
    tree.sends("10-00000000000e", [40, 0, 0x4b, 0x46, 0xff, 0xff, 12, 16], 20_000);
    // A counter, an identity button, ghosts of noise on an open line, and no id at all.
    for other in ["1d-00000000000f", "01-000000000010", "00-800000000000", "00-400000000000", "28-short", "uevent-28"] {
        tree.measures(other, 320);
    }
    let round = tree.first("");
    let keys: Vec<&str> = round.items().iter().map(|item| item.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "temperature_10-00000000000e",
            "temperature_22-00000000000b",
            "temperature_28-0000000a0001",
            "temperature_3b-00000000000d",
            "temperature_42-00000000000c",
        ]
    );
    assert!(round.refused().is_empty());
}

#[test]
fn names_of_ones_own() {
    let tree = Tree::new();
    tree.measures(A, 320).measures(B, -288);
    let both = tree.first("names = { \"28-0000000A0002\" = \"freezer\" }");
    assert_eq!(both.lines(), ["temperature_28-0000000a0001 20", "freezer -18"]);
    assert_eq!(tree.first("sensors = ['28-0000000a0002']").lines(), ["temperature_28-0000000a0002 -18"]);
}

#[test]
fn options_that_cannot_be_meant() {
    let tree = Tree::new();
    for (toml, says) in [
        ("sensors = ['28-xyz']", "folder names of /sys/bus/w1/devices"),
        ("sensors = ['1d-00000000000f']", "begin with 10-"),
        ("sensors = ['28-0000000a0001', '28-0000000A0001']", "twice"),
        ("names = { \"28-0000000a0001\" = \"\" }", "no key"),
        ("names = { \"28-0000000a0001\" = \"x\", \"28-0000000a0002\" = \"x\" }", "two sensors"),
        ("sensors = ['28-0000000a0001']\nnames = { \"28-0000000a0002\" = \"x\" }", "not among"),
        ("resolution = 8", "9, 10, 11 or 12"),
        ("resolution = 13", "9, 10, 11 or 12"),
        ("sensor = 'x'", "sensor"),
    ] {
        let faults = tree.faults(toml);
        assert!(faults.contains(says), "{toml}: {faults}");
    }
}

#[test]
fn the_resolution_is_set_where_it_differs_and_not_for_ever() {
    let tree = Tree::new();
    tree.measures(A, 320).file(&format!("{A}/resolution"), "12\n");
    let file = tree.path(&format!("{A}/resolution"));
    let set = || fs::read_to_string(&file).unwrap();
    let mut input = tree.input("resolution = 10");
    assert_eq!(input.sample().unwrap().lines().len(), 1);
    assert_eq!(set().trim(), "10");
    // A sensor that does not keep it is not written to in every round.
    for _ in 0..5 {
        input.sample().unwrap();
    }
    fs::write(&file, "12\n").unwrap();
    input.sample().unwrap();
    assert_eq!(set().trim(), "12");
    // It does now, then loses its power: 3f is 10 bits, 7f is 12.
    tree.sends(A, [0x40, 0x01, 0x4b, 0x46, 0x3f, 0xff, 0x10, 0x10], 20_000);
    input.sample().unwrap();
    tree.measures(A, 320);
    input.sample().unwrap();
    assert_eq!(set().trim(), "10");
}

#[test]
fn sensors_that_have_no_such_file_are_read_all_the_same() {
    let tree = Tree::new();
    tree.measures(A, 320).sends("10-00000000000e", [40, 0, 0x4b, 0x46, 0xff, 0xff, 12, 16], 20_000);
    let round = tree.first("resolution = 9");
    assert_eq!(round.items().len(), 2);
    assert_eq!(round.remarks().len(), 1, "{:?}", round.remarks());
}

#[test]
fn a_bus_measures_at_once_where_the_kernel_offers_it() {
    let tree = Tree::new();
    let file = "w1_bus_master1/therm_bulk_read";
    let asked = || fs::read_to_string(tree.path(file)).unwrap().trim() == "trigger";
    tree.measures(A, 320).file(file, "0\n").file("w1_bus_master1/w1_master_slaves", format!("{A}\n{B}\n"));
    // One sensor alone gains nothing.
    tree.first("");
    assert!(!asked());
    tree.measures(B, 320);
    tree.first("bulk_read = false");
    assert!(!asked());
    assert_eq!(tree.first("").items().len(), 2);
    assert!(asked());
    // Only those that are wanted count.
    tree.file(file, "0\n").first(&format!("sensors = ['{A}']"));
    assert!(!asked());
    // Where it cannot be asked, the sensors are read all the same.
    tree.remove(file);
    fs::create_dir(tree.path(file)).unwrap();
    let round = tree.first("");
    assert_eq!((round.items().len(), round.remarks().len(), refused(&round).len()), (2, 1, 0));
}

#[test]
fn a_root_of_its_own_goes_before_the_agents() {
    let (tree, other) = (Tree::new(), Tree::new());
    tree.measures(A, 320);
    let root = tree.path("../../../..");
    assert_eq!(other.first(&format!("root = {root:?}")).lines(), ["temperature_28-0000000a0001 20"]);
}
