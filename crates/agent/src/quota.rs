//! What a configuration sends, and whether the allowance of an account is enough for it. Arithmetic and words only: it
//! reads no input and asks no service.

use std::fmt::Write;

use streamer::events_api::{Tier, WINDOW};

/// The longest month: a plan must hold in that one too.
const DAYS: f64 = 31.0;
const DAY: f64 = 86_400.0;

/// One input's part.
#[derive(Debug, Clone)]
pub struct Part {
    pub id: String,
    /// How often it is read a day; none for one that tells by itself.
    pub reads_a_day: Option<f64>,
    /// Readings a read, or a day for one that tells by itself; none where nobody knows.
    pub readings: Option<f64>,
    /// Where the number is from.
    pub from: &'static str,
}

impl Part {
    fn a_day(&self) -> Option<f64> {
        Some(self.readings? * self.reads_a_day.unwrap_or(1.0))
    }
}

/// What one bucket sends to an account.
#[derive(Debug, Clone)]
pub struct Sending {
    pub bucket: String,
    pub output: String,
    /// Events in one call at most.
    pub call: u32,
    pub parts: Vec<Part>,
}

impl Sending {
    /// (The sum of no floats is -0, which a person should not see.)
    fn a_day(&self) -> f64 {
        self.parts.iter().filter_map(Part::a_day).fold(0.0, std::ops::Add::add)
    }

    /// Calls in a window when every call is full.
    fn calls(&self) -> f64 {
        self.a_day() / f64::from(self.call) / DAY * WINDOW.as_secs_f64()
    }
}

/// What one account is to take.
#[derive(Debug, Clone)]
pub struct Account {
    /// Where it is: never its key.
    pub address: String,
    pub sendings: Vec<Sending>,
}

impl Account {
    fn a_day(&self) -> f64 {
        self.sendings.iter().map(Sending::a_day).fold(0.0, std::ops::Add::add)
    }

    fn calls(&self) -> f64 {
        self.sendings.iter().map(Sending::calls).fold(0.0, std::ops::Add::add)
    }

    /// How many times what it takes is more than the tier allows; up to 1 it holds.
    fn load(&self, tier: &Tier) -> f64 {
        let month = tier.monthly.map_or(0.0, |cap| self.a_day() * DAYS / float(cap));
        month.max(self.calls() / f64::from(tier.calls))
    }

    /// Whether the tier's allowance is enough.
    pub fn holds(&self, tier: &Tier) -> bool {
        self.load(tier) <= 1.0
    }

    /// Whether some input's number is not known.
    pub fn is_open(&self) -> bool {
        self.sendings.iter().flat_map(|sending| &sending.parts).any(|part| part.readings.is_none())
    }

    /// The whole plan in words.
    pub fn words(&self, tiers: &[Tier]) -> String {
        // Writing to a String cannot fail.
        let mut text = String::new();
        let _ = writeln!(text, "account at {}", self.address);
        for sending in &self.sendings {
            let _ = writeln!(text, "  bucket {} through {}", sending.bucket, sending.output);
            for part in &sending.parts {
                part_words(&mut text, part);
            }
        }
        let least = if self.is_open() { "at least " } else { "" };
        let _ = writeln!(
            text,
            "  in all {least}{} readings a day, {} a month of 31 days, {:.1} full calls in 10 s",
            grouped(self.a_day()),
            grouped(self.a_day() * DAYS),
            self.calls()
        );
        for tier in tiers {
            self.tier_words(&mut text, tier);
        }
        text
    }

    fn tier_words(&self, text: &mut String, tier: &Tier) {
        let cap = tier.monthly.map_or("no monthly cap".to_owned(), |cap| format!("{} a month", grouped(float(cap))));
        let _ = write!(text, "  tier {}: {} calls in 10 s, {cap}: ", tier.name, tier.calls);
        if self.holds(tier) {
            let _ = writeln!(text, "holds, {:.0} % used", self.load(tier) * 100.0);
            return;
        }
        let mut broken = Vec::new();
        if self.calls() > f64::from(tier.calls) {
            broken.push(format!("needs {:.1} calls in 10 s, so the backlog would only grow", self.calls()));
        }
        if let Some(cap) = tier.monthly.filter(|cap| self.a_day() * DAYS > float(*cap)) {
            broken.push(format!("used up after {:.1} days of a month", float(cap) / self.a_day()));
        }
        let _ = writeln!(text, "does not hold: {}", broken.join("; "));
        let _ = writeln!(text, "    to change: {}", self.cure(tier));
    }

    /// What to change, the input that sends the most first.
    fn cure(&self, tier: &Tier) -> String {
        let load = self.load(tier);
        let all = format!("send {:.1} times less in all: longer intervals, or `on_change` and `drop` rules", load);
        let parts = self.sendings.iter().flat_map(|sending| sending.parts.iter().filter_map(|p| Some((p, p.a_day()?))));
        let Some((most, its)) = parts.max_by(|a, b| a.1.total_cmp(&b.1)) else { return all };
        // What is left for it when all others stay as they are.
        let left = self.a_day() / load - (self.a_day() - its);
        if left <= 0.0 {
            return all;
        }
        match (most.reads_a_day, most.readings) {
            (Some(_), Some(readings)) => {
                format!("read {} every {} or less often, or {all}", most.id, span((readings * DAY / left).ceil()))
            }
            _ => format!("give {} a max_rate below {:.1} a second, or {all}", most.id, left / DAY),
        }
    }
}

fn part_words(text: &mut String, part: &Part) {
    let number = |number: Option<f64>| number.map_or("?".to_owned(), grouped);
    let _ = match part.reads_a_day {
        Some(reads) => writeln!(
            text,
            "    {}: {} readings ({}), {} times a day: {} a day",
            part.id,
            number(part.readings),
            part.from,
            grouped(reads),
            number(part.a_day())
        ),
        None => writeln!(text, "    {}: {} a day ({})", part.id, number(part.readings), part.from),
    };
}

/// `12,960,000`: whole numbers, or one digit where they are small.
fn grouped(number: f64) -> String {
    if number < 100.0 && number.fract() != 0.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whole seconds as a configuration writes them.
fn span(secs: f64) -> String {
    format!("{secs:.0}s")
}

#[expect(clippy::cast_precision_loss, reason = "allowances are far below 2^53")]
fn float(number: u64) -> f64 {
    number as f64
}
