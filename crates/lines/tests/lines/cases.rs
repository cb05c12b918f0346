//! Faults of other tools that people reported, as inputs of our own with known answers.
//!
//! | folder of `cases` | first report |
//! |---|---|
//! | `nginx-odd` | vectordotdev/vrl#226 |
//! | `time-comma` | influxdata/telegraf#4013 |
//! | `time-noyear` | rsyslog/rsyslog#4765 |
//! | `nagios-perf` | influxdata/telegraf#4087 |
//! | `influx-escapes` | influxdata/telegraf#4214 |
//! | `json-hostile` | influxdata/telegraf#7555 |
//! | `vcgencmd` | influxdata/telegraf#14556 |
//! | the two heads of `same_head` | vectordotdev/vector#5833 |

use crate::found::{NOW, document, line, line_at, of, reader, regex, time};
use streamer_lines::{AccessField, CsvOptions, InfluxOptions, Layout, Options, PairOptions};
use streamer_reading::Epoch;

#[test]
fn nginx_odd_requests_keep_their_status() {
    let log = String::from_utf8_lossy(include_bytes!("../cases/nginx-odd/access.log")).into_owned();
    let mut reader = reader(Layout::AccessLog { fields: vec![AccessField::Status, AccessField::Bytes] });
    let found: Vec<String> = log.lines().map(|text| line(&mut reader, text).join(" ")).collect();
    let statuses = [200, 400, 400, 200, 200, 404, 304, 200, 401];
    let bytes = [Some(612), Some(150), Some(0), Some(17), Some(8073), Some(162), None, Some(9), Some(179)];
    let mut wanted = Vec::new();
    for (count, (status, bytes)) in statuses.into_iter().zip(bytes).enumerate() {
        let epoch = format!("@{}.000000", 1_772_686_801 + count);
        let bytes = bytes.map(|bytes| format!(" bytes={bytes}{epoch}")).unwrap_or_default();
        wanted.push(format!("status={status}{epoch}{bytes}"));
    }
    assert_eq!(found, wanted);
}

