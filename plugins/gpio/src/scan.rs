//! Looks for GPIO chips. What hangs on a line only a person knows, so lines are offered, never chosen.

use gpiocdev_uapi::v2::LineFlags;
use streamer_plugin::{Found, Site};

use crate::chips::{self, Chip, text};

/// The pins of the header from which one is offered: those before are a bus's.
const OFFERED: std::ops::Range<u32> = 4..28;

/// Tells every chip with its lines, and who uses which.
pub(crate) fn scan(site: &Site, tell: &mut dyn FnMut(Found)) {
    match chips::all(&site.path("/dev")) {
        Ok((chips, closed)) => {
            chips.iter().for_each(|chip| tell(found(chip, &lines(chip))));
            closed.into_iter().for_each(|error| tell(Found::Remark(error.to_string())));
        }
        Err(error) => tell(Found::Remark(error.to_string())),
    }
}

/// Each line with its user, where it has one.
fn lines(chip: &Chip) -> Vec<(u32, Option<String>)> {
    let user = |number| {
        let line = chip.line(number).ok()?;
        Some((number, line.flags.contains(LineFlags::USED).then(|| text(&line.consumer))))
    };
    (0..chip.lines).filter_map(user).collect()
}

fn found(chip: &Chip, lines: &[(u32, Option<String>)]) -> Found {
    let used: Vec<String> =
        lines.iter().filter_map(|(number, user)| Some(format!("{number} ({})", user.as_ref()?))).collect();
    let header = if chip.is_header() { ", with the pins of the header" } else { "" };
    let taken = if used.is_empty() { String::new() } else { format!("; in use: {}", used.join(", ")) };
    let about = format!("GPIO chip {}, {} lines{header}{taken}", chip.shown(), chip.lines);
    let free =
        |(number, user): &&(u32, Option<String>)| user.is_none() && (!chip.is_header() || OFFERED.contains(number));
    match lines.iter().find(free) {
        Some((number, _)) if chip.is_header() => Found::Perhaps { about, options: format!("pin = {number}") },
        Some((number, _)) => {
            let name = if chip.label.is_empty() { &chip.name } else { &chip.label };
            Found::Perhaps { about, options: format!("chip = {name:?}\nline = {number}") }
        }
        None => Found::Remark(about),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chip(label: &str, lines: u32) -> Chip {
        Chip { file: std::fs::File::open("/dev/null").unwrap(), name: "gpiochip0".into(), label: label.into(), lines }
    }

    #[test]
    fn a_free_line_is_offered_and_users_are_named() {
        let used = |number| (number, Some("spi0 CS1".to_owned()));
        let header = found(&chip("pinctrl-bcm2711", 58), &[(0, None), used(4), (5, None)]);
        let Found::Perhaps { about, options } = header else { panic!("{header:?}") };
        assert_eq!(
            about,
            "GPIO chip pinctrl-bcm2711 (gpiochip0), 58 lines, with the pins of the header; in use: 4 (spi0 CS1)"
        );
        assert_eq!(options, "pin = 5");
        let other = found(&chip("pl061", 8), &[used(0), (1, None)]);
        assert!(
            matches!(&other, Found::Perhaps { options, .. } if options == "chip = \"pl061\"\nline = 1"),
            "{other:?}"
        );
        assert!(matches!(found(&chip("pl061", 1), &[used(0)]), Found::Remark(_)));
    }
}
