//! What went wrong for others.

use crate::tree::{Tree, refused};

/// thisdavej/ds18b20-raspi#4: nine zero bytes pass the checksum, and a freezer alarm believed the 0 °C.
#[test]
fn zeros_are_told_from_a_true_zero() {
    let tree = Tree::new();
    tree.file("w1_bus_master1/w1_master_slaves", "28-0000000a0001\n28-0000000a0002\n");
    let zeros = "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n";
    let zero = "00 00 4b 46 7f ff 10 10 69 : crc=69 YES\n00 00 4b 46 7f ff 10 10 69 t=0\n";
    for (id, text) in [("28-0000000a0001", zeros), ("28-0000000a0002", zero)] {
        tree.file(&format!("{id}/name"), format!("{id}\n"));
        tree.file(&format!("{id}/w1_slave"), text).file(&format!("{id}/temperature"), "0\n");
    }
    let mut input = tree.input("");
    for _ in 0..3 {
        let round = input.sample().unwrap();
        assert_eq!(round.lines(), ["temperature_28-0000000a0002 0"]);
        assert_eq!(refused(&round), [("temperature_28-0000000a0001", "zeros")]);
    }
}

/// kizniche/Mycodo#404, timofurrer/w1thermsensor#46, reef-pi/reef-pi#1205: 85 °C and −127 °C.
#[test]
fn what_a_sensor_says_without_power_counts_only_close_to_the_reading_before() {
    let tree = Tree::new();
    let id = "28-0000000b0001";
    let mut input = tree.input("");
    let mut round = |sixteenths| {
        tree.measures(id, sixteenths);
        let round = input.sample().unwrap();
        (round.lines().pop(), refused(&round).pop().map(|(_, cause)| cause.to_owned()))
    };
    // From the start, twice: nobody knows.
    assert_eq!(round(85 * 16), (None, Some("power_up".into())));
    assert_eq!(round(85 * 16), (None, Some("power_up".into())));
    assert_eq!(round(20 * 16), (Some("temperature_28-0000000b0001 20".into()), None));
    assert_eq!(round(85 * 16), (None, Some("power_up".into())));
    // What was refused is not the reading before.
    assert_eq!(round(85 * 16), (None, Some("power_up".into())));
    // A sixteenth beside it is a measurement, and so is 85 then.
    assert_eq!(round(85 * 16 - 1), (Some("temperature_28-0000000b0001 84.937".into()), None));
    assert_eq!(round(85 * 16), (Some("temperature_28-0000000b0001 85".into()), None));
    assert_eq!(round(85 * 16), (Some("temperature_28-0000000b0001 85".into()), None));
    assert_eq!(round(-127 * 16), (None, Some("range".into())));
    assert_eq!(round(90 * 16), (Some("temperature_28-0000000b0001 90".into()), None));
    assert_eq!(round(85 * 16), (Some("temperature_28-0000000b0001 85".into()), None));
}

/// The DS18S20 starts with 85 °C too, in its own bytes.
#[test]
fn an_old_sensor_has_its_own_way_of_saying_85() {
    let tree = Tree::new();
    tree.sends("10-000800b0c0d0", [0xaa, 0x00, 0x4b, 0x46, 0xff, 0xff, 0x0c, 0x10], 85_000);
    let round = tree.first("");
    assert_eq!((round.lines().len(), refused(&round)), (0, vec![("temperature_10-000800b0c0d0", "power_up")]));
}
