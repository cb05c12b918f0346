//! The guest's console: a shell at the end of a serial line. Commands go in as lines; what comes back is read up to a mark
//! that the command cannot have printed by being echoed.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::PATIENCE;
use crate::eventually;

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Its output and its errors, as they came.
    pub text: String,
    /// Its exit code.
    pub code: i32,
}

/// The console.
pub struct Console {
    line: UnixStream,
    ear: Arc<Ear>,
    marks: u32,
}

/// What listens while nobody asks.
#[derive(Default)]
struct Ear {
    heard: Mutex<Heard>,
    more: Condvar,
}

#[derive(Default)]
struct Heard {
    text: String,
    /// The machine has ended, and nothing will come any more.
    ended: bool,
}

impl Console {
    /// Takes the serial line at this socket.
    ///
    /// # Errors
    /// Where nobody opens it in time.
    pub fn at(socket: &Path) -> Result<Self, String> {
        let line = eventually(PATIENCE, || UnixStream::connect(socket).ok()).ok_or("no serial line")?;
        let mut from = line.try_clone().map_err(|error| error.to_string())?;
        let ear = Arc::new(Ear::default());
        let into = Arc::clone(&ear);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Some(count) = from.read(&mut bytes).ok().filter(|count| *count > 0) {
                into.lock().text.push_str(&String::from_utf8_lossy(&bytes[..count]).replace('\r', ""));
                into.more.notify_all();
            }
            into.lock().ended = true;
            into.more.notify_all();
        });
        Ok(Self { line, ear, marks: 0 })
    }

    /// All that was heard so far.
    pub fn heard(&self) -> String {
        self.ear.lock().text.clone()
    }

    /// How much was heard so far, to listen from there.
    pub fn now(&self) -> usize {
        self.ear.lock().text.len()
    }

    /// Waits until this is heard behind the place `from`; the place behind it.
    ///
    /// # Errors
    /// With the last that was heard, where it does not come in time, or the machine ends.
    pub fn hears(&self, words: &str, from: usize) -> Result<usize, String> {
        let found = |heard: &Heard| heard.text.get(from..)?.find(words).map(|at| from + at + words.len());
        let goes_on = |heard: &mut Heard| found(heard).is_none() && !heard.ended;
        let waited = self.ear.more.wait_timeout_while(self.ear.lock(), PATIENCE, goes_on);
        let (heard, _) = waited.unwrap_or_else(PoisonError::into_inner);
        found(&heard).ok_or_else(|| {
            let ended = if heard.ended { "the machine ended and " } else { "" };
            format!("{ended}`{words}` was not heard; at last: {}", heard.last())
        })
    }

    /// The last that was heard.
    pub fn last(&self) -> String {
        self.ear.lock().last()
    }

    /// Types a line and does not wait.
    ///
    /// # Errors
    /// Where the line is dead.
    pub fn types(&mut self, line: &str) -> Result<(), String> {
        self.line.write_all(format!("{line}\n").as_bytes()).map_err(|error| format!("the console: {error}"))
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// Where its end is not heard.
    pub fn runs(&mut self, command: &str) -> Result<Said, String> {
        self.marks += 1;
        let from = self.now();
        // The quotes part what is typed from what is printed.
        let mark = format!("@end{}@", self.marks);
        self.types(&format!("{command}\necho \"@en\"\"d{}@$?@\"", self.marks))?;
        let at = self.hears(&mark, from)?;
        // With the end of its line, which would else be the next command's.
        let end = self.hears("@\n", at)?;
        let heard = &self.ear.lock().text;
        let text = heard[from..at - mark.len()].trim_end().to_owned();
        let code = heard[at..end - 2].parse().map_err(|_| format!("no exit code in {}", &heard[from..end]))?;
        Ok(Said { text, code })
    }
}

impl Heard {
    fn last(&self) -> String {
        let lines: Vec<&str> = self.text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Ear {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
