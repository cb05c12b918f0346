//! Cases from public bug reports, with their answers in `tests/cases/*/expected.json`.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::Value;
use streamer_plugin::reading::word;

use crate::bench::{Round, run};

fn folder(case: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(case)
}

/// Runs an input in the folder of a case.
fn run_in(case: &str, toml: &str) -> Round {
    run(&format!("{toml}\ncwd = {:?}", folder(case)))
}

/// Every reading that must arrive stands in the round, with its epoch where one is given. A key may have the names of
/// what it belongs to before its own.
fn agrees(case: &str, round: &Round) {
    let text = std::fs::read_to_string(folder(case).join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let mut left: Vec<(String, String)> = round.lines.iter().cloned().zip(round.epochs.iter().cloned()).collect();
    let mut missing = String::new();
    for reading in expected["readings"].as_array().unwrap() {
        let key = word(reading["what"].as_str().unwrap());
        let value = reading["value"].as_str().map_or_else(|| reading["value"].to_string(), str::to_owned);
        let also = reading["also"]["integer"].to_string();
        let at = left.iter().position(|(line, epoch)| {
            let (found, given) = line.split_once(' ').unwrap();
            let number = |text: &str| text.parse::<f64>().ok();
            let same = given == value
                || given == also
                || number(given).is_some() && number(given) == number(&value) && reading["type"] != "integer";
            let in_time = reading["epoch"]
                .as_str()
                .is_none_or(|e| epoch.trim_end_matches('0').trim_end_matches('.').starts_with(e.trim_end_matches('0')));
            (found == key || found.ends_with(&format!("_{key}"))) && same && in_time
        });
        match at {
            Some(at) => drop(left.remove(at)),
            None => writeln!(missing, "{key} {value} {}", reading["epoch"]).unwrap(),
        }
    }
    assert!(missing.is_empty(), "{case}: missing\n{missing}of {:?}", round.lines);
}

#[test]
fn nagios_perf() {
    let round = run_in("nagios-perf", "command = ['./check.sh']\nformat = 'nagios'");
    agrees("nagios-perf", &round);
    assert_eq!(
        round.lines,
        ["load1 0", "CPU_temp_max 48.3", "it_s_hot 1", "users 3", "net_rx 123456789012345", "time -0.5"]
    );
    assert_eq!((round.error(), round.refused.len()), ("", 0));
    let asked = run_in("nagios-perf", "command = ['./check.sh']\nformat = 'nagios'\nexit_code = 'state'");
    assert_eq!(asked.lines[0], "state 1");
}

#[test]
fn influx_escapes() {
    let round = run_in("influx-escapes", "command = ['cat', 'lines.txt']\nformat = 'influx'");
    agrees("influx-escapes", &round);
    assert!(round.lines.iter().all(|line| !line.contains("total") && !line.contains('\r')), "{:?}", round.lines);
    // The last line's stamp counts milliseconds: 1790 s after 1970, which is refused where readings are stamped.
    let is_true = |epoch: &&String| *epoch == "now" || epoch.starts_with("1790000");
    assert_eq!(round.epochs.iter().filter(is_true).count(), 12);
    assert_eq!(round.epochs[12..], ["1790.000006", "1790.000006"]);
    for refused in ["integer_too_large weather_data_a_b_north_yard_total", "not_finite m_v"] {
        assert!(round.refused.iter().any(|r| r == refused), "{refused} of {:?}", round.refused);
    }
    assert_eq!(round.refused.len(), 3, "{:?}", round.refused);
}

#[test]
fn json_hostile() {
    let round = run_in("json-hostile", "command = ['cat', 'lines.jsonl']\nformat = 'json'");
    agrees("json-hostile", &round);
    for never in ["temperature", "big", "none", "huge", "cut"] {
        assert!(round.lines.iter().all(|line| !line.starts_with(never)), "{never} of {:?}", round.lines);
    }
    assert_eq!(round.error(), "");
}

#[test]
fn vcgencmd() {
    let ask = |what: &str, strip: &str| {
        run_in("vcgencmd", &format!("command = ['./vcgencmd', '{what}']\nformat = 'key_value'\n{strip}"))
    };
    assert_eq!(ask("measure_temp", "strip = [\"'C\"]").lines, ["temp 47.2"]);
    assert_eq!(ask("measure_volts", "strip = ['V']").lines, ["volt 1.2"]);
    assert_eq!(ask("measure_volts", "strip = 'V'").lines, ["volt 1.2"]);
    assert_eq!(ask("measure_clock", "").lines, ["frequency_48 1500345728"]);
    assert_eq!(ask("get_throttled", "").lines, ["throttled 0x50005"]);
    assert_eq!(ask("get_throttled", "types = { throttled = 'integer' }").lines, ["throttled 327685"]);
    assert_eq!(ask("clean", "").lines, ["throttled 0x0"]);
    let broken = ask("broken", "");
    assert!(broken.lines.is_empty());
    let said = broken.error();
    assert!(
        said.contains("exit code 255") && said.contains("VCHI initialization failed") && said.contains("group video"),
        "{said}"
    );
}

#[test]
fn ini_tutorials_echo() {
    assert_eq!(run("command = ['echo', '1']\nformat = 'value'\nkey = 'one'").lines, ["one 1"]);
}
