//! A Raspberry Pi 3: its own device tree, its I2C bus with five chips on it, its GPIO lines, no battery clock. Chips and
//! lines are moved from outside; the kernel's own drivers are the second opinion of what ours read.

use streamer_tests::guest::{Clock, Machine, Setup};

use crate::bench::{Bench, Parts, check, must};
use crate::{agent, clock};

const MODULES: &[&str] =
    &["dwc2", "phy-generic", "cdc_ether", "i2c-bcm2835", "i2c-dev", "lm75", "tmp421", "dps310", "bcm2835_thermal"];

/// Thermometers `hall` and `yard` of one kind, `attic` and `cellar` of two others, a clock; and a barometer without the
/// identity that ours asks for, which the kernel's driver does not.
const BOARD: &str = "-M raspi3b -serial null -netdev user,id=n0 -device usb-net,netdev=n0 \
                     -device tmp105,bus=i2c-bus.1,address=0x48,id=hall -device tmp105,bus=i2c-bus.1,address=0x49,id=yard \
                     -device tmp421,bus=i2c-bus.1,address=0x4c,id=attic -device emc1413,bus=i2c-bus.1,address=0x4d,id=cellar \
                     -device dps310,bus=i2c-bus.1,address=0x77 -device ds1338,bus=i2c-bus.1,address=0x68";

const INPUTS: &str = r#"
[taps.stdout]

[[inputs.system]]
collect = ["cpu", "memory", "disk", "network", "load", "temperature", "uptime"]

[[inputs.i2c]]
sensor = "tmp105"
address = 0x48
prefix = "hall_"

[[inputs.i2c]]
sensor = "lm75"
address = 0x49
prefix = "yard_"

[[inputs.i2c]]
sensor = "any"
address = 0x4c
prefix = "attic_"
registers = [{ key = "temperature", register = 0, bits = 16, signed = true, shift = 4, scale = 0.0625 }]

[[inputs.i2c]]
sensor = "any"
address = 0x4d
prefix = "cellar_"
registers = [{ key = "temperature", register = 0, signed = true }]

[[inputs.i2c]]
sensor = "ds1307"
prefix = "battery_"

[[inputs.gpio]]
pin = 17
key = "pin17"

[[inputs.gpio]]
pin = "P15"
key = "pin22"

[[inputs.gpio]]
pin = "GPIO23"
key = "pin23"
active_low = true

[[inputs.gpio]]
chip = "pinctrl-bcm2835"
line = 24
key = "pin24"
"#;

/// What the kernel's own drivers read.
const SECOND_OPINION: &str = r#"
[[inputs.iio]]
id = "second"
prefix = "second_"
"#;

/// The chips as the kernel's drivers call them.
const DRIVERS: &[(&str, &str)] = &[("tmp105", "0x48"), ("tmp421", "0x4c"), ("dps310", "0x77")];

/// Registers of the processor that set lines 0 to 31 high, and low.
const SET: u64 = 0x3f20_001c;
const CLEAR: u64 = 0x3f20_0028;

/// The most that the agent may keep in memory with all these inputs.
const MEMORY: f64 = 10.0;

/// Every check on this board.
pub fn checks(parts: &Parts) -> Result<(), String> {
    let bench = Bench::new()?;
    let setup = Setup {
        emulator: "qemu-system-aarch64".to_owned(),
        board: BOARD.split_whitespace().map(str::to_owned).collect(),
        kernel: parts.kernel.clone(),
        device_tree: parts.device_tree.clone(),
        append: "console=ttyS1,115200 quiet panic=-1".to_owned(),
        ramdisk: parts.ramdisk(&bench, MODULES)?,
        disk: None,
    };
    let (machine, power_on) = agent::boot(&setup, Clock::Unset)?;
    let mut pi = Pi { machine, bench, power_on };
    pi.first_reading()?;
    pi.clock_is_set()?;
    pi.chips_that_change()?;
    pi.levels()?;
    pi.second_opinion()?;
    pi.bus_taken_away()?;
    pi.looked_over()?;
    pi.memory()
}

