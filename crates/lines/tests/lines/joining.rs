//! Lines that belong together.

use proptest::prelude::*;
use streamer_lines::{CsvOptions, Format, InfluxOptions, JoinRule, Joiner, Layout, Options};

/// The records that `lines` make, each line one byte longer in its file than it looks, and where each is done.
fn join(joiner: &mut Joiner, lines: &[&str]) -> Vec<(String, u64, bool)> {
    let mut all = Vec::new();
    let mut at = 0;
    for line in lines {
        at += line.len() as u64 + 1;
        joiner.push(line, at, &mut |record| all.push((record.text.to_owned(), record.upto, record.cut)));
    }
    all
}

fn whole(text: &str, upto: u64) -> (String, u64, bool) {
    (text.to_owned(), upto, false)
}

#[test]
fn a_record_is_complete_when_the_next_begins() {
    let rule = JoinRule::starts(r"^\d").unwrap();
    let mut joiner = Joiner::new(rule, 1000);
    let lines = ["  lost its head", "1 error", "  at a", "  at b", "2 fine"];
    assert_eq!(join(&mut joiner, &lines), [whole("  lost its head", 16), whole("1 error\n  at a\n  at b", 38)]);
    assert!(joiner.holds());
    let mut last = Vec::new();
    joiner.flush(&mut |record| last.push((record.text.to_owned(), record.upto)));
    assert_eq!(last, [("2 fine".to_owned(), 45)]);
    assert!(!joiner.holds());
}

#[test]
fn a_record_goes_on_with_lines_that_continue_it() {
    let rule = JoinRule::continues(r"^\s").unwrap();
    assert_eq!(join(&mut Joiner::new(rule, 1000), &["a", " b", "c"]), [whole("a\n b", 5)]);
    assert_eq!(
        join(&mut Joiner::new(JoinRule::EndsWith('\\'), 1000), &["a\\", "b", "c"]),
        [whole("a\\\nb", 5), whole("c", 7)]
    );
}

#[test]
fn what_is_too_long_is_cut_and_says_so() {
    let rule = JoinRule::starts("^>").unwrap();
    let mut joiner = Joiner::new(rule, 10);
    assert_eq!(join(&mut joiner, &["> abcd", "üüü", "more", ">"]), [("> abcd\nü".to_owned(), 19, true)]);
}

#[test]
fn a_quote_holds_lines_together_and_an_open_one_costs_itself() {
    let csv = Format::new(&Options::new(Layout::Csv(CsvOptions::default()))).unwrap();
    let mut joiner = csv.joiner().unwrap();
    assert_eq!(
        join(&mut joiner, &["a,\"b", "c\",d", "5\" pipe,e"]),
        [whole("a,\"b\nc\",d", 10), whole("5\" pipe,e", 20)]
    );
    let influx = Format::new(&Options::new(Layout::Influx(InfluxOptions::default()))).unwrap();
    let mut joiner = influx.joiner().unwrap();
    // A line that is long by itself stays whole.
    let long = format!("m v=1,{}w=\"x\"", "v=1,".repeat(10_000));
    assert_eq!(join(&mut joiner, &[&long]), [whole(&long, long.len() as u64 + 1)]);
    let mut lines = vec!["m\"x v=1", "m v=\"open"];
    lines.extend(vec!["m v=2"; 4000]);
    let mut records = join(&mut joiner, &lines);
    assert_eq!(records[..3], [whole("m\"x v=1", 8), whole("m v=\"open", 18), whole("m v=2", 24)]);
    joiner.flush(&mut |record| records.push(whole(record.text, record.upto)));
    assert_eq!(records.len(), lines.len());
    assert!(Format::new(&Options::new(Layout::Nagios)).unwrap().joiner().is_none());
}

proptest! {
    #[test]
    fn no_line_is_lost_and_no_place_goes_back(lines in prop::collection::vec("[>a\", ü]{0,12}", 0..40), limit in 1_usize..60) {
        let csv = Format::new(&Options::new(Layout::Csv(CsvOptions::default()))).unwrap();
        let starts = Joiner::new(JoinRule::starts("^>").unwrap(), limit);
        for mut joiner in [csv.joiner().unwrap(), starts] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let mut records = join(&mut joiner, &lines);
            joiner.flush(&mut |record| records.push((record.text.to_owned(), record.upto, record.cut)));
            let total: u64 = lines.iter().map(|line| line.len() as u64 + 1).sum();
            prop_assert_eq!(records.last().map_or(0, |record| record.1), total);
            prop_assert!(records.is_sorted_by_key(|record| record.1));
            if records.iter().all(|record| !record.2) {
                let texts: Vec<&str> = records.iter().map(|record| record.0.as_str()).collect();
                prop_assert_eq!(texts.join("\n"), lines.join("\n"));
            }
        }
    }
}
