//! Sensors that come, go, or are ghosts.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use streamer_onewire::PLUGIN;
use streamer_plugin::InputError;
use streamer_plugin::testkit::Bench;

use crate::tree::{Tree, measured, refused, shown};

const A: &str = "28-0000000a0001";
const B: &str = "28-0000000a0002";

#[test]
fn no_bus_and_no_sensor_each_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = Bench::new(folder.path()).build(&PLUGIN, "").err().unwrap().to_string();
    assert!(error.contains("dtoverlay=w1-gpio"), "{error}");
    let error = Tree::new().trouble("");
    assert!(matches!(&error, InputError::Gone(words) if words.contains("pull-up")), "{error}");
}

#[test]
fn ghosts_and_empty_files_cost_themselves_only() {
    let tree = Tree::new();
    tree.measures(A, 320).file(&format!("{B}/name"), B).file("28-0000000a0003/w1_slave", "");
    fs::create_dir_all(tree.path("28-0000000a0004/w1_slave")).unwrap();
    // A link whose folder is gone.
    symlink("../../../devices/w1_bus_master1/28-0000000a0005", tree.path("28-0000000a0005")).unwrap();
    let round = tree.first("");
    assert_eq!(round.lines(), ["temperature_28-0000000a0001 20"]);
    let causes: Vec<&str> = refused(&round).into_iter().map(|(_, cause)| cause).collect();
    assert_eq!(causes, ["missing", "silent", "unreadable", "missing"]);
}

#[test]
fn a_sensor_that_was_asked_for_by_id_is_missed_others_are_only_said_to_be_gone() {
    let tree = Tree::new();
    tree.measures(A, 320);
    let round = tree.first(&format!("sensors = ['{A}', '{B}']"));
    assert_eq!((round.items().len(), refused(&round)), (1, vec![("temperature_28-0000000a0002", "missing")]));
    let mut input = tree.input("");
    input.sample().unwrap();
    tree.measures(B, 336);
    assert_eq!(input.sample().unwrap().items().len(), 2);
    tree.remove(A);
    let round = input.sample().unwrap();
    assert_eq!((round.lines().len(), refused(&round).len()), (1, 0));
    assert_eq!(round.remarks().len(), 1);
    tree.measures(A, 320);
    let round = input.sample().unwrap();
    assert_eq!((round.items().len(), round.remarks().len()), (2, 0));
}

#[test]
fn sensors_are_found_through_the_links_that_the_kernel_makes() {
    let tree = Tree::new();
    let devices = tree.path("../../../devices/w1_bus_master1");
    fs::create_dir_all(tree.path("../../../devices")).unwrap();
    fs::rename(tree.path("w1_bus_master1"), &devices).unwrap();
    symlink("../../../devices/w1_bus_master1", tree.path("w1_bus_master1")).unwrap();
    for id in [A, B] {
        tree.measures(id, 320);
        fs::rename(tree.path(id), devices.join(id)).unwrap();
        symlink(format!("../../../devices/w1_bus_master1/{id}"), tree.path(id)).unwrap();
    }
    tree.file("w1_bus_master1/therm_bulk_read", "0\n");
    assert_eq!(tree.first("").items().len(), 2);
    assert_eq!(fs::read_to_string(devices.join("therm_bulk_read")).unwrap().trim(), "trigger");
}

#[test]
fn a_round_without_time_for_all_goes_on_with_the_others_next_time() {
    let tree = Tree::new();
    let (slow, hand) = (tree.path(&format!("{A}/w1_slave")), tree.hand());
    fs::create_dir(tree.path(A)).unwrap();
    assert!(Command::new("mkfifo").arg(&slow).status().unwrap().success());
    // A sensor for which six of the ten seconds go by, twice.
    let (next, round_begins) = std::sync::mpsc::channel();
    let sensor = std::thread::spawn(move || {
        while round_begins.recv().is_ok() {
            let mut asked = fs::OpenOptions::new().write(true).open(&slow).unwrap();
            hand.advance(Duration::from_secs(6));
            std::io::Write::write_all(&mut asked, shown(measured(320), 20_000).as_bytes()).unwrap();
        }
    });
    tree.measures(B, 336).measures("28-0000000a0003", 352);
    let mut input = tree.input("");
    next.send(()).unwrap();
    let round = input.sample().unwrap();
    assert_eq!(round.lines(), ["temperature_28-0000000a0001 20"]);
    let late = [("temperature_28-0000000a0002", "deadline"), ("temperature_28-0000000a0003", "deadline")];
    assert_eq!(refused(&round), late);
    let lines = ["temperature_28-0000000a0002 21", "temperature_28-0000000a0003 22", "temperature_28-0000000a0001 20"];
    next.send(()).unwrap();
    assert_eq!(input.sample().unwrap().lines(), lines);
    drop(next);
    sensor.join().unwrap();
}
