//! A cron expression in words, for a person who wants to see that it means what they meant.

use super::Fields;
use super::field::{DAY, Field, HOUR, MINUTE, MONTH, SECOND, WEEKDAY};

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) fn describe(fields: &Fields) -> String {
    let mut words = time(fields);
    let day = (!fields.day.is_all(&DAY)).then(|| format!("on day {} of the month", numbers(&fields.day)));
    let weekday = (!fields.weekday.is_all(&WEEKDAY)).then(|| format!("on {}", names(&fields.weekday, &WEEKDAYS, 0)));
    let either = !fields.day.star && !fields.weekday.star;
    let days = match (day, weekday) {
        // Where every day matches one field, the other has nothing to add.
        (None, Some(_)) | (Some(_), None) if either => None,
        (Some(day), Some(weekday)) => Some(format!("{day} {} {weekday}", if either { "or" } else { "that falls" })),
        (day, weekday) => day.or(weekday),
    };
    for part in days.into_iter().chain(months(&fields.month)) {
        words.push(' ');
        words.push_str(&part);
    }
    words
}

fn time(Fields { second, minute, hour, .. }: &Fields) -> String {
    if let (Some(second), Some(minute), false) = (second.only(), minute.only(), hour.running || hour.is_all(&HOUR)) {
        let tail = if second == 0 { String::new() } else { format!(":{second:02}") };
        let times: Vec<_> = hour.numbers().map(|hour| format!("{hour:02}:{minute:02}{tail}")).collect();
        return format!("at {}", times.join(", "));
    }
    let mut words = Vec::new();
    // Whether what stands there still asks "of what?".
    let mut open = false;
    // Zero is where a unit begins; the next coarser unit says it too.
    let parts = [(second, &SECOND), (minute, &MINUTE), (hour, &HOUR)];
    for (field, unit) in parts.into_iter().skip_while(|(field, _)| field.only() == Some(0)) {
        let first = words.is_empty();
        match field.step(unit) {
            _ if field.is_all(unit) => {
                if first {
                    words.push(format!("every {}", unit.name));
                } else if open {
                    words.push(format!("of every {}", unit.name));
                }
                open = false;
            }
            Some(step) if first => words.push(format!("every {step} {}s", unit.name)),
            _ => {
                words.push(format!("{} {} {}", if first { "at" } else { "of" }, unit.name, numbers(field)));
                open = true;
            }
        }
    }
    words.join(" ")
}

fn months(month: &Field) -> Option<String> {
    (!month.is_all(&MONTH)).then(|| format!("in {}", names(month, &MONTHS, 1)))
}

fn numbers(field: &Field) -> String {
    field.numbers().map(|number| number.to_string()).collect::<Vec<_>>().join(", ")
}

fn names(field: &Field, names: &[&str], first: u8) -> String {
    field.numbers().map(|number| names[usize::from(number - first)]).collect::<Vec<_>>().join(", ")
}
