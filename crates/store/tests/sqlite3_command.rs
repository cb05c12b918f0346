//! The file as anybody reads it: with the `sqlite3` command, while the store is open.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod rows;

use std::path::Path;
use std::process::Command;

use rows::{put, reading};
use streamer_reading::{BucketKey, Finite, Text, Value};
use streamer_store::{Limits, SCHEMA_VERSION, Store};

/// What the command prints, or none where it is not installed.
#[expect(clippy::print_stderr, reason = "it says why it tested nothing")]
fn sqlite3(path: &Path, sql: &str) -> Option<String> {
    let output = match Command::new("sqlite3").arg("-readonly").arg(path).arg(sql).output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("not tested: the `sqlite3` command cannot be run here ({error})");
            return None;
        }
    };
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_views_say_what_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    let mut store = Store::open(&path, Limits::default()).unwrap();
    let at = |seconds: i64| 1_790_000_000_000_000 + seconds * 1_000_000;
    let text = |text: &str| Value::Text(Text::new(text).unwrap());
    let readings = [
        reading("temperature", Value::Float(Finite::new(21.5).unwrap()), at(0) + 123_456),
        reading("temperature", Value::Float(Finite::new(22.0).unwrap()), at(1)),
        reading("counter", Value::Int(i64::MAX), at(2)),
        reading("counter", Value::Int(1), at(2)),
        reading("door", Value::Bool(false), at(3)),
        reading("door", Value::Bool(true), at(5)),
        reading("state", text("1"), -1),
    ];
    let rows: Vec<_> = readings.into_iter().zip(1..).map(|(reading, count)| (1, count, reading)).collect();
    put(&mut store, &BucketKey::new("greenhouse").unwrap(), &rows);

    let Some(about) = sqlite3(&path, "PRAGMA user_version; PRAGMA auto_vacuum; PRAGMA journal_mode;") else { return };
    assert_eq!(about, format!("{SCHEMA_VERSION}\n2\nwal\n"));
    assert_eq!(sqlite3(&path, "PRAGMA integrity_check").unwrap(), "ok\n");
    assert_eq!(
        sqlite3(&path, "SELECT * FROM readings_readable ORDER BY time_utc, value DESC").unwrap(),
        "greenhouse|state|1969-12-31 23:59:59.999999|1|text
greenhouse|temperature|2026-09-21 14:13:20.123456|21.5|number
greenhouse|temperature|2026-09-21 14:13:21.000000|22.0|number
greenhouse|counter|2026-09-21 14:13:22.000000|9223372036854775807|integer
greenhouse|counter|2026-09-21 14:13:22.000000|1|integer
greenhouse|door|2026-09-21 14:13:23.000000|false|boolean
greenhouse|door|2026-09-21 14:13:25.000000|true|boolean
"
    );
    assert_eq!(
        sqlite3(&path, "SELECT * FROM latest").unwrap(),
        "greenhouse|counter|2026-09-21 14:13:22.000000|1
greenhouse|door|2026-09-21 14:13:25.000000|true
greenhouse|state|1969-12-31 23:59:59.999999|1
greenhouse|temperature|2026-09-21 14:13:21.000000|22.0
"
    );
    assert_eq!(
        sqlite3(&path, "SELECT * FROM minutes_readable WHERE key = 'temperature'").unwrap(),
        "greenhouse|temperature|2026-09-21 14:13:00|21.5|21.75|22.0|22.0|2\n"
    );
    assert_eq!(
        sqlite3(&path, "SELECT hour_utc, count FROM hours_readable WHERE key = 'counter'").unwrap(),
        "2026-09-21 14:00:00|2\n"
    );
    assert_eq!(
        sqlite3(&path, "SELECT * FROM changes_readable WHERE key = 'door'").unwrap(),
        "greenhouse|door|2026-09-21 14:13:23|2026-09-21 14:13:23|false
greenhouse|door|2026-09-21 14:13:25|2026-09-21 14:13:25|true
"
    );
    // What SCHEMA.md advises, word for word.
    let page = include_str!("../SCHEMA.md");
    let advised: Vec<&str> = page.split("```sql\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    assert!(advised.len() >= 3);
    for sql in advised {
        sqlite3(&path, sql).unwrap();
    }
}

#[test]
fn the_page_names_every_table_and_column() {
    let page = include_str!("../SCHEMA.md");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("buckets.db");
    drop(Store::open(&path, Limits::default()).unwrap());
    let file = rusqlite::Connection::open(&path).unwrap();
    let mut statement = file
        .prepare(
            "SELECT s.name, c.name FROM sqlite_schema s JOIN pragma_table_xinfo(s.name) c
             WHERE s.type IN ('table', 'view')",
        )
        .unwrap();
    let columns = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    for (table, column) in columns.map(Result::unwrap) {
        assert!(page.contains(&format!("`{table}`")), "{table} is not in SCHEMA.md");
        assert!(page.contains(&format!("`{column}`")), "{table}.{column} is not in SCHEMA.md");
    }
    assert!(page.contains(&format!("version {SCHEMA_VERSION}")));
}
