//! Readings as JSON lines: one object a line.

use std::io::{self, Write};

use streamer_reading::{Reading, Value};

/// Writes `{"epoch":1790000000.000000,"key":"temperature","value":21.5}` for each reading. Integers are written digit
/// by digit, and a floating-point number always has a point or an exponent.
///
/// ```
/// # use streamer_reading::{Epoch, Key, Reading, Value};
/// let mut lines = streamer_store::JsonLines::new(Vec::new());
/// lines.write(&Reading::new(Key::new("a \"key\"")?, Value::from(i64::MAX), Epoch::ZERO))?;
/// let line = r#"{"epoch":0.000000,"key":"a \"key\"","value":9223372036854775807}"#;
/// assert_eq!(String::from_utf8(lines.into_inner())?.trim_end(), line);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JsonLines<W>(W);

impl<W: Write> JsonLines<W> {
    /// `out` should be buffered.
    pub fn new(out: W) -> Self {
        Self(out)
    }

    /// Writes one line.
    ///
    /// # Errors
    /// What the writer below says.
    pub fn write(&mut self, reading: &Reading) -> io::Result<()> {
        write!(self.0, "{{\"epoch\":{},\"key\":", reading.epoch)?;
        serde_json::to_writer(&mut self.0, reading.key.as_str())?;
        self.0.write_all(b",\"value\":")?;
        match &reading.value {
            Value::Text(text) => serde_json::to_writer(&mut self.0, text.as_str())?,
            Value::Bool(flag) => serde_json::to_writer(&mut self.0, flag)?,
            Value::Int(number) => serde_json::to_writer(&mut self.0, number)?,
            Value::Float(number) => serde_json::to_writer(&mut self.0, &number.get())?,
        }
        self.0.write_all(b"}\n")
    }

    /// The writer below; flushing it is the caller's.
    pub fn into_inner(self) -> W {
        self.0
    }
}
