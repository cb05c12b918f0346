//! What went wrong for people, out of public reports: coefficients with the wrong sign, values that were never measured,
//! probes that were pulled. What belongs to one sensor alone stands in its file; here they share a bus.

use streamer_plugin::testkit::{Bench, Chips};

const A: &str = "chip 0x76\n reg 0xd0 60\n\
    reg 0x88 8e 70 49 67 32 00 ef 8a 8f d6 d0 0b 7f 1c d8 ff f9 ff ac 26 0a d8 bd 10 00 4b\n\
    reg 0xe1 66 01 00 14 29 03 1e\n reg 0xf7 54 14 70 81 48 00 72 7d\n";
const B: &str = "chip 0x77\n reg 0xd0 60\n\
    reg 0x88 93 6e a4 68 18 fc 82 8f 75 d6 d0 0b 44 1b fc ff f9 ff ac 26 0a d8 bd 10 00 4b\n\
    reg 0xe1 6a 01 00 fe b2 ff 1e\n reg 0xf7 4b 2f 60 6a ac 80 26 3d\n";

fn near(line: &str, key: &str, value: f64, tolerance: f64) {
    let (name, number) = line.split_once(' ').unwrap();
    assert_eq!(name, key);
    assert!((number.parse::<f64>().unwrap() - value).abs() <= tolerance, "{line}, not {value}");
}

#[test]
fn two_barometers_on_one_bus() {
    let bench = Bench::new("/").with_i2c(1, Chips::parse(&format!("{A}{B}")).unwrap());
    let sample = |address: u8| {
        let options = format!("sensor = 'bme280'\naddress = {address}");
        bench.build(&streamer_i2c::PLUGIN, &options).unwrap().sample().unwrap().lines()
    };
    let (a, b) = (sample(0x76), sample(0x77));
    near(&a[0], "temperature", 21.6, 0.02);
    near(&a[1], "pressure", 1025.9995, 0.03);
    near(&a[2], "humidity", 44.9, 0.1);
    near(&b[0], "temperature", -5.1, 0.02);
    near(&b[1], "pressure", 1018.6306, 0.03);
    near(&b[2], "humidity", 60.995, 0.1);
}

#[test]
fn one_that_never_ends_its_measurement_leaves_the_other_alone() {
    let bench = Bench::new("/").with_i2c(1, Chips::parse(&format!("{A} or 0xf3 08\n{B}")).unwrap());
    let mut stuck = bench.build(&streamer_i2c::PLUGIN, "sensor = 'bme280'").unwrap();
    let mut good = bench.build(&streamer_i2c::PLUGIN, "sensor = 'bme280'\naddress = 0x77").unwrap();
    for _ in 0..3 {
        let readings = stuck.sample().unwrap();
        assert!(readings.is_empty());
        assert_eq!(readings.refused().len(), 1, "one refusal a round");
        assert_eq!(readings.refused()[0].cause, "not_measured");
        assert_eq!(good.sample().unwrap().lines().len(), 3);
    }
}

/// Table 7 of the SHT21's datasheet: 12 bits of humidity take 29 ms at most, 14 bits of temperature 85 ms. Until then the
/// chip does not answer, which looks like a broken wire.
#[test]
fn the_slowest_of_the_si7021s_relatives_is_waited_for() {
    let chip = "chip 0x40\n cmd fe\n cmd f5 : 68 3a 7c\n cmd f3 : 4e 85 6b";
    let bench = Bench::new("/").with_i2c(1, Chips::parse(chip).unwrap());
    let mut input = bench.build(&streamer_i2c::PLUGIN, "sensor = 'si7021'").unwrap();
    input.sample().unwrap();
    let began = bench.clock().boot();
    assert_eq!(input.sample().unwrap().lines().len(), 2);
    assert!(bench.clock().boot().since(began).as_millis() >= 29 + 85);
}

/// Adafruit_HDC1000, the library to Adafruit's board of the HDC1008: it wants the identity 1000h, takes /65536*165-40 for
/// °C and /65536*100 for %. RIOT's driver has the addresses 0x40 to 0x43.
#[test]
fn the_elders_of_the_hdc1080_are_taken() {
    let chip = "chip 0x43\n width 16\n reg 0xfe 54 49\n reg 0xff 10 00\n reg 0x00 60 00\n reg 0x01 80 00";
    let bench = Bench::new("/").with_i2c(1, Chips::parse(chip).unwrap());
    let mut input = bench.build(&streamer_i2c::PLUGIN, "sensor = 'hdc1080'\naddress = 0x43").unwrap();
    assert_eq!(input.sample().unwrap().lines(), ["temperature 21.875", "humidity 50"]);
}
