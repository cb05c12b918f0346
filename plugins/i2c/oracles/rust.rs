//! Asks published Rust drivers what they make of register contents, and keeps their answers beside those of `make.py`.
//! `rust.sh` builds and runs it.

use std::fmt::Write;
use std::path::PathBuf;

use bmp085_180_rs::{BMP, Config, Oss};
use embedded_devices::devices::texas_instruments::ina226::registers::{BusVoltage, ShuntVoltage};
use embedded_devices::devices::texas_instruments::ina226::{INA226Sync, address};
use streamer_plugin::clock::{Clock, Moment, SinceBoot};
use streamer_plugin::testkit::Chips;
use streamer_plugin::{Epoch, I2cBus, I2cDevice};
use uom::si::electric_potential::volt;

const CASES: u64 = 2000;

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn word(&mut self) -> u16 {
        (self.next() >> 20) as u16
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }
}

/// All extremes, each bit alone, then random words.
fn words(random: &mut Random) -> Vec<u16> {
    let mut words = vec![0, 1, 0x7fff, 0x8000, 0xffff, 0xfffe];
    words.extend((0..16).map(|bit| 1 << bit));
    words.extend((0..CASES).map(|_| random.word()));
    words
}

fn device(chip: &str, parts: &[Vec<u8>]) -> I2cDevice {
    let mut text = chip.to_owned();
    for (i, part) in parts.iter().enumerate() {
        let hex: Vec<String> = part.iter().map(|byte| format!("{byte:02x}")).collect();
        text = text.replace(&format!("${i}"), &hex.join(" "));
    }
    let start = Moment { wall: Epoch::from_micros(0), boot: SinceBoot::from_micros(0) };
    let (clock, hand) = Clock::moved(start);
    I2cBus::simulated(Chips::parse(&text).expect("a chip"), hand).device(&clock)
}

/// One file: name, sensor, options, driver, chip, keys with range and tolerance.
struct Oracle<'a> {
    name: &'a str,
    sensor: &'a str,
    options: &'a str,
    driver: &'a str,
    chip: &'a str,
    keys: &'a [(&'a str, f64, f64, f64)],
}

impl Oracle<'_> {
    fn keep(&self, cases: Vec<Vec<Vec<u8>>>, ask: impl Fn(I2cDevice) -> Option<Vec<Option<f64>>>) {
        let Self { name, sensor, options, driver, chip, keys } = self;
        let mut text = format!("{{\n \"sensor\": {sensor:?},\n \"options\": {options:?},\n \"driver\": {driver:?},\n");
        let lines: Vec<String> = chip.lines().map(|line| format!("{:?}", line.trim())).collect();
        let _ = writeln!(text, " \"chip\": [{}],\n \"keys\": [", lines.join(", "));
        let keys: Vec<String> = keys
            .iter()
            .map(|(key, low, high, tolerance)| {
                format!("  {{\"key\": {key:?}, \"low\": {low}, \"high\": {high}, \"tolerance\": {tolerance}}}")
            })
            .collect();
        let _ = writeln!(text, "{}\n ],\n \"cases\": [", keys.join(",\n"));
        let cases: Vec<String> = cases
            .into_iter()
            .filter_map(|parts| {
                let answers: Vec<String> = ask(device(chip, &parts))?
                    .into_iter()
                    .map(|answer| answer.map_or("null".into(), |a| ((a * 1e8).round() / 1e8).to_string()))
                    .collect();
                let hex =
                    |part: &Vec<u8>| format!("\"{}\"", part.iter().map(|b| format!("{b:02x}")).collect::<String>());
                let parts: Vec<String> = parts.iter().map(hex).collect();
                Some(format!("  [[{}],[{}]]", parts.join(","), answers.join(",")))
            })
            .collect();
        let _ = writeln!(text, "{}\n ]\n}}", cases.join(",\n"));
        let path = folder().join(format!("{name}.json"));
        std::fs::write(path, text).expect("written");
    }
}

/// Where the answers are kept: the one argument.
fn folder() -> PathBuf {
    std::env::args().nth(1).expect("a folder").into()
}

fn main() {
    bmp180();
    lm75();
    tmp102();
    ina226();
}