struct Pi {
    machine: Machine,
    bench: Bench,
    /// When there was power-on, by the host's clock.
    power_on: f64,
}

impl Pi {
    /// What somebody does first, and how long the agent takes from its start to its first reading.
    fn first_reading(&mut self) -> Result<(), String> {
        check("scan finds the chips and lines, and what it prints is a configuration", || {
            let found = self.machine.run("streamer scan 2> /dev/null | tee /root/found.toml")?;
            for words in ["tmp105, lm75", "address = 0x48", "address = 0x49", "ds3231, ds1307", "pinctrl-bcm2835"] {
                must(found.contains(words), || format!("{words} is not in what scan found: {found}"))?;
            }
            self.machine.run("streamer --config /root/found.toml check").map(drop)
        })?;
        check("from the start to the first reading", || {
            let streaming = self.bench.streaming();
            agent::configure(
                &mut self.machine,
                &format!(
                    "[agent]\nstate_dir = \"/root/state\"\ninterval = \"1s\"\n[spool]\nsync = \"1s\"\n{streaming}{INPUTS}"
                ),
            )?;
            let up = "cut -d ' ' -f 1 /proc/uptime";
            let run = "streamer run > /run/said 2> /run/agent.log &";
            let said = self.machine.run(&format!("{up}; {run} until [ -s /run/said ]; do usleep 5000; done; {up}"))?;
            let [began, first] = [0, 1].map(|at| said.lines().filter_map(|line| line.parse::<f64>().ok()).nth(at));
            let (began, first) = began.zip(first).ok_or_else(|| format!("no times in {said}"))?;
            println!(
                "                 {:.2} s from the start to the first reading, by the board's clock",
                first - began
            );
            Ok(())
        })
    }

    /// A board without a battery: nothing is sent in 1970, all of it with true epochs once the time is known.
    fn clock_is_set(&mut self) -> Result<(), String> {
        check("a board without a battery: readings wait for the time, and get true epochs", || {
            agent::takes(&mut self.machine, 60)?;
            let status = agent::status(&mut self.machine)?;
            must(status["clock"] == "suspect", || format!("the clock is not doubted: {status}"))?;
            let early = self.bench.arrived(clock::SECONDS);
            must(early.is_empty(), || format!("sent with a clock in 1970: {early:?}"))?;
            clock::set_right(&mut self.machine)?;
            self.bench.waits_for(clock::SECONDS, 10)?;
            clock::are_true(&self.bench.arrived(clock::SECONDS), &[self.power_on])
        })
    }

    /// Makes it so warm around a chip; by a thousandth more, since some of the emulated ones round down.
    fn warms(&mut self, id: &str, property: &str, degrees: f64) -> Result<(), String> {
        self.machine.hand.sets(id, property, (degrees * 1000.0) as i64 + 1)
    }

    fn chips_that_change(&mut self) -> Result<(), String> {
        check("four thermometers: the bucket follows them, one by one", || {
            let places =
                [("hall", "temperature", 21.5), ("yard", "temperature", -3.0), ("attic", "temperature0", 30.25)];
            for (at, (id, property, degrees)) in places.into_iter().enumerate() {
                for degrees in [degrees, degrees + 14.0] {
                    self.warms(id, property, degrees)?;
                    self.bench.waits_for_value(&format!("{id}_temperature"), degrees)?;
                }
                let others = &places[at + 1..];
                let early = others.iter().find(|(id, _, degrees)| self.bench.has_value(id, *degrees));
                must(early.is_none(), || format!("{early:?} arrived before it was so"))?;
            }
            self.bench.waits_for("battery_time", 1).map(drop)
        })
    }

    fn levels(&mut self) -> Result<(), String> {
        check("four lines: the bucket has their levels", || {
            for (pin, active) in [(17, "1"), (22, "1"), (23, "0"), (24, "1")] {
                let key = format!("pin{pin}");
                let idle = if active == "1" { "0" } else { "1" };
                for (register, expected) in [(CLEAR, idle), (SET, active), (CLEAR, idle)] {
                    let before = self.bench.arrived(&key).len();
                    self.machine.hand.writes(register, 1 << pin)?;
                    self.bench.waits(&format!("{expected} of {key}"), || {
                        self.bench.arrived(&key)[before..].iter().any(|event| event.value == expected).then_some(())
                    })?;
                }
            }
            Ok(())
        })
    }

