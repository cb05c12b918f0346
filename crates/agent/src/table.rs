//! A round of readings as a table that a person likes to read.

use std::io::{self, Write};

use streamer_clock::Zone;
use streamer_reading::{Epoch, Value};

use crate::view::{Line, Round, one_line};

const DIM: &str = "\x1b[2m";
const BOLD: &str = "\x1b[1m";
const CYAN: &str = "\x1b[36m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";
/// Between two columns.
const GAP: usize = 3;
/// What a value takes on the terminal; longer ones are cut in the table, never in a bucket.
const VALUE_WIDTH: usize = 14;

/// Shows rounds one below the other, each in as many columns as the terminal has room for.
#[derive(Default)]
pub struct Table {
    zone: Option<Zone>,
}

impl Table {
    /// Writes one round: a line with its time and its input, then the readings.
    pub fn show(&mut self, out: &mut impl Write, round: &Round, simulated: &str) -> io::Result<()> {
        let zone = self.zone.get_or_insert_with(|| Zone::local().unwrap_or_else(|_| Zone::utc()));
        let Some(first) = round.lines.first() else { return Ok(()) };
        let mark = if first.suspect { format!("{YELLOW}?{PLAIN}{DIM}") } else { String::new() };
        writeln!(out, "{DIM}{simulated}{}{mark}  {}{PLAIN}", time_of_day(first.epoch, zone), round.input)?;
        let cells: Vec<(String, String, &Line)> =
            round.lines.iter().map(|line| (line.key.to_string(), shown(line), line)).collect();
        let key_width = cells.iter().map(|(key, ..)| key.chars().count()).max().unwrap_or(0);
        let width = key_width + 1 + VALUE_WIDTH + GAP;
        let columns = ((terminal_width() + GAP).saturating_sub(simulated.len()).saturating_sub(2) / width).max(1);
        let rows = cells.len().div_ceil(columns);
        for row in 0..rows {
            write!(out, "{simulated} ")?;
            for (at, (key, value, line)) in cells.iter().enumerate().skip(row).step_by(rows) {
                let colour = if matches!(line.value, Value::Text(_) | Value::Bool(_)) { CYAN } else { BOLD };
                let last = at + rows >= cells.len();
                let gap = if last { "" } else { "   " };
                write!(
                    out,
                    " {key:<key_width$} {colour}{value:>VALUE_WIDTH$}{PLAIN}{}",
                    &gap[..gap.len().saturating_sub(1)]
                )?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

/// A value with the unit that its key names, as a person reads it.
fn shown(line: &Line) -> String {
    let key = line.key.as_str();
    let text = match line.value.as_f64() {
        Some(number) if key.ends_with("_bytes") => bytes(number, ""),
        Some(number) if key.ends_with("_bytes_per_s") => bytes(number, "/s"),
        Some(number) if key.ends_with("_percent") => format!("{number:.1} %"),
        Some(number) if key.contains("temperature") => format!("{number:.1} °C"),
        Some(number) if matches!(line.value, Value::Float(_)) => three_digits(number),
        _ => one_line(&line.value),
    };
    if text.chars().count() <= VALUE_WIDTH {
        return text;
    }
    let cut: String = text.chars().take(VALUE_WIDTH - 1).collect();
    cut + "…"
}

fn bytes(number: f64, per: &str) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"];
    let mut number = number;
    let mut unit = 0;
    while number.abs() >= 1024.0 && unit + 1 < units.len() {
        number /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{number:.0} B{per}") } else { format!("{number:.1} {}{per}", units[unit]) }
}

/// At most three digits behind the point, and none that say nothing.
fn three_digits(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `14:03:20`
fn time_of_day(epoch: Epoch, zone: &Zone) -> String {
    civil(epoch, zone, "%H:%M:%S")
}

/// `Wed 2026-11-25 14:03:20 CET`
pub fn local_time(epoch: Epoch, zone: &Zone) -> String {
    civil(epoch, zone, "%a %Y-%m-%d %H:%M:%S %Z")
}

fn civil(epoch: Epoch, zone: &Zone, format: &str) -> String {
    let stamp = jiff::Timestamp::from_microsecond(epoch.micros());
    stamp.map_or_else(|_| epoch.to_string(), |stamp| stamp.to_zoned(zone.tz().clone()).strftime(format).to_string())
}

fn terminal_width() -> usize {
    rustix::termios::tcgetwinsize(io::stdout()).map_or(80, |size| usize::from(size.ws_col)).max(40)
}

#[cfg(test)]
mod tests {
    use streamer_reading::Key;

    use super::*;

    #[test]
    fn values_carry_the_unit_of_their_key() {
        let check = |key: &str, value: f64, expected: &str| {
            let value = Value::try_from(value).unwrap();
            let line = Line { key: Key::new(key).unwrap(), value, epoch: Epoch::ZERO, suspect: false };
            assert_eq!(shown(&line), expected);
        };
        check("memory_available_bytes", 512_000_000.0, "488.3 MB");
        check("net_eth0_rx_bytes_per_s", 12.0, "12 B/s");
        check("cpu_percent", 12.34, "12.3 %");
        check("load_1m", 0.5, "0.5");
    }
}