fn bmp180() {
    for (oversampling, oss) in
        [("1x", Oss::LowPower), ("2x", Oss::Standard), ("4x", Oss::HighRes), ("8x", Oss::UltraHighRes)]
    {
        let mut random = Random(180);
        let real: [i64; 11] = [408, -72, -14383, 32741, 32757, 23153, 6190, 4, -32768, -8711, 2868];
        let mut cases = Vec::new();
        for i in 0..CASES / 4 {
            // The first is a real chip's; the others are near it, with other signs where the datasheet has signed words.
            let mut calibration = Vec::new();
            for (at, value) in real.into_iter().enumerate() {
                let mut moved = value;
                if i > 0 {
                    moved = value * random.between(85, 115) / 100;
                    if matches!(at, 0 | 1 | 2 | 6 | 7) && random.between(0, 4) == 0 {
                        moved = -moved;
                    }
                }
                let word = if matches!(at, 3..=5) {
                    moved.clamp(1, 0xfffe) as u16
                } else {
                    moved.clamp(-32768, 32767) as i16 as u16
                };
                calibration.extend(if word == 0 { 4 } else { word }.to_be_bytes());
            }
            let temperature = random.between(20_000, 33_000) as u16;
            let pressure = random.between(0x40_0000, 0xb0_0000) as u32;
            cases.push(vec![calibration, temperature.to_be_bytes().to_vec(), pressure.to_be_bytes()[1..].to_vec()]);
        }
        let command = 0x34 + ((oss as u8) << 6);
        let chip = format!(
            "chip 0x77\n reg 0xd0 55\n clear 0xf4 20\n reg 0xaa $0\n when 0xf4 mask 0xff is 0x2e set 0xf6 $1\n \
             when 0xf4 mask 0xff is {command:#04x} set 0xf6 $2"
        );
        let oracle = Oracle {
            name: &format!("bmp180-{oversampling}"),
            sensor: "bmp180",
            options: &format!("oversampling = '{oversampling}'"),
            driver: "bmp085-180-rs 1.0.0",
            chip: &chip,
            keys: &[("temperature", -40.0, 85.0, 0.001), ("pressure", 300.0, 1100.0, 0.0001)],
        };
        oracle.keep(cases, |i2c| {
            let delay = i2c.clone();
            let config = Config { oss, address: 0x77, sea_level_pressure: 101_325 };
            let mut driver = BMP::new(i2c, delay, config);
            driver.init().expect("coefficients");
            let celsius = driver.read_temperature().expect("a temperature");
            // It gives up where an intermediate sum is negative, which the datasheet's sums may be: no judgement.
            let pascal = driver.read_pressure().ok()?;
            Some(vec![Some(f64::from(celsius)), Some(f64::from(pascal) / 100.0)])
        });
    }
}

fn lm75() {
    let keys: &[_] = &[("temperature", -55.0, 125.0, 0.0001)];
    let mut random = Random(75);
    let cases: Vec<_> = words(&mut random).into_iter().map(|word| vec![word.to_be_bytes().to_vec()]).collect();
    for bits in [9, 11] {
        let oracle = Oracle {
            name: &format!("lm75-{bits}"),
            sensor: "lm75",
            options: &format!("bits = {bits}"),
            driver: "lm75 1.0.0",
            chip: "chip 0x48\n width 16\n reg 0x00 $0",
            keys,
        };
        oracle.keep(cases.clone(), |i2c| {
            let read = if bits == 9 {
                lm75::Lm75::new(i2c, lm75::Address::default()).read_temperature()
            } else {
                lm75::Lm75::new_pct2075(i2c, lm75::Address::default()).read_temperature()
            };
            Some(vec![read.ok().map(f64::from)])
        });
    }
}

fn tmp102() {
    let keys: &[_] = &[("temperature", -55.0, 150.0, 0.0001)];
    let ask = |i2c: I2cDevice| {
        let mut driver = tmp1x2::Tmp1x2::new(i2c, tmp1x2::SlaveAddr::default());
        Some(vec![driver.read_temperature().ok().map(f64::from)])
    };
    let oracle = Oracle {
        name: "tmp102",
        sensor: "tmp102",
        options: "",
        driver: "tmp1x2 1.1.0",
        chip: "chip 0x48\n width 16\n reg 0x00 $0",
        keys,
    };
    let mut random = Random(102);
    let twelve = |word: u16| vec![(word & 0xfff0).to_be_bytes().to_vec()];
    let thirteen = |word: u16| vec![(word & 0xfff8 | 1).to_be_bytes().to_vec()];
    oracle.keep(words(&mut random).into_iter().map(twelve).collect(), ask);
    let extended = Oracle { name: "tmp102-extended", options: "extended = true", ..oracle };
    extended.keep(words(&mut random).into_iter().map(thirteen).collect(), ask);
    // The twelve bits of a TMP105 stand where those of a TMP102 do.
    let relative = Oracle {
        name: "tmp105",
        sensor: "tmp105",
        options: "",
        keys: &[("temperature", -55.0, 125.0, 0.0001)],
        ..extended
    };
    relative.keep(words(&mut random).into_iter().map(twelve).collect(), ask);
}

fn ina226() {
    let mut random = Random(226);
    let (shunts, buses) = (words(&mut random), words(&mut random));
    let cases = shunts.into_iter().zip(buses);
    // Its bus voltage has a sign that the chip's does not; above 36 V nothing is told anyway.
    let cases = cases.map(|(shunt, bus)| vec![shunt.to_be_bytes().to_vec(), bus.to_be_bytes().to_vec()]).collect();
    let oracle = Oracle {
        name: "ina226",
        sensor: "ina226",
        options: "",
        driver: "embedded-devices 0.10.3",
        chip: "chip 0x40\n width 16\n reg 0xfe 54 49\n reg 0xff 22 60\n reg 0x01 $0\n reg 0x02 $1",
        keys: &[("voltage", 0.0, 36.0, 0.00001), ("shunt_voltage", -0.081_915, 0.081_915, 2e-7)],
    };
    oracle.keep(cases, |i2c| {
        let delay = i2c.clone();
        let mut driver = INA226Sync::new_i2c(delay, i2c, address::Address::A0A1(address::Pin::Gnd, address::Pin::Gnd));
        let bus = driver.read_register::<BusVoltage>().ok().map(|r| r.read_value().get::<volt>());
        let shunt = driver.read_register::<ShuntVoltage>().ok().map(|r| r.read_value().get::<volt>());
        Some(vec![bus, shunt])
    });
}