#[test]
fn nginx_odd_agents_are_read_without_their_escapes() {
    let log = String::from_utf8_lossy(include_bytes!("../cases/nginx-odd/access.log")).into_owned();
    let fields =
        vec![AccessField::User, AccessField::Method, AccessField::Path, AccessField::Protocol, AccessField::Agent];
    let mut reader = reader(Layout::AccessLog { fields });
    let mut texts = log.lines().map(|text| {
        let found = line(&mut reader, text);
        found.iter().map(|text| text.split('@').next().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    });
    assert_eq!(texts.next().unwrap(), r#"method="GET" path="/index.html" protocol="HTTP/1.1" agent="Mozilla/5.0""#);
    assert_eq!(texts.next().unwrap(), "");
    assert_eq!(texts.next().unwrap(), "");
    assert_eq!(texts.next().unwrap(), r#"method="GET" path="/old""#);
    assert!(texts.next().unwrap().ends_with(r#"agent="Tab 10\" Build/1 (X)""#));
    assert!(texts.next().unwrap().contains(r#"path="/x y 500 9 z""#));
    assert!(texts.next_back().unwrap().starts_with(r#"user="jo ann""#));
}

#[test]
fn nginx_odd_times_of_several_upstreams_are_no_number() {
    let mut reader = reader(regex(r#"rt=(?P<rt>\S+) urt="(?P<urt>[^"]*)""#));
    let log = include_str!("../cases/nginx-odd/upstream.log");
    let found: Vec<String> = log.lines().flat_map(|text| line(&mut reader, text)).collect();
    assert_eq!(
        found,
        [
            "rt=0.016",
            "urt=0.016",
            "rt=0.031",
            "? urt was number and now is text; pin it, for example with types = { \"urt\" = \"number\" }",
            "urt=\"0.000, 0.031\"",
            "rt=0.002",
            "urt=\"-\"",
            "rt=0.05",
            "urt=\"0.020 : 0.030\"",
        ]
    );
}

#[test]
fn time_comma_keeps_every_fraction() {
    for format in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S,%f", "%F %T.%3f", "rfc3339"] {
        let pattern = r"^(?P<t>\S+ [\d:.,]+) \S+ \S+ temp=(?P<temp>\S+)$";
        let mut reader = of(&Options { epoch: time(format, "Europe/Berlin"), ..Options::new(regex(pattern)) });
        assert_eq!(
            document(&mut reader, include_str!("../cases/time-comma/app.log")),
            [
                "temp=1.5@1774745999.250000",
                "temp=2.5@1774746000.125000",
                "temp=3.5@1784110846.788123",
                "temp=4.5@1784110847.700000",
                "temp=5.5@1784110848.000000",
                "temp=6.5@1768476048.001000",
            ],
            "{format}"
        );
    }
}

#[test]
fn time_noyear_is_the_latest_that_is_not_in_the_future() {
    let rows: Vec<serde_json::Value> = serde_json::from_str(include_str!("../cases/time-noyear/newyear.json")).unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        let now: jiff::Timestamp = text("now").parse().unwrap();
        for format in ["%b %e %H:%M:%S", "syslog"] {
            let pattern = r"^(?P<t>\w{3} [ \d]\d [\d:]{8}) \S+ \S+ temp=(?P<temp>\S+)$";
            let mut reader = of(&Options { epoch: time(format, "UTC"), ..Options::new(regex(pattern)) });
            let entry = format!("{} pi sensord[7]: temp=0.5", text("line"));
            let found = line_at(&mut reader, &entry, Epoch::from_micros(now.as_microsecond()));
            assert_eq!(found, [format!("temp=0.5@{}.000000", text("epoch"))], "{entry}");
        }
    }
}

#[test]
fn nagios_perf_reads_labels_and_values_only() {
    assert_eq!(
        document(&mut reader(Layout::Nagios), include_str!("../cases/nagios-perf/output.txt")),
        ["load1=0.0", "CPU_temp_max=48.3", "it_s_hot=1", "users=3", "net_rx=123456789012345", "time=-0.5"]
    );
}

#[test]
fn influx_escapes_are_the_reference_s() {
    let mut reader = reader(Layout::Influx(InfluxOptions::default()));
    assert_eq!(
        document(&mut reader, include_str!("../cases/influx-escapes/lines.txt")),
        [
            "weather_data_a_b_north_yard_temperature=21.5@1790000000.000000",
            "weather_data_a_b_north_yard_count=42@1790000000.000000",
            "!weather_data_a_b_north_yard_total integer_too_large",
            "weather_data_a_b_north_yard_ok=true@1790000000.000000",
            r#"weather_data_a_b_north_yard_state="wet \"mud\" C:\\log"@1790000000.000000"#,
            "m_f=1.0@1790000000.123456",
            r#"m_note="first\nsecond"@1790000001.000000"#,
            "m_v=2.0@1790000001.000000",
            "m_v=3.0@1790000002.000000",
            "m_v=4.0",
            "!m_v no_value",
            "m_v=1000.0@1790000004.000000",
            "m_w=-0.5@1790000004.000000",
            "!m_v not_finite",
            r#"m_path="some\\value\\with\\slashes"@1790000005.000000"#,
            // The stamp counts milliseconds: what it means in nanoseconds is refused where all epochs are.
            "m_v=5@1790.000006",
            "m_u=6.0@1790.000006",
        ]
    );
    assert!(Epoch::from_micros(1_790_000_006).not_too_old(NOW).is_err());
}

#[test]
fn json_hostile_values_cost_themselves() {
    assert_eq!(
        document(&mut reader(Layout::Json { whole: false }), include_str!("../cases/json-hostile/lines.jsonl")),
        [
            "!temperature not_finite",
            "humidity=45.2",
            "deviceid=2882429806056571124",
            "energy_wh=9007199254740993",
            "neg=-9223372036854775808",
            "!big integer_too_large",
            "a_b_c=1",
            "list_0=1",
            "list_1=2",
            "!none no_value",
            "flag=true",
            "text=\"ok\"",
            "deg=\"21 °C\"",
            "!huge not_finite",
            "fine=7",
            "? x stands twice in one line; the last one counts",
            "x=2",
            "! key",
            "y=6",
            "!line malformed",
            "list_0_name=\"ch1\"",
            "list_0_value=3",
            "list_1_name=\"ch2\"",
            "list_1_value=4",
            "sum=0.1",
            "tiny=5e-324",
            "minus=-0.0",
        ]
    );
}

#[test]
fn vcgencmd_units_go_and_a_sentence_is_no_reading() {
    let options =
        Options { strip: vec!["'C".into(), "V".into()], ..Options::new(Layout::Pairs(PairOptions::default())) };
    let mut reader = of(&options);
    let found: Vec<String> =
        include_str!("../cases/vcgencmd/outputs.txt").lines().flat_map(|text| line(&mut reader, text)).collect();
    assert_eq!(
        found,
        [
            "temp=47.2",
            "volt=1.2",
            "frequency_48=1500345728",
            "throttled=\"0x50005\"",
            "throttled=\"0x0\"",
            "!line malformed"
        ]
    );
}

#[test]
fn same_head_is_never_data() {
    let mut reader = reader(Layout::Csv(CsvOptions::default()));
    assert_eq!(document(&mut reader, "time,temp\n0,20.0\n1,21.1\n"), ["time=0", "temp=20.0", "time=1", "temp=21.1"]);
    // The same head in the next file, then a file that goes on without one.
    assert_eq!(document(&mut reader, "time,temp\n3,41.3\n"), ["time=3", "temp=41.3"]);
    assert_eq!(document(&mut reader, "9,51.9\ntime,temp\n"), ["time=9", "temp=51.9"]);
}
