//! A PC with a disk, the floor that runs everywhere: the clock in 1970, a sensor of the kernel's, and power cuts. One disk
//! lives through all of it, as a card does.

use streamer_tests::guest::{Clock, Machine, Setup};

use crate::bench::{Bench, Parts, check, must};
use crate::{agent, clock, power};

const MODULES: &[&str] =
    &["virtio_pci", "virtio_blk", "virtio_net", "crc32c_generic", "ext4", "i2c-stub chip_addr=0x48", "i2c-dev", "lm75"];

/// The registers of an LM75 that is nothing but registers, bound to the kernel's own driver; this is 23.5 °C.
const BIND: &str = "i2cset -y 0 0x48 0 0x8017 w && echo lm75 0x48 > /sys/bus/i2c/devices/i2c-0/new_device";
/// It becomes 36 °C.
const WARMER: &str = "i2cset -f -y 0 0x48 0 0x0024 w";
const SENSOR: &str = "[[inputs.iio]]\nid = \"sensor\"\nbus = \"hwmon\"\ndevice = \"lm75*\"\ninterval = \"1s\"\n";

/// Every check on this board.
pub fn checks(parts: &Parts) -> Result<(), String> {
    let bench = Bench::new()?;
    let mut pc = Pc { setup: setup(parts, &bench)?, bench, power_on: Vec::new() };
    pc.first_boot()?;
    pc.sensor_that_changes()?;
    pc.offset_outlives_a_cut()?;
    pc.synced_outlives_a_cut()?;
    pc.cut_in_the_middle_of_delivery()?;
    pc.boot_without_a_clock()
}

fn setup(parts: &Parts, bench: &Bench) -> Result<Setup, String> {
    let board = "-M q35 -m 512 -netdev user,id=n0 -device virtio-net-pci,netdev=n0";
    Ok(Setup {
        emulator: "qemu-system-x86_64".to_owned(),
        board: board.split(' ').map(str::to_owned).collect(),
        kernel: parts.kernel.clone(),
        // A processor counter measured on a busy host is wrong by a third; this clock is the emulator's own. And there the
        // kernel's check of its timer fails now and then, which would be a panic.
        append: "console=ttyS0,115200 quiet panic=-1 tsc=unstable clocksource=acpi_pm no_timer_check".to_owned(),
        device_tree: None,
        ramdisk: parts.ramdisk(bench, MODULES)?,
        disk: Some(bench.disk("disk", 64)?),
    })
}

struct Pc {
    setup: Setup,
    bench: Bench,
    /// When there was power-on, by the host's clock.
    power_on: Vec<f64>,
}

impl Pc {
    /// Puts the PC under power and starts the agent on its disk.
    fn boot(&mut self, clock: Clock) -> Result<Machine, String> {
        let (mut machine, power_on) = agent::boot(&self.setup, clock)?;
        machine.run("mount -o noatime /dev/vda /disk")?;
        let config = format!(
            "[agent]\nstate_dir = \"/disk/streamer\"\n[spool]\nsync = \"1s\"\n{}{}{SENSOR}",
            self.bench.streaming(),
            clock::UPTIME
        );
        machine.run(BIND)?;
        agent::configure(&mut machine, &config)?;
        agent::start(&mut machine)?;
        self.power_on.push(power_on);
        Ok(machine)
    }

    /// Waits for so many readings of the latest boot but `ago`; all that arrived until then must be true.
    fn waits_for_true(&self, ago: usize, count: usize) -> Result<(), String> {
        let boot = Some(self.power_on.len() - 1 - ago);
        self.bench.waits(&format!("{count} readings of the boot {ago} before this one"), || {
            let events = self.bench.arrived("uptime");
            (events.iter().filter(|event| clock::boot_of(event, &self.power_on) == boot).count() >= count).then_some(())
        })?;
        clock::are_true(&self.bench.arrived("uptime"), &self.power_on)
    }

