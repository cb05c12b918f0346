//! An input at work: alone, beside another, without its device, with a slow one, with one that sends nonsense.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use super::close::held_below;
use super::made::is_made;
use super::noise::{emptied, scrambled};
use super::{Example, Faulty, words_of};
use crate::testkit::{Bench, BuildError, Driven, Trouble};
use crate::{Claim, Drive, InputError, Kind, Plugin, Readings};

/// Rounds after which an input that works has said something: a rate needs two, a chip that starts anew one more.
const ROUNDS: usize = 4;
const SEEDS: u64 = 48;
const SLOW: Duration = Duration::from_secs(4);

/// Drives one example in every way.
pub fn check(plugin: &Plugin, kind: &Kind, example: &Example, faults: &mut Faulty) {
    without_devices(plugin, kind, example, faults);
    let bench = (example.bench)();
    let before = bench.holders();
    let Some(input) = faults.take("it does not open", bench.build(plugin, &example.toml)) else { return };
    let listens = bench.options(plugin, &example.toml).is_ok_and(|options| options.listens());
    if listens != matches!(input.drive, Drive::Listening(_)) {
        faults.add("it is a listener, and its options say with `listens` that it is none; or the other way round");
    }
    match input.drive {
        Drive::Listening(_) => listener(plugin, example, &bench, input, faults),
        Drive::Sampled(_) => sampler(plugin, kind, example, &bench, input, faults),
    }
    if bench.holders() > before {
        faults.add("after it was dropped, something still holds its bus");
    }
    if let Some(root) = bench.own_root() {
        let held = held_below(root);
        if !held.is_empty() {
            faults.add(format!("after it was dropped, it still holds {}", held.join(", ")));
        }
    }
}

/// What its kind has for a run without devices is read as a device is.
fn without_devices(plugin: &Plugin, kind: &Kind, example: &Example, faults: &mut Faulty) {
    if !kind.has_chips() {
        return;
    }
    let built = Bench::simulated(plugin, &example.toml);
    let Some(mut input) = faults.take("on the chips of its kind it does not open", built) else { return };
    faults.take("on the chips of its kind it reads nothing", reads(&Bench::new("/"), &mut input));
}

fn listener(plugin: &Plugin, example: &Example, bench: &Bench, input: Driven, faults: &mut Faulty) {
    let claims = bench.options(plugin, &example.toml).map(|options| options.claims()).unwrap_or_default();
    // Of what only one can have, a second is told before the start.
    let alone = claims.iter().any(|claim| matches!(claim, Claim::Port(_)));
    let second = if alone { None } else { Some(bench.build(plugin, &example.toml)) };
    let second = second.and_then(|built| faults.take("a second one does not open", built));
    let at_work: Vec<_> = [Some(input), second].into_iter().flatten().map(Driven::listen).collect();
    if let Some(poke) = &example.poke {
        poke(bench);
    }
    for listening in at_work {
        listening.heard().wait_for(1);
        faults.take("it ends badly when it is told to stop", listening.stop());
    }
    gone(plugin, example, faults);
}

fn sampler(plugin: &Plugin, kind: &Kind, example: &Example, bench: &Bench, mut input: Driven, faults: &mut Faulty) {
    let Some(alone) = faults.take("it reads nothing", reads(bench, &mut input)) else { return };
    said(kind, &alone, faults);
    let second = bench.build(plugin, &example.toml);
    if let Some(mut second) = faults.take("a second one does not open beside it", second) {
        for (who, input) in [("the second one", &mut second), ("beside a second one", &mut input)] {
            let Some(read) = faults.take(who, reads(bench, input)) else { continue };
            let keys = |readings: &Readings| readings.items().iter().map(|i| i.key.to_string()).collect::<Vec<_>>();
            if keys(&read) != keys(&alone) {
                faults.add(format!("{who} it reads {:?} in place of {:?}", keys(&read), keys(&alone)));
            }
        }
    }
    gone(plugin, example, faults);
    if bench.has_i2c() {
        late(plugin, example, faults);
    }
    noise(plugin, example, faults);
}

/// One round that worked.
fn said(kind: &Kind, readings: &Readings, faults: &mut Faulty) {
    let items = readings.items();
    for (at, item) in items.iter().enumerate() {
        let key = item.key.as_str();
        if items[..at].iter().any(|other| other.key == item.key) {
            faults.add(format!("the key {key} comes twice in one round"));
        }
        if item.when != items[0].when {
            faults.add(format!("{key} has another epoch than the rest of its round"));
        }
        if !kind.makes.is_empty() && !kind.makes.iter().any(|made| is_made(made.key, key)) {
            faults.add(format!("the key {key} is not among those that its kind makes"));
        }
    }
    for refused in readings.refused() {
        faults.add(format!("a good round refuses {}: {} ({})", refused.key, refused.words, refused.cause));
    }
}

