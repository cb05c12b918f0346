//! What each format makes of text that is right, and of text that is not: other cases of the kinds in `cases`.

use std::collections::BTreeMap;

use crate::found::{document, key, line, of, reader, regex, time};
use streamer_lines::{
    AccessField, CsvOptions, EpochRule, Format, FormatError, InfluxNames, InfluxOptions, Kind, Layout, Options,
    PairOptions, Precision,
};

fn json() -> Layout {
    Layout::Json { whole: false }
}

fn influx() -> Layout {
    Layout::Influx(InfluxOptions::default())
}

fn pairs() -> Layout {
    Layout::Pairs(PairOptions::default())
}

fn access() -> Layout {
    Layout::AccessLog { fields: AccessField::DEFAULT.to_vec() }
}

/// One line to a fresh reader.
fn once(layout: Layout, text: &str) -> Vec<String> {
    line(&mut reader(layout), text)
}

#[test]
fn a_whole_line_is_text_and_cut_where_text_ends() {
    let mut reader = reader(Layout::Line { key: key("log") });
    assert_eq!(line(&mut reader, "21.5\r\n"), [r#"log="21.5""#]);
    assert_eq!(line(&mut reader, ""), [""; 0]);
    let long = "ü".repeat(2500);
    let found = line(&mut reader, &long);
    assert_eq!(found, ["? a line of log was cut to 2000 characters".to_owned(), format!("log={:?}", "ü".repeat(2000))]);
    assert_eq!(line(&mut reader, &long).len(), 1);
}

#[test]
fn a_whole_line_has_its_time_first() {
    let epoch = Some(EpochRule { key: String::new(), ..time("syslog", "UTC").unwrap() });
    let mut reader = of(&Options { epoch, ..Options::new(Layout::Line { key: key("log") }) });
    assert_eq!(line(&mut reader, "Sep 20 10:00:00 pi x: up"), [r#"log="Sep 20 10:00:00 pi x: up"@1789898400.000000"#]);
    assert_eq!(
        line(&mut reader, "[2026-09-20T10:00:00Z] up"),
        [r#"log="[2026-09-20T10:00:00Z] up"@1789898400.000000"#]
    );
    assert_eq!(line(&mut reader, "up"), ["!time epoch", r#"log="up""#]);
}

#[test]
fn one_value_is_the_whole_output() {
    let mut reader = reader(Layout::Value { key: key("v") });
    assert_eq!(document(&mut reader, " 21.5 \n"), ["v=21.5"]);
    assert_eq!(document(&mut reader, "\u{feff}-7\r\n"), ["v=-7"]);
    assert_eq!(document(&mut reader, "\n"), ["!v no_value"]);
    let pinned =
        Options { types: BTreeMap::from([("v".into(), Kind::Text)]), ..Options::new(Layout::Value { key: key("v") }) };
    assert_eq!(document(&mut of(&pinned), "007\n"), [r#"v="007""#]);
}

#[test]
fn types_pin_and_say_what_does_not_fit() {
    let types = BTreeMap::from([("status".into(), Kind::Text), ("bytes".into(), Kind::Integer)]);
    let layout = regex(r"(?P<status>\S+) (?P<bytes>\S+)(?: (?P<rest>.*))?$");
    let mut reader = of(&Options { types, ..Options::new(layout.clone()) });
    assert_eq!(line(&mut reader, "200 612"), [r#"status="200""#, "bytes=612"]);
    assert_eq!(line(&mut reader, "200 -"), [r#"status="200""#, "!bytes type"]);
    assert_eq!(line(&mut reader, "nothing"), ["!line no_match"]);
    let types = BTreeMap::from([("byte".into(), Kind::Integer)]);
    let refused = Format::new(&Options { types, ..Options::new(layout) }).unwrap_err();
    assert!(refused.to_string().contains("\"byte\""), "{refused}");
    assert!(matches!(Format::new(&Options::new(regex("("))), Err(FormatError::Pattern(_))));
    assert!(matches!(Format::new(&Options::new(regex("(a)"))), Err(FormatError::NoGroups)));
    let epoch = time("rfc3339", "UTC");
    assert!(Format::new(&Options { epoch, ..Options::new(regex("(?P<a>.)")) }).is_err());
}

#[test]
fn a_key_that_changes_its_type_is_said_once() {
    let mut reader = reader(regex("(?P<v>.*)"));
    let told = |found: Vec<String>| found.iter().filter(|text| text.starts_with('?')).count();
    assert_eq!(told(line(&mut reader, "5")), 0);
    assert_eq!(told(line(&mut reader, "5.5")), 0);
    assert_eq!(told(line(&mut reader, "n/a")), 1);
    assert_eq!(told(line(&mut reader, "6")), 0);
}

#[test]
fn json_numbers_and_words() {
    assert_eq!(once(json(), r#"{"a":-0,"b":1E5,"c":-0.0e-2}"#), ["a=0", "b=100000.0", "c=-0.0"]);
    assert_eq!(
        once(json(), r#"{"a":-Infinity,"b":nan,"c":-inf,"d":1}"#),
        ["!a not_finite", "!b not_finite", "!c not_finite", "d=1"]
    );
    assert_eq!(
        once(json(), r#"{"a":9223372036854775807,"b":9223372036854775808}"#),
        ["a=9223372036854775807", "!b integer_too_large"]
    );
    for broken in [
        r#"{"a":007}"#,
        r#"{"a":+5}"#,
        r#"{"a":1.}"#,
        r#"{"a":.5}"#,
        r#"{"a":0x10}"#,
        r#"{"a":None}"#,
        r#"{"a":}"#,
        r#"{"a" 1}"#,
        r#"{"a":1,}"#,
        r#"{"a":1"#,
        r#"{"a":1}}"#,
        r#"{a:1}"#,
        "[1,]",
        "[",
        "{",
        "\"",
        r#"{"a":"\x"}"#,
        r#"{"a":"\u12"}"#,
        r#"{"a":1} {"b":2}"#,
    ] {
        assert_eq!(once(json(), broken), ["!line malformed"], "{broken}");
    }
    assert_eq!(once(json(), "\u{feff} 21.5 "), ["value=21.5"]);
    assert_eq!(once(json(), "[]"), [""; 0]);
    assert_eq!(once(json(), "  "), [""; 0]);
}

#[test]
fn json_texts() {
    assert_eq!(once(json(), r#"{"a":"\ud83c\udf21 \u00b0 \"\\\/\n"}"#), [r#"a="🌡 ° \"\\/\n""#]);
    let found = once(json(), r#"{"a":"x\ud83cy","b":"\udf21"}"#);
    assert_eq!(&found[..2], ["a=\"x\u{fffd}y\"", "b=\"\u{fffd}\""]);
    assert!(found[2].starts_with("? a text of a has half a character"), "{found:?}");
    assert_eq!(once(json(), "{\"a\":\"tab\there\u{1}\"}"), ["a=\"tab\\there\\u{1}\""]);
    assert_eq!(once(json(), r#"{"a":"5","b":"true"}"#), [r#"a="5""#, r#"b="true""#]);
    let long = format!(r#"{{"a":"{}","b":1}}"#, "x".repeat(2001));
    assert_eq!(once(json(), &long), ["!a text_too_long", "b=1"]);
}

#[test]
fn json_names() {
    assert_eq!(once(json(), r#"{"T (°C)":1,"list":[[2,{"x":3}]]}"#), ["T_C=1", "list_0_0=2", "list_0_1_x=3"]);
    // Names that meet are told apart by what they are, in whatever order they come.
    let one = once(json(), r#"{"a_b":1,"a":{"b":2}}"#);
    let other = once(json(), r#"{"a":{"b":2},"a_b":1}"#);
    assert_eq!(one[0], "a_b=1");
    assert_eq!(one[1], other[0]);
    assert!(one[1].starts_with("a_b_") && one[1].ends_with("=2"), "{one:?}");
    assert_eq!(once(json(), r#"{"":{"a":1},"b":{"":2}}"#), ["! key", "! key"]);
    // Where they never stand in one line, that is said.
    let mut reader = reader(json());
    assert_eq!(line(&mut reader, r#"{"a b":1}"#), ["a_b=1"]);
    assert_eq!(line(&mut reader, r#"{"a_b":1}"#).len(), 2);
    assert_eq!(line(&mut reader, r#"{"a b":1}"#).len(), 1);
}

#[test]
fn json_bombs() {
    assert_eq!(once(json(), &"[".repeat(1_000_000)), ["!line too_large"]);
    assert_eq!(once(json(), &"{\"a\":".repeat(100_000)), ["!line too_large"]);
    let deep = format!("{}1{}", "[".repeat(64), "]".repeat(64));
    assert_eq!(once(json(), &deep).len(), 1);
    let wide = format!("[{}1]", "1,".repeat(20_000));
    assert_eq!(once(json(), &wide), ["!line too_large"]);
    // A name is kept with each of its values: one that is too long for a key is not.
    let long = format!("{{\"{}\":[1,2],\"a\":3}}", "x".repeat(100_000));
    assert_eq!(once(json(), &long), ["! key", "! key", "a=3"]);
}

#[test]
fn long_lines_of_signs_are_passed_in_one_go() {
    assert_eq!(once(pairs(), &"1:".repeat(100_000)), ["!line malformed"]);
    assert_eq!(once(pairs(), &"= ".repeat(100_000)), ["!line malformed"]);
    assert_eq!(once(pairs(), &format!("{}a=5", "== ".repeat(100_000))), ["a=5"]);
    let open = format!("a,b\n\"{}", "x\n".repeat(100_000));
    assert_eq!(document(&mut reader(Layout::Csv(CsvOptions::default())), &open).len(), 100_000);
}

#[test]
fn json_over_many_lines() {
    let mut whole = reader(Layout::Json { whole: true });
    assert_eq!(document(&mut whole, "{\n \"a\": 1,\n \"b\": {\"c\": true}\n}\n"), ["a=1", "b_c=true"]);
    assert_eq!(document(&mut whole, "{\n \"a\": 1,\n"), ["!line malformed"]);
}

#[test]
fn json_times_may_stand_anywhere() {
    let options = Options { epoch: time("unix_ms", "UTC"), ..Options::new(json()) };
    let mut reader = of(&options);
    assert_eq!(line(&mut reader, r#"{"v":1,"t":1789898400125}"#), ["v=1@1789898400.125000"]);
    assert_eq!(line(&mut reader, r#"{"v":1,"t":"1789898400125"}"#), ["v=1@1789898400.125000"]);
    assert_eq!(line(&mut reader, r#"{"v":1}"#), ["!t epoch", "v=1"]);
    assert_eq!(line(&mut reader, r#"{"v":1,"t":null}"#), ["!t epoch", "v=1"]);
    let epoch = options.epoch.clone().map(|rule| EpochRule { required: true, ..rule });
    assert_eq!(line(&mut of(&Options { epoch, ..options }), r#"{"v":1}"#), ["!line epoch_required"]);
}

#[test]
fn csv_rows_and_heads() {
    let mut table = reader(Layout::Csv(CsvOptions::default()));
    let text = "\u{feff}Temp (°C),\"name, \"\"x\"\"\",,on\r\n 21.5 ,\"a,b\",7,true\r\n,\"say \"\"hi\"\"\",,\r\n1,2\r\n1,2,3,4,5\r\n1,2,3,4,\r\n";
    assert_eq!(
        document(&mut table, text),
        [
            "Temp_C=21.5",
            r#"name_x="a,b""#,
            "on=true",
            r#"name_x="say \"hi\"""#,
            "!line cells",
            "!line cells",
            "Temp_C=1",
            "? name_x was text and now is number; pin it, for example with types = { \"name_x\" = \"text\" }",
            "name_x=2",
            "on=4",
        ]
        .into_iter()
        .filter(|text| *text != "on=4")
        .chain(["? on was boolean and now is number; pin it, for example with types = { \"on\" = \"text\" }", "on=4"])
        .collect::<Vec<_>>()
    );
    assert_eq!(line(&mut table, "1,\"x\"y,2,3"), ["!line malformed"]);
}

/// The file of a public report, whose reader took the version for the head and refused all rows.
#[test]
fn a_title_before_the_head_is_no_head() {
    let mut table = reader(Layout::Csv(CsvOptions::default()));
    let file = "version=13.0\ndate,instance,In\n2018-01-23,a,5\n";
    let rows = [r#"date="2018-01-23""#, r#"instance="a""#, "In=5"];
    assert_eq!(document(&mut table, file), rows);
    // And again, as a command prints it each time.
    assert_eq!(document(&mut table, file), rows);
    // One column is a table too: what comes later is a row that does not fit.
    let mut column = reader(Layout::Csv(CsvOptions::default()));
    assert_eq!(document(&mut column, "temp\n21.5\nhot,cold\n"), ["temp=21.5", "!line cells"]);
}

#[test]
fn csv_texts_may_hold_line_ends() {
    let mut table = reader(Layout::Csv(CsvOptions { delimiter: ';', ..CsvOptions::default() }));
    assert_eq!(document(&mut table, "a;b\n1;\"two\nlines\"\n2;x\n"), ["a=1", r#"b="two\nlines""#, "a=2", r#"b="x""#]);
    // A quote that never closes costs its own line.
    assert_eq!(document(&mut table, &format!("a;b\n1;\"open\n{}", "3;y\n".repeat(6000))).len(), 12_001);
}

#[test]
fn csv_without_a_head() {
    let columns = Some(vec!["t".into(), String::new(), "v".into()]);
    let layout = Layout::Csv(CsvOptions { delimiter: '\t', columns, comment: Some('#') });
    let mut table = of(&Options { epoch: time("unix", "UTC"), ..Options::new(layout) });
    assert_eq!(document(&mut table, "# note\nt\t\tv\n1789898400\tx\t5\n"), ["v=5@1789898400.000000"]);
    assert!(Format::new(&Options::new(Layout::Csv(CsvOptions { delimiter: 'ü', ..CsvOptions::default() }))).is_err());
}

#[test]
fn csv_heads_that_meet_or_change() {
    let mut table = reader(Layout::Csv(CsvOptions::default()));
    let found = document(&mut table, "a b,a_b,x,x\n1,2,3,4\n");
    assert_eq!(found[0], "? a column is called like one before it; its key is x_2");
    assert!(found[1].starts_with("a_b_") && found[1].ends_with("=1"), "{found:?}");
    assert_eq!(found[2..], ["a_b=2", "x=3", "x_2=4"]);
    assert_eq!(document(&mut table, "y,z\n1,2\n"), ["y=1", "z=2"]);
    assert!(!table.wants_head() && reader(Layout::Csv(CsvOptions::default())).wants_head());
}

#[test]
fn pairs_as_people_write_them() {
    for (text, found) in [
        ("a=1 b=two c=\"x \\\"y\\\" z\" d= e=true", vec!["a=1", r#"b="two""#, r#"c="x \"y\" z""#, "e=true"]),
        ("a=1, b=2; c=3,", vec!["a=1", "b=2", "c=3"]),
        ("INFO 12:30:05 started http://x/ temp=5 C hum=40%", vec!["temp=5", "hum=40"]),
        ("Core voltage : 1.2 V", vec!["Core_voltage=1.2"]),
        ("state = very wet", vec![r#"state="very wet""#]),
        ("t: 21.5, h: 40", vec!["t=21.5", "h=40"]),
        ("Last seen: 12:30:05", vec![r#"Last_seen="12:30:05""#]),
        ("link: http://x/y", vec![r#"link="http://x/y""#]),
        ("a=1 a=2", vec!["? a stands twice in one line; the last one counts", "a=2"]),
        ("a= b=2", vec!["b=2"]),
        ("x = 1 y = 2", vec!["x=1", "y=2"]),
        ("\"a\": 1", vec!["a=1"]),
        ("p='two words' q=1", vec![r#"p="two words""#, "q=1"]),
        ("n=9223372036854775808 m=1", vec!["!n integer_too_large", "m=1"]),
        ("a == b", vec!["!line malformed"]),
        ("=5", vec!["!line malformed"]),
        ("m=\"open", vec!["!line malformed"]),
        ("12:30:05 nothing here", vec!["!line malformed"]),
    ] {
        let strip = vec!["V".into(), "%".into(), "C".into()];
        let mut reader = of(&Options { strip, ..Options::new(pairs()) });
        assert_eq!(line(&mut reader, text), found, "{text}");
    }
}

#[test]
fn pairs_between_a_delimiter() {
    let layout = Layout::Pairs(PairOptions { delimiter: Some('&'), ..PairOptions::default() });
    assert_eq!(once(layout, "a=1&b=two words&c=\"x&y\"&d"), ["a=1", r#"b="two words""#, r#"c="x&y""#]);
    let logfmt = Layout::Pairs(PairOptions::logfmt());
    let mut reader = of(&Options { epoch: time("rfc3339", "UTC"), ..Options::new(logfmt) });
    assert_eq!(
        line(&mut reader, r#"t=2026-09-20T10:00:00.25Z level=info msg="a: b" took=12"#),
        [r#"level="info"@1789898400.250000"#, r#"msg="a: b"@1789898400.250000"#, "took=12@1789898400.250000"]
    );
}

#[test]
fn influx_spellings() {
    for (text, found) in [
        ("m,b=2,a=1 v=1i", vec!["m_1_2_v=1"]),
        (r"my\ m,t\,g=a\=b f\ x=1", vec!["my_m_a_b_f_x=1.0"]),
        (r#"m v="a,b=c d",w=t"#, vec![r#"m_v="a,b=c d""#, "m_w=true"]),
        (r#"m v="\\",w="\"""#, vec![r#"m_v="\\""#, r#"m_w="\"""#]),
        (r#"m v="x\y""#, vec![r#"m_v="x\\y""#]),
        ("m a=T,b=True,c=FALSE,d=f,e=tRUE", vec!["m_a=true", "m_b=true", "m_c=false", "m_d=false", "!m_e no_value"]),
        (
            "m a=-9223372036854775808i,b=9223372036854775808i,c=1.5i",
            vec!["m_a=-9223372036854775808", "!m_b integer_too_large", "!m_c no_value"],
        ),
        ("m a=5u,b=-5u,c=0x1,d=1.,e=+1", vec!["m_a=5", "!m_b no_value", "!m_c no_value", "m_d=1.0", "m_e=1.0"]),
        ("m a=inf,b=1e400,c=NaN", vec!["!m_a not_finite", "!m_b not_finite", "!m_c not_finite"]),
        ("m a=\"x,b=1", vec!["!line malformed"]),
        ("m a=\"x\"y,b=1", vec!["!m_a no_value", "m_b=1.0"]),
        ("m =1,a=2", vec!["! key", "m_a=2.0"]),
        ("m,t= a=1", vec!["!line malformed"]),
        (",t=1 a=1", vec!["!line malformed"]),
        // The line of a public report, at which a database fell over: its own word for it is "invalid tag format".
        (r"Disk,check=C:\,host=pi,place=Shields value=52.45", vec!["!line malformed"]),
        ("m", vec!["!line malformed"]),
        ("m a=1 soon", vec!["!line malformed"]),
        ("m a=1 1.5", vec!["!line malformed"]),
        ("m   a=1   1789898400000000000", vec!["m_a=1.0@1789898400.000000"]),
        ("m a=1 -1", vec!["m_a=1.0@-0.000001"]),
        ("# m a=1", vec![]),
    ] {
        assert_eq!(once(influx(), text), found, "{text}");
    }
}

#[test]
fn influx_precision_and_names() {
    for (precision, stamp) in
        [(Precision::S, "1789898400"), (Precision::Ms, "1789898400000"), (Precision::Us, "1789898400000000")]
    {
        let options = InfluxOptions { precision, names: InfluxNames::Field };
        assert_eq!(once(Layout::Influx(options), &format!("m,h=pi v=2i {stamp}")), ["v=2@1789898400.000000"]);
        // Finer stamps than were agreed would lie in a far future.
        let found = once(Layout::Influx(options), &format!("m v=2i {stamp}000000"));
        assert!(found.len() == 1 && found[0].starts_with("!line"), "{precision:?}: {found:?}");
    }
}

#[test]
fn nagios_spellings() {
    for (text, found) in [
        ("OK - fine", vec![]),
        ("OK|load=0,15;1;2 t=5ms", vec!["load=0.15", "t=5"]),
        ("OK | a=1;;;; b=2;@1:2;~:;; c=50%;80;90;0;100", vec!["a=1", "b=2", "c=50"]),
        ("OK | 'a=b'=1 '/'=2GB;;;0 C:\\\\=3", vec!["a_b=1", "root=2", "C=3"]),
        (
            "OK | a=U b=;;; c=-1.5e3 d=5EB e=0x10 f=1:2 g=nan",
            vec!["!b no_value", "c=-1500.0", "d=5", "!e no_value", "!f no_value", "!g no_value"],
        ),
        ("OK | a=9223372036854775808c b=1", vec!["!a integer_too_large", "b=1"]),
        ("OK | 'two words'=.5s my load=3", vec!["two_words=0.5", "my_load=3"]),
        ("OK | =5 a=1", vec!["! key", "a=1"]),
        (
            "OK | 'CPU Utilization' = 11.11%;10.0;20.0 'x y'= -5 z = U w=3",
            vec!["CPU_Utilization=11.11", "x_y=-5", "w=3"],
        ),
        // A label may hold the equals sign that the guidelines forbid in it; a value may have no unit that they know.
        (
            "OK | 'drive_Slot=23:Bay=1'=100%;10;5 rate=5a;;;0; users=20, state=UP;;",
            vec!["drive_Slot_23_Bay_1=100", "rate=5", "users=20.0", "!state no_value"],
        ),
        ("OK | a=1,234,567", vec!["!a no_value"]),
        ("OK | 'open=5 b=1", vec!["!performance_data no_value", "b=1"]),
        ("OK | a=1 and more", vec!["a=1", "!performance_data no_value"]),
        ("OK | temp=21.5°C", vec!["temp=21.5"]),
        ("OK | a=1\nlong | b=2\nc=3 d=4\r\n", vec!["a=1", "b=2", "c=3", "d=4"]),
        ("OK\nlong text = 5\nmore", vec![]),
    ] {
        assert_eq!(document(&mut reader(Layout::Nagios), text), found, "{text}");
    }
}

#[test]
fn collectd_spellings() {
    for (text, found) in [
        (r#"PUTVAL "pi/cpu-0/cpu-idle" interval=10 N:98.5"#, vec!["cpu-0_cpu-idle=98.5"]),
        (
            "putval pi/if-eth0/octets 1789898400.25:12:34",
            vec!["if-eth0_octets_0=12@1789898400.250000", "if-eth0_octets_1=34@1789898400.250000"],
        ),
        ("PUTVAL pi/load/load N:0.1:U:nan", vec!["load_load_0=0.1", "!load_load_2 not_finite"]),
        ("PUTVAL pi/load N:1", vec!["!line malformed"]),
        ("PUTVAL pi/a/b interval=10", vec!["!line malformed"]),
        ("PUTVAL pi/a/b soon:1", vec!["!line epoch_required"]),
        ("PUTNOTIF message=x", vec!["!line malformed"]),
        (r#"PUTVAL "pi/a b/c" N:x"#, vec!["!a_b_c no_value"]),
    ] {
        assert_eq!(once(Layout::Collectd, text), found, "{text}");
    }
}

#[test]
fn access_logs_of_all_kinds() {
    let at = "@1772686801.000000";
    let own = |text: &str| once(access(), text).join(" ").replace(at, "");
    let head = "192.0.2.1 - - [05/Mar/2026:06:00:01 +0100]";
    assert_eq!(
        own(&format!(r#"{head} "GET /a?b=c HTTP/1.1" 200 5"#)),
        r#"status=200 bytes=5 method="GET" path="/a?b=c""#
    );
    assert_eq!(
        own(&format!(r#"{head} "GET /\x22 HTTP/1.1" 200 5 "-" "-" rt=0.1"#)),
        r#"status=200 bytes=5 method="GET" path="/\"""#
    );
    assert_eq!(
        own(&format!(r#"example.org:443 {head} "POST / HTTP/2.0" 201 0 "-" "x""#)),
        r#"status=201 bytes=0 method="POST" path="/""#
    );
    assert_eq!(own(r#"::1 - a [b] [05/Mar/2026:06:00:01 +0100] "GET /" 200 -"#), r#"status=200 method="GET" path="/""#);
    assert_eq!(
        own(r#"::1 - - [2026-03-05T06:00:01+01:00] "GET /" 200 1"#),
        r#"status=200 bytes=1 method="GET" path="/""#
    );
    // A request that was written to look like the end of its line.
    assert_eq!(
        own(&format!(r#"{head} "GET /\" 500 9 \"x HTTP/1.1" 404 7 "-" "-""#)),
        r#"status=404 bytes=7 method="GET" path="/\" 500 9 \"x""#
    );
    for broken in [
        "",
        "garbage",
        r#"x - - [now] "GET /" 200 1"#,
        &format!("{head} \"GET /"),
        &format!(r#"{head} "GET /" 2000 1"#),
        &format!(r#"{head} "GET /" 200 x"#),
    ] {
        let found = once(access(), broken);
        assert!(
            found.is_empty() == broken.is_empty() && found.iter().all(|text| text == "!line malformed"),
            "{broken}: {found:?}"
        );
    }
    let fields = vec![AccessField::Address, AccessField::User, AccessField::Referer];
    let mut reader = reader(Layout::AccessLog { fields });
    let found =
        line(&mut reader, &format!(r#"vhost:80 {} "GET /" 200 1 "http://a/" "b""#, head.replace("- -", "- me")));
    assert_eq!(found.join(" ").replace(at, ""), r#"address="192.0.2.1" user="me" referer="http://a/""#);
}

#[test]
fn formats_without_a_place_for_a_time_say_so() {
    let epoch = time("unix", "UTC");
    for layout in [Layout::Nagios, Layout::Value { key: key("v") }] {
        let said = Format::new(&Options { epoch: epoch.clone(), ..Options::new(layout) }).unwrap_err().to_string();
        assert!(said.contains("leave `epoch` out"), "{said}");
    }
}