    /// What the kernel's driver reads of a chip arrives, and follows the chip.
    fn sensor_that_changes(&mut self) -> Result<(), String> {
        check("a sensor of the kernel's: the bucket follows it", || {
            let mut machine = self.boot(Clock::Right)?;
            self.bench.waits_for_value("temp", 23.5)?;
            must(!self.bench.has_value("temp", 36.0), || "36 degrees arrived before it was so warm".to_owned())?;
            machine.run(WARMER)?;
            self.bench.waits_for_value("temp", 36.0)
        })
    }

    /// A first boot in 1970: nothing is sent while the time is not known, all of it with true epochs afterwards.
    fn first_boot(&mut self) -> Result<(), String> {
        check("a first boot in 1970: readings wait, and get true epochs", || {
            let mut machine = self.boot(Clock::Unset)?;
            let year = machine.run("date +%Y")?;
            must(year.trim() == "1970", || format!("the guest's clock shows {year}"))?;
            agent::takes(&mut machine, 12)?;
            let suspect = machine.run("streamer status --json")?;
            must(suspect.contains("\"clock\": \"suspect\""), || format!("the clock is not doubted: {suspect}"))?;
            let early = self.bench.arrived("uptime");
            must(early.is_empty(), || format!("sent with a clock in 1970: {early:?}"))?;
            clock::set_right(&mut machine)?;
            self.waits_for_true(0, 10)
        })
    }

    /// The correction is on the disk before anything was sent: the next boot corrects the readings of this one.
    fn offset_outlives_a_cut(&mut self) -> Result<(), String> {
        check("a clock set right just before a power cut: the next boot knows it", || {
            self.bench.reachable(false);
            let mut machine = self.boot(Clock::Unset)?;
            agent::takes(&mut machine, 12)?;
            clock::set_right(&mut machine)?;
            machine.until("streamer status --json", |said| {
                said.contains("\"clock\": \"right\"") && said.contains("\"unsynced\": 0,")
            })?;
            machine.cut();
            self.bench.reachable(true);
            let machine = self.boot(Clock::Right)?;
            self.waits_for_true(1, 4)?;
            self.waits_for_true(0, 3)?;
            machine.cut();
            Ok(())
        })
    }

    fn synced_outlives_a_cut(&mut self) -> Result<(), String> {
        check("a power cut in an outage, while it logs: nothing synced is lost", || {
            self.bench.reachable(false);
            let machine = self.boot(Clock::Right)?;
            let synced = power::cut_while_it_logs(machine, "outage", 5)?;
            self.bench.reachable(true);
            let machine = self.boot(Clock::Right)?;
            let events = self.bench.waits_for("outage", usize::try_from(synced).unwrap_or(0) + 1)?;
            machine.cut();
            power::arrived_whole(&events, synced)
        })
    }

    fn cut_in_the_middle_of_delivery(&mut self) -> Result<(), String> {
        check("a power cut while it delivers: nothing synced is lost, order is kept", || {
            let machine = self.boot(Clock::Right)?;
            let synced = power::cut_while_it_logs(machine, "online", 5)?;
            let machine = self.boot(Clock::Right)?;
            let events = self.bench.waits_for("online", usize::try_from(synced).unwrap_or(0) + 1)?;
            machine.cut();
            power::arrived_whole(&events, synced)
        })
    }

    /// A boot whose time never became known: its readings are set aside with that reason, and none is sent with a guess.
    fn boot_without_a_clock(&mut self) -> Result<(), String> {
        check("a boot whose clock was never right: its readings are set aside, none is sent", || {
            let mut machine = self.boot(Clock::Unset)?;
            agent::takes(&mut machine, 12)?;
            machine.until("streamer status --json", |said| said.contains("\"unsynced\": 0,"))?;
            machine.cut();
            let without = Some(self.power_on.len() - 1);
            let mut machine = self.boot(Clock::Right)?;
            self.waits_for_true(0, 3)?;
            let sent = self.bench.arrived("uptime");
            let of_it = |event| clock::boot_of(event, &self.power_on) == without;
            must(!sent.iter().any(of_it), || format!("a reading of that boot was sent: {sent:?}"))?;
            machine.run("killall streamer; while pidof streamer; do sleep 0.1; done")?;
            let letters = machine.run("streamer deadletter list")?;
            must(letters.contains("clock never known"), || format!("nothing was set aside for its clock: {letters}"))
        })
    }
}
