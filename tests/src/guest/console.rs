//! The guest's console: a shell at the end of a serial line. Commands go in as lines; what comes back is read up to a mark
//! that the command cannot have printed by being echoed.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    heard: Arc<Mutex<String>>,
    marks: u32,
}

impl Console {
    /// Takes the serial line at this socket.
    ///
    /// # Errors
    /// Where nobody opens it in time.
    pub fn at(socket: &Path) -> Result<Self, String> {
        let line = eventually(Duration::from_secs(30), || UnixStream::connect(socket).ok()).ok_or("no serial line")?;
        let mut ear = line.try_clone().map_err(|error| error.to_string())?;
        let heard = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It ends with the machine.
            while let Some(count) = ear.read(&mut bytes).ok().filter(|count| *count > 0) {
                lock(&into).push_str(&String::from_utf8_lossy(&bytes[..count]).replace('\r', ""));
            }
        });
        Ok(Self { line, heard, marks: 0 })
    }

    /// All that was heard so far.
    pub fn heard(&self) -> String {
        lock(&self.heard).clone()
    }

    /// How much was heard so far, to listen from there.
    pub fn now(&self) -> usize {
        lock(&self.heard).len()
    }

    /// Waits until this is heard behind the place `from`; the place behind it.
    ///
    /// # Errors
    /// With the last that was heard, where it does not come.
    pub fn hears(&self, words: &str, from: usize, patience: Duration) -> Result<usize, String> {
        let found = || lock(&self.heard).get(from..)?.find(words).map(|at| from + at + words.len());
        eventually(patience, found).ok_or_else(|| {
            let heard = self.heard();
            let tail: Vec<&str> = heard.lines().rev().take(12).collect();
            format!("`{words}` was not heard; at last: {}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"))
        })
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
    pub fn runs(&mut self, command: &str, patience: Duration) -> Result<Said, String> {
        self.marks += 1;
        let from = self.now();
        // The quotes part what is typed from what is printed.
        let mark = format!("@end{}@", self.marks);
        self.types(&format!("{command}\necho \"@en\"\"d{}@$?@\"", self.marks))?;
        let at = self.hears(&mark, from, patience)?;
        let end = self.hears("@", at, patience)?;
        let heard = lock(&self.heard);
        let text = heard[from..at - mark.len()].trim_end().to_owned();
        let code = heard[at..end - 1].parse().map_err(|_| format!("no exit code in {}", &heard[from..end]))?;
        Ok(Said { text, code })
    }
}

fn lock(heard: &Mutex<String>) -> MutexGuard<'_, String> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
