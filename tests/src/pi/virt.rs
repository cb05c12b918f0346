//! The emulator's own board, the only one whose lines tell of edges: debounce, pulses, a queue that runs over. A hand moves
//! the wires; how often the kernel was interrupted is the second opinion of what was counted.

use streamer_tests::guest::{Clock, Machine, Setup};
use streamer_tests::unix_now;

use crate::agent;
use crate::bench::{Bench, Parts, check, must};

const MODULES: &[&str] = &["virtio_net"];

const INPUTS: &str = r#"
[[inputs.gpio]]
chip = "9030000.pl061"
line = 4
mode = "edge"
key = "door"

[[inputs.gpio]]
chip = "9030000.pl061"
line = 5
mode = "edge"
key = "button"
debounce = "2s"

[[inputs.gpio]]
chip = "9030000.pl061"
line = 6
mode = "count"
edge = "both"
key = "meter"

[[inputs.gpio]]
id = "flood"
chip = "9030000.pl061"
line = 7
mode = "edge"
key = "flood"
max_rate = 10000
"#;

const DOOR: u32 = 4;
const BUTTON: u32 = 5;
const METER: u32 = 6;
const FLOOD: u32 = 7;

/// Edges of a flood: more than the kernel's queue of 1024 holds.
const EDGES: u32 = 1100;

/// Every check on this board.
pub fn checks(parts: &Parts) -> Result<(), String> {
    let bench = Bench::new()?;
    let board = "-M virt -cpu cortex-a53 -m 256 -netdev user,id=n0 -device virtio-net-pci,netdev=n0";
    let setup = Setup {
        emulator: "qemu-system-aarch64".to_owned(),
        board: board.split(' ').map(str::to_owned).collect(),
        kernel: parts.kernel.clone(),
        device_tree: None,
        append: "console=ttyAMA0 quiet panic=-1".to_owned(),
        ramdisk: parts.ramdisk(&bench, MODULES)?,
        disk: None,
    };
    let (mut machine, _) = agent::boot(&setup, Clock::Right)?;
    let chip = machine.hand.finds("pl061")?;
    let mut board = Virt { machine, bench, chip };
    board.looked_over()?;
    board.edges()?;
    board.debounce()?;
    board.pulses()?;
    board.queue_runs_over()
}

struct Virt {
    machine: Machine,
    bench: Bench,
    /// The chip as the emulator calls it.
    chip: String,
}

impl Virt {
    fn looked_over(&mut self) -> Result<(), String> {
        check("scan finds the lines, doctor nothing against the board", || {
            let found = self.machine.run("streamer scan 2> /dev/null")?;
            must(found.contains("9030000.pl061"), || format!("the chip is not in what scan found: {found}"))?;
            let streaming = self.bench.streaming();
            agent::configure(
                &mut self.machine,
                &format!("[agent]\nstate_dir = \"/root/state\"\ninterval = \"1s\"\n{streaming}{INPUTS}"),
            )?;
            agent::start(&mut self.machine)?;
            let said = self.machine.console.runs("streamer doctor")?;
            must(said.code == 0 && said.text.contains("gpiochip0"), || format!("doctor says: {}", said.text))
        })
    }

    /// Moves wires, each once, and waits until the kernel has been there: it takes two edges for one when the second comes
    /// before it has finished with the first. Whoever answers at the console does so behind all that interrupts.
    fn moves(&mut self, wires: &[u32], high: bool) -> Result<(), String> {
        wires.iter().try_for_each(|wire| self.machine.hand.moves(&self.chip, *wire, high))?;
        self.machine.run("true").map(drop)
    }

    /// The levels that arrived under this key, in order.
    fn levels(&self, key: &str) -> Vec<String> {
        self.bench.arrived(key).into_iter().map(|event| event.value).collect()
    }

    fn waits_for_levels(&self, key: &str, expected: &[&str]) -> Result<(), String> {
        let arrived = self.bench.waits(&format!("{expected:?} of {key}"), || {
            Some(self.levels(key)).filter(|levels| levels.len() >= expected.len())
        })?;
        must(arrived == expected, || format!("{key} was {arrived:?} instead of {expected:?}"))
    }

    fn edges(&mut self) -> Result<(), String> {
        check("edges: each arrives, in order, with the time at which it was", || {
            self.waits_for_levels("door", &["0"])?;
            let mut expected = vec!["0"];
            for high in [true, false, true] {
                let before = unix_now();
                self.moves(&[DOOR], high)?;
                expected.push(if high { "1" } else { "0" });
                self.waits_for_levels("door", &expected)?;
                let events = self.bench.arrived("door");
                let epoch = events.last().map_or(0.0, |event| event.epoch as f64 / 1e6);
                must((before - 5.0..unix_now() + 5.0).contains(&epoch), || {
                    format!("the edge was at {before:.3}, and its epoch is {epoch:.3}")
                })?;
            }
            Ok(())
        })
    }