    /// The same chips by the kernel's own drivers: what they read is what ours read.
    fn second_opinion(&mut self) -> Result<(), String> {
        check("the kernel's own drivers read the same of three chips", || {
            for (driver, address) in DRIVERS {
                self.machine.run(&format!("echo {driver} {address} > /sys/bus/i2c/devices/i2c-1/new_device"))?;
            }
            self.machine
                .run(&format!("cat >> /etc/streamer/streamer.toml <<'.'\n{SECOND_OPINION}.\nkillall -HUP streamer"))?;
            for degrees in [41.25, 12.5] {
                for (id, property, second) in
                    [("hall", "temperature", "second_tmp105"), ("attic", "temperature0", "second_tmp421")]
                {
                    must(!self.bench.has_value(id, degrees), || format!("{degrees} arrived before it was so"))?;
                    self.warms(id, property, degrees)?;
                    self.bench.waits_for_value(&format!("{id}_temperature"), degrees)?;
                    self.bench.waits_for_value(second, degrees)?;
                }
            }
            let air = self.bench.waits_for("second_dps310_1-0077_pressure", 1)?;
            let pascals = air[0].value.parse().map_or(0.0, |kilopascals: f64| kilopascals * 1000.0);
            must((30_000.0..120_000.0).contains(&pascals), || format!("the air has {pascals} Pa"))
        })
    }

    /// A bus without its driver takes its own inputs with it and no other; with the driver come the inputs.
    fn bus_taken_away(&mut self) -> Result<(), String> {
        check("a bus taken away and given back: its inputs come again, the others never stop", || {
            for (_, address) in DRIVERS {
                self.machine.run(&format!("echo {address} > /sys/bus/i2c/devices/i2c-1/delete_device"))?;
            }
            let driver = "/sys/bus/platform/drivers/i2c-bcm2835";
            let device = self.machine.run("basename $(readlink -f /sys/bus/i2c/devices/i2c-1/..)")?;
            self.machine.run(&format!("echo {device} > {driver}/unbind"))?;
            self.machine
                .until("streamer status", |said| said.contains("input    i2c-1-48: ") && said.contains("gone"))?;
            let before = self.bench.arrived("pin17").len();
            self.bench.waits_for("pin17", before + 3)?;
            self.warms("hall", "temperature", 28.5)?;
            self.machine.run(&format!("echo {device} > {driver}/bind"))?;
            self.bench.waits_for_value("hall_temperature", 28.5)
        })
    }

    fn looked_over(&mut self) -> Result<(), String> {
        check("doctor knows the board and has nothing against it", || {
            let said = self.machine.console.runs("streamer doctor")?;
            for words in ["Raspberry Pi 3 Model B", "i2c-1", "gpiochip0", "it runs and answers"] {
                must(said.text.contains(words), || format!("{words} is not in what doctor says: {}", said.text))?;
            }
            must(said.code == 0 && !said.text.contains("FAIL"), || format!("doctor complains: {}", said.text))
        })
    }

    fn memory(&mut self) -> Result<(), String> {
        check("resident memory with the system, five I2C and four GPIO inputs", || {
            let said = self.machine.run("grep -E 'VmRSS|VmHWM' /proc/$(pidof streamer)/status")?;
            let kilobytes = |name: &str| -> Option<f64> {
                said.lines().find(|line| line.starts_with(name))?.split_whitespace().nth(1)?.parse().ok()
            };
            let (now, most) =
                kilobytes("VmRSS").zip(kilobytes("VmHWM")).ok_or_else(|| format!("no memory in {said}"))?;
            let megabytes = |kilobytes: f64| kilobytes * 1024.0 / 1e6;
            println!("                 {:.2} MB resident, {:.2} MB at most until now", megabytes(now), megabytes(most));
            must(megabytes(now) <= MEMORY, || format!("{:.2} MB are resident; {MEMORY} are the most", megabytes(now)))
        })
    }
}
