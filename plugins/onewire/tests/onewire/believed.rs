//! Which texts are believed.

use crate::tree::{Tree, measured, refused, shown};

const ID: &str = "28-00000c0c0c0c";

/// The reading and the cause of refusal that a text of `w1_slave` makes.
fn told(id: &str, text: impl AsRef<[u8]>) -> (Option<f64>, Option<String>) {
    let tree = Tree::new();
    tree.file(&format!("{id}/w1_slave"), text);
    let round = tree.first("");
    let value = round.items().first().and_then(|item| item.value.as_f64());
    (value, refused(&round).first().map(|(_, cause)| (*cause).to_owned()))
}

fn because(cause: &str) -> (Option<f64>, Option<String>) {
    (None, Some(cause.to_owned()))
}

#[test]
fn temperatures_of_the_data_sheet() {
    // Table 1 of the DS18B20's data sheet, without 85 °C, and the ends of its range.
    for (sixteenths, degrees) in
        [(0x07d0, 125.0), (0x0191, 25.062), (0x00a2, 10.125), (8, 0.5), (0, 0.0), (-8, -0.5), (-0x00a2, -10.125)]
    {
        assert_eq!(told(ID, shown(measured(sixteenths), i64::from(sixteenths) * 1000 / 16)), (Some(degrees), None));
    }
    assert_eq!(told(ID, shown(measured(-401), -25_062)), (Some(-25.062), None));
    assert_eq!(told(ID, shown(measured(-55 * 16), -55_000)), (Some(-55.0), None));
    assert_eq!(told(ID, shown(measured(-55 * 16 - 2), -55_125)), because("range"));
    assert_eq!(told(ID, shown(measured(125 * 16 + 2), 125_125)), because("range"));
    assert_eq!(told(ID, shown(measured(-1), -62)), (Some(-0.062), None));
}

#[test]
fn a_wrong_checksum_is_never_believed_whoever_finds_it() {
    let right = shown(measured(336), 21_000);
    assert_eq!(told(ID, &right), (Some(21.0), None));
    assert_eq!(told(ID, right.replace("YES", "NO")), because("crc"));
    // The kernel repeats the last good bytes on the second line, with the temperature of the bad ones.
    let bad = "ff ff ff ff ff ff ff ff ff : crc=c9 NO\n50 01 4b 46 7f ff 0c 10 56 t=-62\n";
    assert_eq!(told(ID, bad), because("crc"));
    // One bit less, while the verdict says YES.
    assert_eq!(told(ID, right.replace("4b", "4a")), because("crc"));
    assert_eq!(told(ID, right.replace("crc=", "crc=f")), because("crc"));
}

#[test]
fn half_a_text_is_no_reading() {
    let right = shown(measured(336), 21_000);
    for len in 0..right.len() - "000\n".len() {
        let (value, cause) = told(ID, &right[..len]);
        assert_eq!(value, None, "{:?}", &right[..len]);
        assert!(cause.is_some(), "{:?}", &right[..len]);
    }
    let without = right.replace("t=21000", "");
    for text in [&without, "", "\n", "warm\n", "t=21000\n", ": crc=00 YES\nt=5\n", "\0\0\0\0"] {
        assert_eq!(told(ID, text).0, None, "{text:?}");
    }
    assert_eq!(told(ID, ""), because("silent"));
    assert_eq!(told(ID, without), because("incomplete"));
    assert_eq!(told(ID, right.replace("21000", "21000x")), because("incomplete"));
    assert_eq!(told(ID, [0xff, 0xfe, b'\n']), because("incomplete"));
}

#[test]
fn the_temperature_must_be_that_of_the_bytes() {
    assert_eq!(told(ID, shown(measured(336), 22_000)), because("inconsistent"));
    assert_eq!(told(ID, shown(measured(336), 0)), because("inconsistent"));
    // Two more bits, which a GX20MH01 keeps elsewhere.
    let bytes = [0x50, 0x01, 0x4b, 0x46, 0xff | 3, 0xff, 0x0c, 0x10];
    assert_eq!(told(ID, shown(bytes, 21_046)), (Some(21.046), None));
    let (first, second) = (shown(measured(336), 21_000), shown(measured(352), 22_000));
    let mixed = format!("{}\n{}\n", first.lines().next().unwrap(), second.lines().nth(1).unwrap());
    assert_eq!(told(ID, mixed), because("incomplete"));
}

/// A kernel of the Raspberry Pi's of February 2021 lost the sign of every frost, and freezers reported 7000 °F.
#[test]
fn a_temperature_that_cannot_be_is_the_kernels_mistake_and_the_bytes_count() {
    // Table 1 of the data sheet: FF5Eh is -10.125 °C.
    assert_eq!(told(ID, shown(measured(-0x00a2), 4_085_875)), (Some(-10.125), None));
    assert_eq!(told(ID, shown(measured(-0x00a2), 85_000)), because("inconsistent"));
}

#[test]
fn a_ds18s20_counts_in_half_degrees_and_a_remainder() {
    let id = "10-000800b0c0d0";
    let bytes = |half: i16, remain: u8, count: u8| {
        let [low, high] = half.to_le_bytes();
        [low, high, 0x4b, 0x46, 0xff, 0xff, remain, count]
    };
    // Whole degrees − 0.25 + (count − remain)/count.
    assert_eq!(told(id, shown(bytes(50, 4, 16), 25_500)), (Some(25.5), None));
    assert_eq!(told(id, shown(bytes(0, 12, 16), 0)), (Some(0.0), None));
    assert_eq!(told(id, shown(bytes(-50, 12, 16), -25_000)), (Some(-25.0), None));
    // The kernel makes a 0 of a count of 0.
    assert_eq!(told(id, shown(bytes(50, 4, 0), 0)), because("inconsistent"));
    assert_eq!(told(id, shown(bytes(50, 4, 16), 3_125)), because("inconsistent"));
}

#[test]
fn a_thermocouple_says_when_it_is_open() {
    let id = "3b-0000001a0001";
    let bytes = |sixteenths: i16| {
        let [low, high] = sixteenths.to_le_bytes();
        [low, high, 0x80, 0x17, 0xf0, 0xff, 0xff, 0xff]
    };
    assert_eq!(told(id, shown(bytes(800 * 16), 800_000)), (Some(800.0), None));
    assert_eq!(told(id, shown(bytes(0x7fc | 1), 0)), because("fault"));
    // The other chip of that family is a plain thermometer.
    assert_eq!(told(id, shown(measured(336), 21_000)), (Some(21.0), None));
    assert_eq!(told(id, shown(measured(130 * 16), 130_000)), because("range"));
}

#[test]
fn without_the_bytes_a_zero_needs_a_reading_before_it() {
    let tree = Tree::new();
    let mut input = tree.input("");
    let mut round = |text: &str| {
        tree.file(&format!("{ID}/temperature"), text);
        let round = input.sample().unwrap();
        (round.items().first().and_then(|item| item.value.as_f64()), refused(&round).pop().map(|r| r.1.to_owned()))
    };
    assert_eq!(round("0\n"), because("zeros"));
    assert_eq!(round("85000\n"), because("power_up"));
    assert_eq!(round("-1125\n"), (Some(-1.125), None));
    assert_eq!(round("0\n"), (Some(0.0), None));
    assert_eq!(round(""), because("silent"));
    assert_eq!(round("-127000\n"), because("range"));
    assert_eq!(round("12\0"), because("incomplete"));
}
