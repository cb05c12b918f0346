//! What every collector is: something that reads its few files and says what it found.

use streamer_plugin::Readings;

use crate::source::{Buffer, Source, Told};

/// Reads one part of the system. One that finds nothing, or fails, costs its own keys only.
pub(crate) trait Collector: Send {
    /// Takes one set of readings. Rates come from the second one on.
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings);
}

/// The text of `source`, if there is any. A file that is there and cannot be read is remarked upon.
pub(crate) fn text<'b>(source: &mut Source, buffer: &'b mut Buffer, out: &mut Readings) -> Option<&'b [u8]> {
    match source.read(buffer) {
        Told::Text => Some(buffer.text()),
        Told::Nothing => None,
        Told::Unreadable(error) => {
            let topic = source.path().display().to_string();
            // Two collectors may read the same file.
            if out.remarks().iter().all(|(said, _)| *said != topic) {
                let words = format!("{topic} cannot be read ({error}); its readings are left out");
                out.remark(topic, words);
            }
            None
        }
    }
}
