//! Readings as CSV, `epoch,key,value`, quoted as RFC 4180 says.

use std::io::{self, Write};

use streamer_reading::{Reading, Value};

/// Writes the head, then a line for each reading.
///
/// Besides what the format asks for, a text that would be taken for a number or a boolean is quoted, so that whoever
/// looks can tell the text `"21"` from the number `21`.
///
/// ```
/// # use streamer_reading::{Epoch, Key, Reading, Value};
/// let mut csv = streamer_store::Csv::new(Vec::new())?;
/// let say = |value| Reading::new(Key::new("said").unwrap(), value, Epoch::ZERO);
/// csv.write(&say(Value::try_from("hello, \"you\"")?))?;
/// csv.write(&say(Value::from(21)))?;
/// csv.write(&say(Value::try_from("21")?))?;
/// let text = "epoch,key,value\n0.000000,said,\"hello, \"\"you\"\"\"\n0.000000,said,21\n0.000000,said,\"21\"\n";
/// assert_eq!(csv.into_inner(), text.as_bytes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Csv<W>(W);

impl<W: Write> Csv<W> {
    /// Writes the head. `out` should be buffered.
    ///
    /// # Errors
    /// What `out` says.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(b"epoch,key,value\n")?;
        Ok(Self(out))
    }

    /// Writes one line.
    ///
    /// # Errors
    /// What the writer below says.
    pub fn write(&mut self, reading: &Reading) -> io::Result<()> {
        write!(self.0, "{},", reading.epoch)?;
        self.field(reading.key.as_str(), false)?;
        self.0.write_all(b",")?;
        match &reading.value {
            Value::Text(text) => self.field(text.as_str(), looks_like_another_kind(text.as_str()))?,
            Value::Bool(flag) => write!(self.0, "{flag}")?,
            Value::Int(number) => write!(self.0, "{number}")?,
            // Debug keeps the point of 21.0 and writes 1e300 short.
            Value::Float(number) => write!(self.0, "{:?}", number.get())?,
        }
        self.0.write_all(b"\n")
    }

    /// The writer below; flushing it is the caller's.
    pub fn into_inner(self) -> W {
        self.0
    }

    fn field(&mut self, text: &str, quoted: bool) -> io::Result<()> {
        let blank_end = |text: &str| text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
        if quoted || text.is_empty() || text.contains([',', '"', '\n', '\r']) || blank_end(text) {
            write!(self.0, "\"{}\"", text.replace('"', "\"\""))
        } else {
            self.0.write_all(text.as_bytes())
        }
    }
}

fn looks_like_another_kind(text: &str) -> bool {
    matches!(text, "true" | "false") || text.parse::<f64>().is_ok()
}
