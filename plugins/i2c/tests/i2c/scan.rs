//! Looking around: who is named, who is not, and that nobody takes harm.

use std::sync::{Arc, Mutex};

use streamer_plugin::embedded_hal::i2c::Operation;
use streamer_plugin::testkit::{Bench, Chips};
use streamer_plugin::{BusError, Found, Wire};

fn scanned(chips: &str) -> Vec<Found> {
    Bench::new("/nowhere").with_i2c(1, Chips::parse(chips).unwrap()).scan(&streamer_i2c::PLUGIN)
}

/// One line for each: what was found, and its options.
fn told(found: &[Found]) -> Vec<String> {
    let line = |about: &str, options: &str| format!("{about} | {}", options.replace('\n', ", "));
    let told = |found: &Found| match found {
        Found::Input { about, options } => line(about, options),
        Found::Perhaps { about, options } => format!("? {}", line(about, options)),
        Found::Remark(words) => format!("- {words}"),
    };
    found.iter().map(told).collect()
}

#[test]
fn chips_that_say_who_they_are_are_named() {
    for (sensor, address, chip) in [
        ("bme280", 0x76, "reg 0xd0 60"),
        ("bme280", 0x77, "reg 0xd0 60"),
        ("bmp280", 0x77, "reg 0xd0 58"),
        ("bmp180", 0x77, "reg 0xd0 55"),
        ("bmp388", 0x76, "reg 0x00 50"),
        ("bmp390", 0x77, "reg 0x00 60"),
        ("dps310", 0x77, "reg 0x0d 10"),
        ("sht4x", 0x44, "cmd 89 : be ef 92 be ef 92"),
        ("hdc1080", 0x40, "width 16\n reg 0xfe 54 49\n reg 0xff 10 50"),
        ("tmp117", 0x4a, "width 16\n reg 0x0f 01 17"),
        ("mcp9808", 0x1f, "width 16\n reg 0x06 00 54\n reg 0x07 04 00"),
        ("ina226", 0x4f, "width 16\n reg 0xfe 54 49\n reg 0xff 22 60"),
        ("ina260", 0x44, "width 16\n reg 0xfe 54 49\n reg 0xff 22 70"),
        ("max17048", 0x36, "width 16\n reg 0x08 00 12"),
        ("tsl2561", 0x49, "ptrmask 0x0f\n reg 0x0a 50"),
        ("tsl2591", 0x29, "ptrmask 0x1f\n reg 0x12 50"),
        ("ccs811", 0x5a, "reg 0x20 81"),
        ("lis3dh", 0x18, "reg 0x0f 33"),
        ("mpu6050", 0x69, "reg 0x75 68"),
    ] {
        let expected = format!(
            "{sensor} at 0x{address:02x} on I2C bus 1, known by its identity | sensor = \"{sensor}\", bus = 1, address = 0x{address:02x}"
        );
        assert_eq!(told(&scanned(&format!("chip 0x{address:02x}\n {chip}"))), [expected]);
    }
}

#[test]
fn a_sensor_with_two_addresses_is_one_sensor() {
    let found = scanned("chip 0x19\n reg 0x0f 33\nchip 0x1e\n reg 0x0a 48 34 33");
    assert_eq!(told(&found).len(), 1, "{found:?}");
    assert!(told(&found)[0].starts_with("lsm303dlhc at 0x19"), "{found:?}");
}

#[test]
fn chips_without_an_identity_are_left_to_the_person_and_strangers_are_not_given_a_name() {
    let found = scanned("chip 0x10\nchip 0x23\nchip 0x50\nchip 0x62\n cmd 36 82 : be ef 92\nchip 0x76\n reg 0xd0 aa");
    assert_eq!(
        told(&found),
        [
            "? somebody answers at 0x10 on I2C bus 1: perhaps veml7700, which has no identity to ask for | \
             sensor = \"veml7700\", bus = 1, address = 0x10",
            "? somebody answers at 0x23 on I2C bus 1, one of: bh1750, mcp23017, pcf8574; only you can know which | \
             sensor = \"bh1750\", bus = 1, address = 0x23",
            "- somebody answers at 0x50 on I2C bus 1, and is none of the sensors that this build knows",
            "? somebody answers at 0x62 on I2C bus 1: perhaps scd4x, which has no identity to ask for | \
             sensor = \"scd4x\", bus = 1, address = 0x62",
            "- somebody answers at 0x76 on I2C bus 1, and is none of the sensors that this build knows",
        ]
    );
}

/// What happened on a bus where somebody answers everywhere, with all ones.
#[derive(Default)]
struct Watched {
    written: Vec<(u8, Vec<u8>)>,
    taken: Vec<u8>,
    stuck: Option<u8>,
    /// Whether it takes no transfer without a byte.
    no_empty: bool,
}

struct Everywhere(Arc<Mutex<Watched>>);

impl Wire for Everywhere {
    fn transfer(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let mut watched = self.0.lock().unwrap();
        if watched.taken.contains(&address) {
            return Err(BusError::Taken);
        }
        if watched.stuck == Some(address) {
            return Err(BusError::Stuck);
        }
        for operation in operations {
            match operation {
                Operation::Write([]) if watched.no_empty => return Err(BusError::Other("not supported".into())),
                Operation::Write(bytes) => watched.written.push((address, bytes.to_vec())),
                Operation::Read(bytes) => bytes.fill(0xff),
            }
        }
        Ok(())
    }
}

fn watch(watched: Watched, root: &std::path::Path) -> (Vec<String>, Vec<(u8, Vec<u8>)>) {
    let watched = Arc::new(Mutex::new(watched));
    let found = Bench::new(root).with_i2c(1, Everywhere(watched.clone())).scan(&streamer_i2c::PLUGIN);
    let written = std::mem::take(&mut watched.lock().unwrap().written);
    (told(&found), written)
}

#[test]
fn nobody_is_written_more_than_a_register_and_expanders_and_memories_not_even_that() {
    for no_empty in [false, true] {
        let (found, written) = watch(Watched { no_empty, ..Watched::default() }, "/nowhere".as_ref());
        assert_eq!(found.len(), 0x70, "each address is told");
        assert!(written.iter().any(|(address, bytes)| *address == 0x76 && bytes == &[0xd0]));
        for (address, bytes) in &written {
            assert!(bytes.len() <= 1, "{bytes:02x?} to {address:02x}");
            let untouched = matches!(address, 0x20..=0x27 | 0x38..=0x3f | 0x50..=0x57);
            assert!(bytes.is_empty() || !untouched, "{bytes:02x?} to {address:02x}");
            assert!(!bytes.is_empty() || !(no_empty || matches!(address, 0x30..=0x37 | 0x50..=0x5f)));
        }
    }
}

#[test]
fn what_the_kernel_holds_is_left_alone_and_told_with_its_driver() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("sys/bus/i2c/devices/1-0068");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("name"), "ds3231\n").unwrap();
    let (found, written) = watch(Watched { taken: vec![0x68], ..Watched::default() }, root.path());
    let words = "- 0x68 on I2C bus 1 was left alone: a driver of the kernel holds it (ds3231); what it measures is read by `iio`";
    assert!(found.iter().any(|line| line == words), "{found:?}");
    assert!(written.iter().all(|(address, _)| *address != 0x68));
}

#[test]
fn a_stuck_bus_is_given_up_at_once_and_told() {
    let (found, _) = watch(Watched { stuck: Some(0x0a), ..Watched::default() }, "/nowhere".as_ref());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[2].contains("looked at up to 0x0a only: the bus is stuck") && found[2].contains("pull-ups"));
}