    /// Bounces are one edge, and a pulse that is too short is none.
    fn debounce(&mut self) -> Result<(), String> {
        check("debounce: bounces are one edge, a short pulse is none", || {
            self.waits_for_levels("button", &["0"])?;
            for high in [true, false, true, false, true] {
                self.machine.hand.moves(&self.chip, BUTTON, high)?;
            }
            self.waits_for_levels("button", &["0", "1"])?;
            for high in [false, true] {
                self.machine.hand.moves(&self.chip, BUTTON, high)?;
            }
            // As long as the level must hold, and longer: what the pulse would bring is there by then.
            let up = self.machine.run("sleep 4; cut -d ' ' -f 1 /proc/uptime")?;
            must(self.levels("button") == ["0", "1"], || {
                format!("a short pulse came through, {up} s after the start")
            })?;
            self.machine.hand.moves(&self.chip, BUTTON, false)?;
            self.waits_for_levels("button", &["0", "1", "0"])
        })
    }

    /// Waits until the total of the meter is this.
    fn waits_for_total(&self, pulses: u32) -> Result<(), String> {
        let total = || -> Option<u32> { self.bench.arrived("meter_total").last()?.value.parse().ok() };
        self.bench.waits(&format!("a total of {pulses}"), || (total()? == pulses).then_some(()))
    }

    fn pulses(&mut self) -> Result<(), String> {
        check("pulses: each counts, as often as the kernel was interrupted", || {
            for pulse in 0..40 {
                self.moves(&[METER], pulse % 2 == 0)?;
            }
            self.waits_for_total(40)?;
            let interrupts = self.interrupts(METER)?;
            must(interrupts == 40, || format!("40 edges, and the kernel was interrupted {interrupts} times"))
        })
    }

    /// How often a line has interrupted the kernel.
    fn interrupts(&mut self, wire: u32) -> Result<u32, String> {
        let said = self.machine.run(&format!("grep -E 'pl061 +{wire} ' /proc/interrupts"))?;
        let count = said.split_whitespace().nth(1).and_then(|count| count.parse().ok());
        count.ok_or_else(|| format!("the kernel does not count line {wire}: {said}"))
    }

    /// While the agent stands still its queues run over: what was lost is counted, and a count loses nothing.
    fn queue_runs_over(&mut self) -> Result<(), String> {
        check("a kernel queue that runs over: what arrived and what is counted as lost are all there was", || {
            self.waits_for_levels("flood", &["0"])?;
            let before = self.interrupts(FLOOD)?;
            self.machine.run("kill -STOP $(pidof streamer)")?;
            let began = unix_now();
            for edge in 0..EDGES {
                self.moves(&[FLOOD, METER], edge % 2 == 0)?;
            }
            let ended = unix_now();
            self.machine.run("kill -CONT $(pidof streamer)")?;
            self.waits_for_total(40 + EDGES)?;
            let interrupts = self.interrupts(FLOOD)? - before;
            must(interrupts == EDGES, || format!("{EDGES} edges, and the kernel was interrupted {interrupts} times"))?;
            self.machine.until("streamer status", |said| said.contains("(lost)"))?;
            let flood = agent::input(&mut self.machine, "flood")?;
            let lost = flood["refused"]["lost"].as_u64().and_then(|lost| u32::try_from(lost).ok()).unwrap_or(0);
            let accepted = flood["accepted"].as_u64().unwrap_or(0);
            let events = self.bench.waits_for("flood", usize::try_from(accepted).unwrap_or(usize::MAX))?;
            let arrived = u32::try_from(events.len()).unwrap_or(0);
            println!("                 {EDGES} edges: {arrived} readings, {lost} counted as lost");
            // The state at the start, and perhaps the one that was read again after the loss.
            let edges = EDGES..=EDGES + 2;
            must(lost > 0 && edges.contains(&(arrived + lost)), || format!("the input says {flood}"))?;
            must(events.windows(2).skip(1).all(|two| two[0].epoch <= two[1].epoch), || "out of order".to_owned())?;
            let at =
                |event: Option<&streamer_tests::server::Event>| event.map_or(0.0, |event| event.epoch as f64 / 1e6);
            let span = at(events.last()) - at(events.get(1));
            // Read in a moment afterwards, and stamped when they were.
            must(span > (ended - began) / 4.0, || {
                format!("edges of {:.1} s have stamps within {span:.1} s", ended - began)
            })
        })
    }
}
