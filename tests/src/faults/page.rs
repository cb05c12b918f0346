//! The table as Markdown: the page with everything, and the few columns of the README. It formats; it judges nothing.

use super::case::Row;
use super::measured::{Measured, Outcome};

/// What stands around the generated part of a page.
const BEGIN: &str = "<!-- faults: `cargo xtask faults --write` writes what follows -->\n";
const END: &str = "<!-- faults end -->\n";

/// The page with all figures.
pub fn whole(rows: &[Row], python: &str) -> String {
    let mut reasons = Vec::new();
    let kept = kept(rows, &mut reasons);
    let manners = manners(rows, &mut reasons);
    let mut notes = String::new();
    for (index, reason) in reasons.iter().enumerate() {
        notes.push_str(&format!("{}. {reason}\n", index + 1));
    }
    format!(
        "Python is ISStreamer 2.0.0 on {python}, at the real pace. The library and the agent ran at {} times the real pace, \
         every wait of theirs and the clock of the server alike.\n\n## What became of the readings\n\n{kept}\n\
         ## How each behaved\n\n{manners}\n(n): not expressible, or not run:\n\n{notes}",
        super::SPEED
    )
}

/// The short table.
pub fn short(rows: &[Row]) -> String {
    let head = ["what happens", "logged", "lost by Python", "by the library", "by the agent"].map(str::to_owned);
    let short = rows.iter().filter(|row| row.case.short);
    let lines = short.map(|row| {
        let mut reasons = Vec::new();
        let lost =
            [&row.python, &row.library, &row.agent].map(|side| cell(side, &mut reasons, |m| m.lost().to_string()));
        [vec![row.case.name.to_owned(), row.case.readings.to_string()], lost.to_vec()].concat()
    });
    table(&head, lines)
}

fn kept(rows: &[Row], reasons: &mut Vec<String>) -> String {
    let mut head = vec!["case".to_owned(), "logged".to_owned()];
    for what in ["lost", "twice", "out of order"] {
        head.extend(["Python", "library", "agent"].map(|side| format!("{what}: {side}")));
    }
    head.insert(3, "in Python's missed file".to_owned());
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let sides = [&row.python, &row.library, &row.agent];
            let mut line = vec![row.case.name.to_owned(), row.case.readings.to_string()];
            line.extend(sides.map(|side| cell(side, reasons, lost)));
            line.insert(3, row.python.measured().and_then(|m| m.missed_file).map_or_else(dash, |n| n.to_string()));
            line.extend(sides.map(|side| cell(side, reasons, |m| m.counts.duplicates.to_string())));
            line.extend(sides.map(|side| cell(side, reasons, |m| m.counts.out_of_order.to_string())));
            line
        })
        .collect();
    table(&head, lines.into_iter())
}

fn manners(rows: &[Row], reasons: &mut Vec<String>) -> String {
    let mut head = vec!["case".to_owned()];
    for what in ["requests", "bad manners", "connections", "threads"] {
        head.extend(["Python", "library", "agent"].map(|side| format!("{what}: {side}")));
    }
    head.extend(["Python", "library"].map(|side| format!("slowest log, ms: {side}")));
    head.push("what the Python program saw".to_owned());
    let lines: Vec<Vec<String>> =
        rows.iter()
            .map(|row| {
                let sides = [&row.python, &row.library, &row.agent];
                let mut line = vec![row.case.name.to_owned()];
                line.extend(sides.map(|side| cell(side, reasons, |m| m.counts.requests.to_string())));
                line.extend(sides.map(|side| cell(side, reasons, |m| m.bad_manners().to_string())));
                line.extend(sides.map(|side| cell(side, reasons, |m| m.counts.connections.to_string())));
                line.extend(sides.map(|side| cell(side, reasons, |m| m.threads.to_string())));
                line.extend([&row.python, &row.library].map(|side| cell(side, reasons, slowest)));
                line.push(cell(&row.python, reasons, |m| {
                    if m.saw.is_empty() { "nothing".to_owned() } else { m.saw.clone() }
                }));
                line
            })
            .collect();
    table(&head, lines.into_iter())
}

fn lost(measured: &Measured) -> String {
    match measured.refused {
        0 => measured.lost().to_string(),
        refused => format!("{}, {refused} refused in {}", measured.lost(), measured.saw),
    }
}

fn slowest(measured: &Measured) -> String {
    measured.slowest.map_or_else(dash, |slowest| format!("{:.1}", slowest.as_secs_f64() * 1000.0))
}

fn cell(side: &Outcome, reasons: &mut Vec<String>, show: impl Fn(&Measured) -> String) -> String {
    let mut note = |why: &str| {
        let known = reasons.iter().position(|reason| reason == why).unwrap_or_else(|| {
            reasons.push(why.to_owned());
            reasons.len() - 1
        });
        format!("({})", known + 1)
    };
    match side {
        Outcome::Measured(measured) => show(measured).replace('|', "/"),
        Outcome::NotExpressible(why) => note(why),
        Outcome::Skipped(why) => note(&format!("skipped: {why}")),
        Outcome::Failed(_) => "FAILED".to_owned(),
    }
}

fn dash() -> String {
    "-".to_owned()
}

fn table(head: &[String], lines: impl Iterator<Item = Vec<String>>) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<String> = (0..head.len()).map(|at| if at == 0 { "---" } else { "--:" }.to_owned()).collect();
    let mut text = row(head) + &row(&rule);
    lines.for_each(|line| text.push_str(&row(&line)));
    text
}

/// Puts a new generated part into a page.
///
/// # Errors
/// Where the page has no place for it.
pub fn put(page: &str, generated: &str) -> Result<String, String> {
    let (before, _, after) = parts(page)?;
    Ok(format!("{before}{BEGIN}\n{generated}\n{END}{after}"))
}

/// The first cells of the first table in the generated part of a page: the rows that it is about.
///
/// # Errors
/// Where the page has no such part.
pub fn rows_of(page: &str) -> Result<Vec<String>, String> {
    let (_, generated, _) = parts(page)?;
    let lines = generated.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    Ok(lines.skip(2).filter_map(|line| Some(line.split('|').nth(1)?.trim().to_owned())).collect())
}

fn parts(page: &str) -> Result<(&str, &str, &str), String> {
    let missing = || format!("the page has no place for the table: it stands between {BEGIN}and {END}");
    let (before, rest) = page.split_once(BEGIN).ok_or_else(missing)?;
    let (generated, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok((before, generated, after))
}

#[cfg(test)]
mod tests {
    use super::super::case::Case;
    use super::*;

    #[test]
    fn a_page_keeps_what_is_ours_and_tells_its_rows() {
        let row =
            Row { agent: Outcome::NotExpressible("no such thing"), ..Row::of(Case::new("one 500", 10, None).short()) };
        let page = format!("before\n{BEGIN}old\n{END}after\n");
        let new = put(&page, &whole(std::slice::from_ref(&row), "3.11")).unwrap();
        assert!(new.starts_with("before\n") && new.ends_with("after\n") && !new.contains("old"));
        assert_eq!(rows_of(&new).unwrap(), ["one 500"]);
        assert!(new.contains("1. skipped: not run\n2. no such thing\n"), "{new}");
        assert_eq!(rows_of(&put(&page, &short(&[row])).unwrap()).unwrap(), ["one 500"]);
        assert!(put("nothing here", "x").is_err());
    }
}
