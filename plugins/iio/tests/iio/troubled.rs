//! Drivers that do not answer, this time or ever.

use crate::tree::{Tree, refused};

const HOME: &str = "sys/bus/iio/devices/iio:device0";

/// A humidity that can be read, and a temperature whose driver says EIO.
fn failing() -> Tree {
    let tree = Tree::new();
    tree.iio(0, "dht11@4", &[("in_temp_input", "21000"), ("in_humidityrelative_input", "45000")]);
    tree.failing(&format!("{HOME}/in_temp_input"));
    tree
}

#[test]
fn a_driver_that_fails_is_asked_again_within_the_round() {
    let tree = failing();
    let (round, waits) = tree.input("").waiting_round(|waits| {
        if waits == 3 {
            tree.remove(&format!("{HOME}/in_temp_input"));
            tree.files(HOME, &[("in_temp_input", "21000")]);
        }
    });
    assert_eq!(round.lines(), ["dht11_4_humidity 45", "dht11_4_temperature 21"]);
    assert_eq!((waits, refused(&round).len()), (3, 0));
}

#[test]
fn one_that_never_answers_takes_the_time_of_one_round_only() {
    let tree = failing();
    let mut input = tree.input("");
    let (round, waits) = input.waiting_round(|_| {});
    assert_eq!((round.lines(), waits), (vec!["dht11_4_humidity 45".to_owned()], 4));
    assert_eq!(refused(&round), [("dht11_4_temperature", "unreadable")]);
    assert!(round.refused()[0].words.contains("look at its wires"));
    for _ in 0..3 {
        let round = input.round();
        assert_eq!((round.items().len(), refused(&round).len()), (1, 1));
    }
    // Once it has answered, it is worth waiting for again.
    tree.remove(&format!("{HOME}/in_temp_input"));
    tree.files(HOME, &[("in_temp_input", "21000")]);
    assert_eq!(input.round().items().len(), 2);
    tree.failing(&format!("{HOME}/in_temp_input"));
    assert_eq!(input.waiting_round(|_| {}).1, 4);
}

#[test]
fn a_scale_offset_or_label_that_fails_is_not_one_that_is_missing() {
    for file in ["in_temp_scale", "in_temp_offset", "in_temp_label"] {
        let tree = Tree::new();
        tree.iio(
            0,
            "t",
            &[("in_temp_raw", "20"), ("in_temp_scale", "1000"), ("in_temp_offset", "1"), ("in_temp_label", "x")],
        );
        tree.failing(&format!("{HOME}/{file}"));
        let (round, _) = tree.input("").waiting_round(|_| {});
        assert_eq!((round.lines().len(), refused(&round).len()), (0, 1), "{file}");
        assert_eq!(round.refused()[0].cause, "unreadable");
    }
}

#[test]
fn what_vanishes_or_is_no_file_costs_itself_only() {
    let tree = Tree::new();
    tree.iio(0, "t", &[("in_temp_input", "20000"), ("in_voltage0_input", "5000")]);
    tree.remove(&format!("{HOME}/in_temp_input"));
    tree.file(&format!("{HOME}/in_temp_input/x"), "");
    tree.link(&format!("{HOME}/in_voltage1_input"), "nowhere");
    let round = tree.first("");
    assert_eq!(round.lines(), ["t_voltage0 5"]);
    assert_eq!(refused(&round), [("t_temperature", "unreadable"), ("t_voltage1", "gone")]);
}
