//! Lines in every format: what is handed over is a reading, and reading goes on behind whatever was refused.
//!
//! The first byte picks the format.

use std::sync::LazyLock;

use streamer_clock::Zone;
use streamer_lines::{
    AccessField, CsvOptions, EpochRule, Format, InfluxOptions, Item, Layout, Options, PairOptions, Record,
};
use streamer_reading::{Epoch, Key, limits};

const NOW: Epoch = Epoch::from_micros(1_790_000_000_000_000);

fn layouts() -> Vec<Layout> {
    let key = Key::new("line").expect("a key");
    vec![
        Layout::Line { key: key.clone() },
        Layout::Value { key },
        Layout::Regex { pattern: r"(?P<t>\S+) (?P<a>\d*)(?P<b>.*)".into() },
        Layout::Json { whole: false },
        Layout::Json { whole: true },
        Layout::Csv(CsvOptions::default()),
        Layout::Pairs(PairOptions::default()),
        Layout::Influx(InfluxOptions::default()),
        Layout::AccessLog { fields: AccessField::DEFAULT.into() },
        Layout::Nagios,
        Layout::Collectd,
    ]
}

/// Every layout; from the 128th on with a time.
static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let zone = Zone::named("UTC").expect("it needs no file");
    let rule =
        |format: &str| Some(EpochRule { key: "t".into(), format: format.into(), zone: zone.clone(), required: false });
    let plain = layouts().into_iter().map(Options::new);
    let timed = layouts().into_iter().map(|layout| Options { epoch: rule("%b %e %H:%M:%S"), ..Options::new(layout) });
    let stamped = layouts().into_iter().map(|layout| Options { epoch: rule("rfc3339"), ..Options::new(layout) });
    plain.chain(timed).chain(stamped).filter_map(|options| Format::new(&options).ok()).collect()
});

pub fn check(bytes: &[u8]) {
    let Some((which, text)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let format = &FORMATS[usize::from(*which) % FORMATS.len()];
    let mut reader = format.reader();
    let mut found = |item: Item<'_>| {
        if let Item::Reading(found) = item {
            assert!(found.value.to_value().is_ok());
            assert!(found.key.as_str().chars().count() <= limits::KEY_CHARS);
        }
    };
    reader.read_document(&text, NOW, &mut found);
    text.split('\n').for_each(|line| reader.read_line(line, NOW, &mut found));
    if let Some(mut joiner) = format.joiner() {
        // Every line is in exactly one record, however quotes open and close.
        let lines: Vec<&str> = text.split('\n').collect();
        let mut joined = 0;
        let mut count = |record: Record<'_>| joined += record.text.split('\n').count();
        lines.iter().for_each(|line| joiner.push(line, 0, &mut count));
        joiner.flush(&mut count);
        assert!(joined <= lines.len(), "{joined} lines out of {}", lines.len());
    }
}
