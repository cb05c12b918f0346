//! No text breaks a reader, and what was written comes back as it was.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use streamer_lines::{
    AccessField, CsvOptions, Format, InfluxNames, InfluxOptions, Item, Kind, Layout, Options, PairOptions, Precision,
};
use streamer_reading::limits;

use crate::found::{NOW, document, key, line, of, reader, regex, time};

fn layouts() -> Vec<Layout> {
    vec![
        Layout::Line { key: key("line") },
        Layout::Value { key: key("value") },
        regex(r"(?P<t>\S+)(?P<a>\d*)(?P<b>.*)"),
        Layout::Json { whole: false },
        Layout::Json { whole: true },
        Layout::Csv(CsvOptions::default()),
        Layout::Csv(CsvOptions { delimiter: ';', columns: Some(vec!["t".into(), "b".into()]), comment: Some('#') }),
        Layout::Pairs(PairOptions::default()),
        Layout::Pairs(PairOptions { separators: vec![':', 'ü'], delimiter: Some(',') }),
        Layout::Influx(InfluxOptions::default()),
        Layout::Influx(InfluxOptions { precision: Precision::S, names: InfluxNames::Field }),
        Layout::AccessLog { fields: AccessField::DEFAULT.into() },
        Layout::Nagios,
        Layout::Collectd,
    ]
}

/// Every layout, with a time and without one.
static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let strip = vec!["V".into(), "°".into()];
    let plain = layouts().into_iter().map(|layout| Options { strip: strip.clone(), ..Options::new(layout) });
    let timed = plain.clone().map(|plain| Options { epoch: time("%b %e %H:%M:%S", "Europe/Berlin"), ..plain });
    plain.chain(timed).filter_map(|options| Format::new(&options).ok()).collect()
});

/// Reads `text` in every way and checks what holds for all that is handed over.
fn read_in_every_way(text: &str) {
    assert!(FORMATS.len() > 20);
    for format in &*FORMATS {
        let mut reader = format.reader();
        let mut check = |item: Item<'_>| {
            if let Item::Reading(found) = item {
                assert!(found.value.to_value().is_ok());
                assert!(found.key.as_str().chars().count() <= limits::KEY_CHARS);
            }
        };
        reader.read_document(text, NOW, &mut check);
        text.split('\n').for_each(|line| reader.read_line(line, NOW, &mut check));
    }
}

