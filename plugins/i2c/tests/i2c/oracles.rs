//! Every sensor against drivers that are not ours.
//!
//! What both tell must be equal to within the steps in which we round. What we refuse must be out of the datasheet's
//! range, as the oracle's file states it, or be refused by the oracle too; what we tell must be in it.

use std::collections::{BTreeMap, BTreeSet};

use streamer_plugin::testkit::{Bench, Chips};
use streamer_plugin::{Drive, I2cBus, Readings, Site, State, clock::Zone};

use crate::kept::{Kept, kept};

struct Key {
    name: String,
    low: f64,
    high: f64,
    tolerance: f64,
}

/// What a sensor says of a chip: each key's value, and the keys that it refused.
fn told(options: &dyn streamer_plugin::Options, chip: &str) -> (BTreeMap<String, f64>, Vec<String>) {
    let bench = Bench::new("/");
    let clock = bench.clock().clone();
    let bus = I2cBus::simulated(Chips::parse(chip).unwrap(), bench.hand.clone());
    let site = Site::new("i2c", "/", clock.clone(), Zone::utc(), State::none()).with_i2c(1, bus);
    let Ok(input) = options.build(&site) else { return (BTreeMap::new(), vec!["everything".into()]) };
    let Drive::Sampled(mut sampler) = input.drive else { panic!("a listener") };
    let mut out = Readings::new(&clock, std::time::Duration::from_secs(10));
    sampler.sample(&mut out).unwrap();
    let number = |text: String| match text.as_str() {
        "true" => 1.0,
        "false" => 0.0,
        number => number.parse().unwrap(),
    };
    let values = out.items().iter().map(|item| (item.key.to_string(), number(item.value.to_string()))).collect();
    (values, out.refused().iter().map(|refused| refused.key.clone()).collect())
}

fn compare(kept: &Kept) -> String {
    let Kept { name, oracle, .. } = kept;
    let bench = Bench::new("/");
    let options = bench.options(&streamer_i2c::PLUGIN, &kept.options).unwrap();
    // In the order of the file, which is that of the answers.
    let keys: Vec<Key> = oracle["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| Key {
            name: key["key"].as_str().unwrap().into(),
            low: key["low"].as_f64().unwrap(),
            high: key["high"].as_f64().unwrap(),
            tolerance: key["tolerance"].as_f64().unwrap(),
        })
        .collect();
    let mut compared = 0;
    for case in oracle["cases"].as_array().unwrap() {
        let text = kept.with(case);
        let (values, refused) = told(&*options, &text);
        for (key, answer) in keys.iter().zip(case[1].as_array().unwrap()) {
            let Key { name: key, low, high, tolerance } = key;
            let answer = answer.as_f64();
            match (values.get(key), answer) {
                (Some(ours), Some(theirs)) => {
                    assert!(
                        (ours - theirs).abs() <= *tolerance,
                        "{name}: {key} is {ours}, and {theirs} to the oracle\n{text}"
                    );
                    assert!(
                        (low - tolerance..=high + tolerance).contains(ours),
                        "{name}: {key} of {ours} is out of range\n{text}"
                    );
                    compared += 1;
                }
                (Some(ours), None) => panic!("{name}: {key} is {ours}, and refused by the oracle\n{text}"),
                (None, None) => assert!(!refused.is_empty(), "{name}: {key} is neither told nor refused\n{text}"),
                (None, Some(theirs)) => {
                    assert!(!refused.is_empty(), "{name}: {key} is neither told nor refused\n{text}");
                    // Where one value is out of range, those that are computed from it are not told either.
                    let all_good = keys
                        .iter()
                        .zip(case[1].as_array().unwrap())
                        .all(|(key, answer)| answer.as_f64().is_some_and(|a| (key.low..=key.high).contains(&a)));
                    assert!(!all_good, "{name}: {key} is refused, and a good {theirs} to the oracle\n{text}");
                }
            }
        }
    }
    assert!(compared >= 100, "{name}: only {compared} values were compared");
    oracle["sensor"].as_str().unwrap().to_owned()
}

#[test]
fn every_sensor_agrees_with_its_oracle() {
    let files = kept();
    let half = files.len() / 2;
    let compared: BTreeSet<String> = std::thread::scope(|scope| {
        let second = scope.spawn(|| files[half..].iter().map(compare).collect::<Vec<_>>());
        let mut compared: Vec<String> = files[..half].iter().map(compare).collect();
        compared.extend(second.join().unwrap());
        compared.into_iter().collect()
    });
    // Plain registers have no conversion of their own.
    let kinds = streamer_i2c::PLUGIN.kinds.iter().map(|kind| kind.name.to_owned()).filter(|name| name != "any");
    assert_eq!(compared, kinds.collect(), "what has an oracle, and what is built in");
}
