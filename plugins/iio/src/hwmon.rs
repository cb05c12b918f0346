//! The channels of a hwmon chip, by the names of its files: `KIND NUMBER_input`, and what ends in `_alarm`.

use std::collections::BTreeSet;
use std::path::Path;

use streamer_plugin::sysfs::line;

use crate::attribute::Trouble;
use crate::channel::{Channel, Source};
use crate::quantity::Quantity;

/// The channels among `files`, which are all that the folder of a chip holds.
pub(crate) fn channels(folder: &Path, files: &BTreeSet<String>) -> Vec<Channel> {
    let mut measured: Vec<(&str, u32, &str, Quantity)> =
        files.iter().filter_map(|file| measurement(file, files)).collect();
    measured.sort_unstable_by_key(|(kind, number, file, _)| (*kind, *number, *file));
    let alone = |kind: &str| measured.iter().filter(|(other, ..)| *other == kind).count() == 1;
    let channel = |&(kind, number, file, quantity): &(&str, u32, &str, Quantity)| {
        let name = format!("{kind}{number}");
        let fault = Some(format!("{name}_fault")).filter(|fault| files.contains(fault));
        let source = Source::Input { file: folder.join(file), fault: fault.map(|fault| folder.join(fault)), quantity };
        let labelled = folder.join(format!("{name}_label"));
        let (label, source) = match line(&labelled) {
            Ok(label) => (label, source),
            // Under another key it would be another channel.
            Err(error) => (None, Source::Unknown(Trouble::new("unreadable", &labelled, error))),
        };
        let word = if alone(kind) { quantity.word.to_owned() } else { format!("{}{number}", quantity.word) };
        Channel { name, word, plain: quantity.word.to_owned(), label, source }
    };
    let alarm = |file: &String| Channel {
        name: file.clone(),
        word: file.clone(),
        plain: file.clone(),
        label: None,
        source: Source::Alarm { file: folder.join(file) },
    };
    let alarms = files.iter().filter(|file| file.ends_with("_alarm")).map(alarm);
    measured.iter().map(channel).chain(alarms).collect()
}

/// The kind, number and file of a measurement. A chip that knows only the mean of its power tells that.
fn measurement<'f>(file: &'f str, files: &BTreeSet<String>) -> Option<(&'f str, u32, &'f str, Quantity)> {
    let (name, end) = file.rsplit_once('_')?;
    let (kind, number) = name.split_at(name.find(|c: char| c.is_ascii_digit())?);
    let told = end == "input" || (end == "average" && kind == "power" && !files.contains(&format!("{name}_input")));
    if !told {
        return None;
    }
    Some((kind, number.parse().ok()?, file, Quantity::hwmon(kind)?))
}