proptest! {
    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_in_every_way(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_signs(text in "[\\[\\]{}\"'\\\\,:;=|#/ \\n\\r\\tüa0-9.eEiutN-]{0,120}") {
        read_in_every_way(&text);
    }

    #[test]
    fn broken_ends_of_good_lines(
        good in prop::sample::select(vec![
            r#"{"a": {"b": [1, "x\u00b0\ud83c\udf21", null]}, "c": -1.5e-3}"#,
            r#"m,t\ a=b\,c v="a \"b\" c",w=1i,x=t 1789898400000000000"#,
            r#"::1 - me [05/Mar/2026:06:00:01 +0100] "GET /\x22 HTTP/1.1" 200 5 "-" "a \" b""#,
            "OK | 'a b'=1.5s;1:2;@3;0;9 c=U\nlong | 'it''s'=2%",
            r#"PUTVAL "pi/a-b/c" interval=10 1789898400.5:1:U:2"#,
            r#"t="Sep 20 10:00:00" a=1 b="x \" y" c: 5 V"#,
            "a,\"b \"\"c\"\"\",5\n1,2,\"3\n4\"",
        ]),
        cut in 0_usize..80, put in ".{0,3}",
    ) {
        let cut = good.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(good.len());
        read_in_every_way(&good[..cut]);
        read_in_every_way(&format!("{}{put}{}", &good[..cut], &good[cut..]));
    }

    #[test]
    fn json_comes_back(values in prop::collection::btree_map("[a-z]{1,8}", json_leaf(), 1..8)) {
        let text = serde_json::to_string(&values).unwrap();
        let mut found = BTreeMap::new();
        reader(Layout::Json { whole: false }).read_line(&text, NOW, &mut |item| {
            if let Item::Reading(reading) = item {
                let value = match reading.value.to_value().unwrap() {
                    streamer_reading::Value::Text(text) => text.as_str().into(),
                    streamer_reading::Value::Bool(flag) => flag.into(),
                    streamer_reading::Value::Int(number) => number.into(),
                    streamer_reading::Value::Float(number) => number.get().into(),
                };
                found.insert(reading.key.to_string(), value);
            }
        });
        prop_assert_eq!(found, values);
    }

    #[test]
    fn agrees_with_the_json_parser_on_what_is_broken(text in "[\\[\\]{}\",:0-9a. \\\\tu-]{0,24}") {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        let found = line(&mut reader(Layout::Json { whole: false }), &text);
        let broken = found.iter().any(|item| item == "!line malformed");
        // Blank lines are none; control characters in texts and lone surrogates are taken where the other refuses.
        if !text.trim().is_empty() && !text.contains("\\u") {
            let too_large = theirs.as_ref().err().is_some_and(|error| error.to_string().contains("out of range"));
            prop_assert_eq!(broken, theirs.is_err() && !too_large, "{} {:?}", text, found);
        }
    }

    #[test]
    fn csv_comes_back(cells in prop::collection::vec(prop::collection::vec("[a-z\",;\n ü]{1,6}", 3), 1..6)) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let rows: Vec<String> = cells.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
        let text = format!("x,y,z\n{}\n", rows.join("\n"));
        let wanted: Vec<String> = cells.iter().flat_map(|row| {
            ["x", "y", "z"].iter().zip(row).map(|(name, cell)| format!("{name}={cell:?}"))
        }).collect();
        prop_assert_eq!(document(&mut reader(Layout::Csv(CsvOptions::default())), &text), wanted);
    }

    #[test]
    fn influx_comes_back(
        measurement in "[a-z][a-z ,=]{0,5}[a-z]", field in "[a-z][a-z ,=]{0,5}[a-z]", text in "[a-z\"\\\\ ,=\nü]{0,12}",
        number in any::<i64>(), micros in 0_i64..4_000_000_000_000_000,
    ) {
        let escaped = |name: &str| name.replace(',', "\\,").replace('=', "\\=").replace(' ', "\\ ");
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let point = format!("{} {}={quoted},n={number}i {micros}000", escaped(&measurement), escaped(&field));
        let name = streamer_reading::word(&format!("{measurement}\u{1f}{field}"));
        let count = streamer_reading::word(&format!("{measurement}\u{1f}n"));
        let epoch = streamer_reading::Epoch::from_micros(micros);
        let wanted = [format!("{name}={text:?}@{epoch}"), format!("{count}={number}@{epoch}")];
        prop_assert_eq!(document(&mut reader(Layout::Influx(InfluxOptions::default())), &point), wanted);
    }

    #[test]
    fn logfmt_comes_back(values in prop::collection::btree_map("[a-z]{1,8}", "[a-z\"\\\\ =:,\n\tü]{1,12}", 1..6)) {
        let escaped = |text: &String| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
        let text: Vec<String> = values.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
        let types = values.keys().map(|name| (name.clone(), Kind::Text)).collect();
        let mut reader = of(&Options { types, ..Options::new(Layout::Pairs(PairOptions::logfmt())) });
        let wanted: Vec<String> = values.iter().map(|(name, text)| format!("{name}={text:?}")).collect();
        prop_assert_eq!(line(&mut reader, &text.join(" ")), wanted);
    }
}

fn json_leaf() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        prop::num::f64::NORMAL.prop_map(serde_json::Value::from),
        ".{0,20}".prop_map(serde_json::Value::from),
    ]
}