/// The first round with something in it.
fn reads(bench: &Bench, input: &mut Driven) -> Result<Readings, InputError> {
    let mut last = InputError::again("no round brought a reading");
    for _ in 0..ROUNDS {
        match input.sample() {
            Ok(readings) if !readings.is_empty() => return Ok(readings),
            Ok(_) => {}
            Err(error) => last = error,
        }
        bench.hand.advance(Duration::from_secs(1));
    }
    Err(last)
}

/// Without its device an input says so, at its opening or when it is asked; and it is there again once the device is.
fn gone(plugin: &Plugin, example: &Example, faults: &mut Faulty) {
    let mut bench = (example.bench)();
    if !bench.has_i2c() && bench.own_root().is_none() {
        return;
    }
    let Some(empty) = faults.take("an empty folder", emptied()) else { return };
    let root = bench.own_root().map(Path::to_owned);
    let put = |bench: &mut Bench, there: bool| {
        bench.trouble(if there { Trouble::None } else { Trouble::Silent });
        if let Some(root) = &root {
            bench.root = if there { root.clone() } else { empty.path().to_owned() };
        }
    };
    put(&mut bench, false);
    match bench.build(plugin, &example.toml) {
        Err(BuildError::Options(found)) => {
            faults.add(format!("whether its device is there is no matter of options: {found:?}"));
        }
        Err(BuildError::Input(_)) => {}
        Ok(Driven { drive: Drive::Listening(_), .. }) => {}
        Ok(mut input) => {
            if let Ok(readings) = input.sample()
                && !readings.is_empty()
            {
                faults.add(format!("without its device it reads {:?}", readings.lines()));
            }
        }
    }
    put(&mut bench, true);
    match bench.build(plugin, &example.toml) {
        Ok(Driven { drive: Drive::Listening(_), .. }) => {}
        Ok(mut input) => {
            faults.take("once its device is back it reads nothing", reads(&bench, &mut input));
            if !bench.has_i2c() {
                return;
            }
            bench.trouble(Trouble::Silent);
            if let Ok(readings) = input.sample()
                && !readings.is_empty()
            {
                faults.add(format!("while nobody answers it reads {:?}", readings.lines()));
            }
            bench.trouble(Trouble::None);
            faults.take("after a silence it reads nothing", reads(&bench, &mut input));
        }
        Err(error) => faults.add(format!("once its device is back it does not open: {error}")),
    }
}

/// A round on a slow bus begins no transfer behind its deadline.
fn late(plugin: &Plugin, example: &Example, faults: &mut Faulty) {
    let bench = (example.bench)();
    let Ok(mut input) = bench.build(plugin, &example.toml) else { return };
    bench.trouble(Trouble::Slow(SLOW));
    for _ in 0..ROUNDS {
        let began = bench.clock().boot();
        // What it says of a slow bus is its own affair.
        let _ = input.sample();
        let took = bench.clock().boot().since(began);
        if took > Driven::TIME + SLOW {
            faults.add(format!(
                "a round of {:?} went on for {took:?} on a slow bus: let `sample` begin with `device.until(out.deadline())`",
                Driven::TIME
            ));
            return;
        }
    }
}

/// Whatever the device says, or stands in the files, nothing panics.
fn noise(plugin: &Plugin, example: &Example, faults: &mut Faulty) {
    for seed in 0..SEEDS {
        let mut bench = (example.bench)();
        let scrambled = bench.own_root().map(|root| scrambled(root, seed)).transpose();
        let Some(scrambled) = faults.take("a copy of its tree", scrambled) else { return };
        let Ok(input) = bench.build(plugin, &example.toml) else { return };
        let mut inputs = vec![input];
        bench.trouble(Trouble::Noise(seed));
        if let Some(folder) = &scrambled {
            bench.root = folder.path().to_owned();
        }
        let asked = catch_unwind(AssertUnwindSafe(|| {
            inputs.extend(bench.build(plugin, &example.toml).ok());
            for input in &mut inputs {
                for _ in 0..ROUNDS {
                    // Any answer is right but a panic.
                    let _ = input.sample();
                    bench.hand.advance(Duration::from_secs(1));
                }
            }
        }));
        if let Err(panic) = asked {
            return faults.add(format!("it panics on what means nothing (seed {seed}): {}", words_of(&*panic)));
        }
    }
}
