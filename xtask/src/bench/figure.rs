//! A measured figure with the floor that it must not fall below and the goal that it strives for.

/// A limit of a figure.
#[derive(Clone, Copy)]
pub enum Bound {
    /// Smaller is better.
    AtMost(f64),
    /// Larger is better.
    AtLeast(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtMost(limit) => format!("<= {}", number(limit)),
            Self::AtLeast(limit) => format!(">= {}", number(limit)),
        }
    }
}

/// One figure.
pub struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    floor: Option<Bound>,
    goal: Option<Bound>,
    note: String,
}

impl Figure {
    /// A figure without limits.
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, floor: None, goal: None, note: String::new() }
    }

    /// With what it must reach.
    #[must_use]
    pub fn floor(mut self, bound: Bound) -> Self {
        self.floor = Some(bound);
        self
    }

    /// With what it strives for.
    #[must_use]
    pub fn goal(mut self, bound: Bound) -> Self {
        self.goal = Some(bound);
        self
    }

    /// With a word about it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn verdict(&self) -> &'static str {
        let reached = |bound: Option<Bound>| bound.is_none_or(|bound| bound.holds(self.value));
        match (self.floor, self.goal) {
            (None, None) => "",
            _ if !reached(self.floor) => "BELOW THE FLOOR",
            (_, Some(_)) if reached(self.goal) => "goal reached",
            _ => "floor kept",
        }
    }
}

/// Prints figures as a table.
///
/// # Errors
/// Where one is below its floor.
pub fn print(figures: &[Figure]) -> Result<(), String> {
    let wide = figures.iter().map(|figure| figure.what.chars().count()).max().unwrap_or(0);
    let bound = |bound: Option<Bound>| bound.map_or_else(|| "-".to_owned(), Bound::text);
    for figure in figures {
        println!(
            "{:wide$}  {:>12} {:12} floor {:>12}  goal {:>12}  {:15} {}",
            figure.what,
            number(figure.value),
            figure.unit,
            bound(figure.floor),
            bound(figure.goal),
            figure.verdict(),
            figure.note
        );
    }
    let below: Vec<_> = figures
        .iter()
        .filter(|figure| figure.verdict() == "BELOW THE FLOOR")
        .map(|figure| figure.what.as_str())
        .collect();
    if below.is_empty() { Ok(()) } else { Err(format!("below the floor: {}", below.join("; "))) }
}

/// Three digits that matter, thousands apart where there are any.
fn number(value: f64) -> String {
    if value.abs() < 1000.0 {
        let digits = if value.abs() < 10.0 { 2 } else { usize::from(value.abs() < 100.0) };
        return format!("{value:.digits$}");
    }
    let whole = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_judged_by_floor_and_goal() {
        let figure = |value| Figure::new("x", value, "s").floor(Bound::AtMost(6.0)).goal(Bound::AtMost(4.0)).verdict();
        assert_eq!([figure(7.0), figure(5.0), figure(4.0)], ["BELOW THE FLOOR", "floor kept", "goal reached"]);
        assert_eq!(Figure::new("x", 1.0, "s").floor(Bound::AtLeast(2.0)).verdict(), "BELOW THE FLOOR");
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            [number(0.034), number(12.34), number(512.9), number(1_234_567.0)],
            ["0.03", "12.3", "513", "1,234,567"]
        );
    }
}
