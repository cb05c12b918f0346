//! The GPIO chips of this machine, found by what they say of themselves: a chip's number changes with the kernel.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use gpiocdev_uapi::v2::{LineInfo, get_chip_info, get_line_info};
use gpiocdev_uapi::{Error, Name};
use streamer_plugin::InputError;
use streamer_plugin::options::Pin;

/// The chips whose lines are on the 40-pin header: of the first Raspberry Pi to the third and the Zeros, of the fourth,
/// and of the fifth.
pub(crate) const HEADER: [&str; 3] = ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"];

/// Whether a chip of that label carries the header.
pub(crate) fn is_header(label: &str) -> bool {
    HEADER.contains(&label)
}

/// An open chip.
#[derive(Debug)]
pub(crate) struct Chip {
    pub(crate) file: File,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) lines: u32,
}

impl Chip {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let info = get_chip_info(&file).map_err(system_error)?;
        Ok(Self { file, name: text(&info.name), label: text(&info.label), lines: info.num_lines })
    }

    pub(crate) fn is_header(&self) -> bool {
        is_header(&self.label)
    }

    fn is_called(&self, name: &str) -> bool {
        self.label == name || self.name == name || name.strip_prefix("/dev/") == Some(&self.name)
    }

    /// The chip as a person finds it again.
    pub(crate) fn shown(&self) -> String {
        if self.label.is_empty() { self.name.clone() } else { format!("{} ({})", self.label, self.name) }
    }

    /// A line of it, in words.
    pub(crate) fn place(&self, number: u32) -> String {
        if self.is_header() { format!("pin {number}") } else { format!("line {number} of {}", self.shown()) }
    }

    pub(crate) fn line(&self, number: u32) -> io::Result<LineInfo> {
        get_line_info(&self.file, number).map_err(system_error)
    }

    /// The line of that name.
    fn named(&self, name: &str) -> Option<u32> {
        (0..self.lines).find(|number| self.line(*number).is_ok_and(|info| text(&info.name) == name))
    }

    /// The number of a line that was written as `pin`.
    fn number(&self, pin: &Pin) -> Option<u32> {
        match pin {
            Pin::Name(name) => self.named(name).or_else(|| pin.number()),
            _ => pin.number(),
        }
    }

    /// Makes sure that there is such a line.
    fn with(self, number: Option<u32>, pin: &Pin) -> Result<(Self, u32), InputError> {
        match number {
            Some(number) if number < self.lines => Ok((self, number)),
            _ => Err(InputError::misconfigured(format!(
                "{} has no line {pin}: it has the numbers 0 to {}, and `gpioinfo` shows their names",
                self.shown(),
                self.lines.saturating_sub(1)
            ))),
        }
    }
}

/// The line that is meant, and the chip it is on.
///
/// # Errors
/// What is missing, and what there is instead.
pub(crate) fn find(dev: &Path, chip: Option<&str>, pin: &Pin) -> Result<(Chip, u32), InputError> {
    let (mut chips, closed) = all(dev)?;
    // What is not found may be on a chip that could not be opened.
    let missing = |error| closed.unwrap_or(error);
    if let Some(wanted) = chip {
        let mut called: Vec<Chip> = chips.extract_if(.., |chip| chip.is_called(wanted)).collect();
        let Some(chip) = called.pop() else {
            let words = format!("there is no GPIO chip {wanted}; there are: {}", shown(&chips));
            return Err(missing(InputError::gone(words)));
        };
        if !called.is_empty() {
            called.push(chip);
            return Err(InputError::misconfigured(format!(
                "several GPIO chips are called {wanted}; set `chip` to one of the names in brackets: {}",
                shown(&called)
            )));
        }
        let number = chip.number(pin);
        return chip.with(number, pin);
    }
    if let Some(at) = chips.iter().position(Chip::is_header) {
        let number = pin.number().or_else(|| chips[at].number(pin));
        if number.is_some() {
            return chips.swap_remove(at).with(number, pin);
        }
    }
    let Pin::Name(name) = pin else {
        return Err(missing(InputError::misconfigured(format!(
            "no GPIO chip here has the header of a Raspberry Pi, so pin {pin} is not known; set `chip` and `line`: {}",
            shown(&chips)
        ))));
    };
    let mut having: Vec<(Chip, u32)> =
        chips.into_iter().filter_map(|chip| chip.named(name).map(|number| (chip, number))).collect();
    match (having.pop(), having.len()) {
        (Some(found), 0) => Ok(found),
        (Some(found), _) => {
            having.push(found);
            let chips: Vec<String> = having.iter().map(|(chip, _)| chip.shown()).collect();
            Err(InputError::misconfigured(format!(
                "several GPIO chips have a line called {name}; set `chip` and `line`: {}",
                chips.join(", ")
            )))
        }
        (None, _) => {
            let words = format!("no GPIO chip has a line called {name}; `gpioinfo` shows the names");
            Err(missing(InputError::misconfigured(words)))
        }
    }
}

/// Every chip in the order of its number, each once, for old numbers live on as links; and why others could not be opened.
pub(crate) fn all(dev: &Path) -> Result<(Vec<Chip>, Option<InputError>), InputError> {
    let mut paths: Vec<(u32, PathBuf)> = std::fs::read_dir(dev)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.strip_prefix("gpiochip")?.parse().ok()?, entry.path())))
        .collect();
    paths.sort_unstable();
    if paths.is_empty() {
        return Err(InputError::gone(format!(
            "there is no {}/gpiochip0: this machine has no GPIO chip, or its kernel no character device for it",
            dev.display()
        )));
    }
    let mut chips: Vec<Chip> = Vec::new();
    let mut failed = None;
    for (_, path) in paths {
        match Chip::open(&path) {
            Ok(chip) if chips.iter().any(|other| other.name == chip.name) => {}
            Ok(chip) => chips.push(chip),
            Err(error) => failed = Some(cannot_open(&path, &error)),
        }
    }
    match failed {
        Some(error) if chips.is_empty() => Err(error),
        failed => Ok((chips, failed)),
    }
}

fn cannot_open(path: &Path, error: &io::Error) -> InputError {
    let shown = path.display();
    if error.kind() == io::ErrorKind::PermissionDenied {
        return InputError::misconfigured(format!(
            "{shown} may not be opened: add the user that runs streamer to the group gpio (`sudo usermod -aG gpio USER`, \
             then log in again)"
        ));
    }
    InputError::gone(format!("{shown} cannot be asked for its lines: {error}"))
}

fn shown(chips: &[Chip]) -> String {
    if chips.is_empty() {
        return "none".into();
    }
    chips.iter().map(|chip| format!("{}, {} lines", chip.shown(), chip.lines)).collect::<Vec<_>>().join("; ")
}

pub(crate) fn text(name: &Name) -> String {
    String::from(name)
}

pub(crate) fn system_error(error: Error) -> io::Error {
    match error {
        Error::Os(number) => io::Error::from_raw_os_error(number.0),
        Error::UnderRead(_) => io::Error::from(io::ErrorKind::UnexpectedEof),
    }
}
