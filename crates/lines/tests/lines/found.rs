//! What a reader finds, as text that a test can compare: `key=value`, `!key cause`, `? remark`.

use streamer_clock::Zone;
use streamer_lines::{EpochRule, Format, Item, Layout, Options, Reader, Scalar};
use streamer_reading::{Epoch, Key};

/// The time of reading in all tests: 21 September 2026, 14:13:20 UTC.
pub const NOW: Epoch = Epoch::from_micros(1_790_000_000_000_000);

pub fn reader(layout: Layout) -> Reader {
    of(&Options::new(layout))
}

pub fn of(options: &Options) -> Reader {
    Format::new(options).unwrap().reader()
}

pub fn regex(pattern: &str) -> Layout {
    Layout::Regex { pattern: pattern.into() }
}

pub fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

/// The rule for a time under the name `t`.
pub fn time(format: &str, zone: &str) -> Option<EpochRule> {
    let zone = Zone::named(zone).unwrap();
    Some(EpochRule { key: "t".into(), format: format.into(), zone, required: false })
}

/// `key=value`, with `@epoch` if the text gave one. Text stands in quotes, and a float has a point.
pub fn shown(item: &Item<'_>) -> String {
    match item {
        Item::Reading(found) => {
            let value = match found.value {
                Scalar::Text(text) => format!("{text:?}"),
                Scalar::Bool(flag) => flag.to_string(),
                Scalar::Int(number) => number.to_string(),
                Scalar::Float(number) => format!("{:?}", number.get()),
            };
            let epoch = found.epoch.map(|epoch| format!("@{epoch}")).unwrap_or_default();
            format!("{}={value}{epoch}", found.key)
        }
        Item::Refused(refused) => format!("!{} {}", refused.key.unwrap_or("line"), refused.cause.word()),
        Item::Remark(remark) => format!("? {remark}"),
        other => format!("{other:?}"),
    }
}

pub fn line(reader: &mut Reader, line: &str) -> Vec<String> {
    line_at(reader, line, NOW)
}

pub fn line_at(reader: &mut Reader, line: &str, now: Epoch) -> Vec<String> {
    let mut all = Vec::new();
    reader.read_line(line, now, &mut |item| all.push(shown(&item)));
    all
}

pub fn document(reader: &mut Reader, text: &str) -> Vec<String> {
    let mut all = Vec::new();
    reader.read_document(text, NOW, &mut |item| all.push(shown(&item)));
    all
}
