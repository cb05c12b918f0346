//! The channels of an IIO device, by the names of its files.
//!
//! `in_KIND[NUMBER][-KIND NUMBER][_MODIFIER…]_raw` or `…_input`. An offset or scale is looked for under the channel's whole
//! name first, then without its modifiers one by one, without its numbers, and last for the whole device.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use streamer_plugin::sysfs::line;

use crate::attribute::Trouble;
use crate::channel::{Channel, Source};
use crate::quantity::Quantity;

/// The channels among `files`, which are all that the folder of a device holds.
pub(crate) fn channels(folder: &Path, files: &BTreeSet<String>) -> Vec<Channel> {
    // A channel with both files is told by the driver's own conversion.
    let mut found: BTreeMap<&str, bool> = BTreeMap::new();
    for file in files {
        if let Some(body) = file.strip_prefix("in_") {
            if let Some(body) = body.strip_suffix("_input") {
                found.insert(body, true);
            } else if let Some(body) = body.strip_suffix("_raw") {
                found.entry(body).or_insert(false);
            }
        }
    }
    found.into_iter().map(|(body, converted)| channel(folder, files, body, converted)).collect()
}

fn channel(folder: &Path, files: &BTreeSet<String>, body: &str, converted: bool) -> Channel {
    let (kind, rest) = body.split_at(body.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(body.len()));
    let quantity = Quantity::iio(kind);
    let kind_word = if quantity.word.is_empty() { kind } else { quantity.word };
    let modifiers = rest.find('_').map_or("", |at| &rest[at..]);
    let mut counts = "";
    let attribute =
        |name: &str| shared(body, name).into_iter().find(|file| files.contains(file)).map(|file| folder.join(file));
    let source = if converted {
        Source::Input { file: folder.join(format!("in_{body}_input")), fault: None, quantity }
    } else {
        let (file, offset) = (folder.join(format!("in_{body}_raw")), attribute("offset"));
        match attribute("scale") {
            Some(scale) => Source::Scaled { file, offset, scale, quantity },
            None => {
                counts = "_raw";
                Source::Counts { file, offset }
            }
        }
    };
    let labelled = folder.join(format!("in_{body}_label"));
    let (label, source) = match line(&labelled) {
        Ok(label) => (label, source),
        // Under another key it would be another channel.
        Err(error) => (None, Source::Unknown(Trouble::new("unreadable", &labelled, error))),
    };
    Channel {
        name: format!("in_{body}"),
        word: format!("{kind_word}{rest}{counts}"),
        plain: format!("{kind_word}{modifiers}{counts}"),
        label,
        source,
    }
}

/// The files that may hold an attribute of the channel, its own first.
fn shared(body: &str, attribute: &str) -> Vec<String> {
    let without_modifiers = std::iter::successors(Some(body), |body| body.rsplit_once('_').map(|(body, _)| body));
    let mut names: Vec<String> = without_modifiers.map(str::to_owned).collect();
    // voltage0-voltage1 shares with its like, voltage-voltage, and then with every voltage.
    let first = body.split('_').next().unwrap_or(body);
    let without_numbers: String = first.chars().filter(|c| !c.is_ascii_digit()).collect();
    let kind = without_numbers.split('-').next().unwrap_or_default().to_owned();
    names.extend([without_numbers, kind]);
    names.dedup();
    let of_all = [format!("in_{attribute}"), attribute.to_owned()];
    names.into_iter().map(|name| format!("in_{name}_{attribute}")).chain(of_all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_attributes_go_before_shared_ones() {
        let all = |body| shared(body, "scale");
        assert_eq!(all("accel_x"), ["in_accel_x_scale", "in_accel_scale", "in_scale", "scale"]);
        assert_eq!(
            all("voltage0-voltage1"),
            ["in_voltage0-voltage1_scale", "in_voltage-voltage_scale", "in_voltage_scale", "in_scale", "scale"]
        );
        assert_eq!(
            all("voltage3_mean"),
            ["in_voltage3_mean_scale", "in_voltage3_scale", "in_voltage_scale", "in_scale", "scale"]
        );
    }
}
