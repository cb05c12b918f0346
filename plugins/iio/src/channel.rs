//! One channel of a device: which files it consists of, and how they make a value.

use std::path::{Path, PathBuf};

use streamer_plugin::Value;

use crate::attribute::{Trouble, not_a_number, number, text};
use crate::number::tidy;
use crate::quantity::Quantity;

/// A channel that can be read.
#[derive(Debug)]
pub(crate) struct Channel {
    /// How the kernel calls it: `in_voltage0`, `temp1`, `in0_lcrit_alarm`.
    pub(crate) name: String,
    /// How it is called in a key, without its device.
    pub(crate) word: String,
    /// The same without its number, for one that has a label.
    pub(crate) plain: String,
    /// A name that somebody gave it.
    pub(crate) label: Option<String>,
    pub(crate) source: Source,
}

/// Where a channel's value comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file in the kernel's unit; and one that says that the sensor is broken, where the driver can tell.
    Input { file: PathBuf, fault: Option<PathBuf>, quantity: Quantity },
    /// Counts that an offset and a scale turn into the kernel's unit.
    Scaled { file: PathBuf, offset: Option<PathBuf>, scale: PathBuf, quantity: Quantity },
    /// Counts that nobody says the worth of.
    Counts { file: PathBuf, offset: Option<PathBuf> },
    /// A state, 0 or 1.
    Alarm { file: PathBuf },
    /// Nothing can be said about it this time, not even its name.
    Unknown(Trouble),
}

impl Source {
    /// Reads it now.
    pub(crate) fn read(&self) -> Result<Value, Trouble> {
        match self {
            Self::Input { file, fault, quantity } => {
                if fault.as_ref().is_some_and(|fault| text(fault).is_ok_and(|text| text == "1")) {
                    return Err(Trouble::new(
                        "fault",
                        file,
                        "the driver says that the sensor is broken or not connected",
                    ));
                }
                measured(number(file)?, *quantity, file)
            }
            Self::Scaled { file, offset, scale, quantity } => {
                let raw = number(file)?;
                let offset = offset.as_deref().map_or(Ok(0.0), number)?;
                let by = number(scale)?;
                if by == 0.0 {
                    return Err(Trouble::new("scale", scale, "with a scale of 0 every measurement would be 0"));
                }
                measured((raw + offset) * by, *quantity, file)
            }
            Self::Counts { file, offset: None } => {
                let text = text(file)?;
                match text.parse::<i64>() {
                    Ok(count) => Ok(Value::from(count)),
                    Err(_) => float(number(file)?, file),
                }
            }
            Self::Counts { file, offset: Some(offset) } => float(number(file)? + number(offset)?, file),
            Self::Alarm { file } => match text(file)?.as_str() {
                "0" => Ok(Value::from(false)),
                "1" => Ok(Value::from(true)),
                other => Err(not_a_number(file, other)),
            },
            Self::Unknown(trouble) => Err(trouble.clone()),
        }
    }

    /// The same within what the chip can measure.
    pub(crate) fn of_chip(self, chip: &str) -> Self {
        match self {
            Self::Input { file, fault, quantity } => Self::Input { file, fault, quantity: quantity.of_chip(chip) },
            Self::Scaled { file, offset, scale, quantity } => {
                Self::Scaled { file, offset, scale, quantity: quantity.of_chip(chip) }
            }
            other => other,
        }
    }
}

fn measured(kernels: f64, quantity: Quantity, file: &Path) -> Result<Value, Trouble> {
    let Quantity { per, low, high, unit, .. } = quantity;
    let value = tidy(kernels / per);
    match quantity.within(value) {
        Some(value) => float(value, file),
        None => Err(Trouble::new("range", file, format_args!("{value} {unit} cannot be: {low} to {high} {unit} can"))),
    }
}

fn float(value: f64, file: &Path) -> Result<Value, Trouble> {
    Value::try_from(value).map_err(|refusal| Trouble::new("not_finite", file, refusal))
}
