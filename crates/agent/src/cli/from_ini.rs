//! `streamer init --from`: what the Python client's `isstreamer.ini` says, as a configuration that says where each line of
//! it comes from. The access key stays where it is.

use std::fmt::Write;
use std::path::Path;

use streamer::ini::{self, IniFile};
use streamer_reading::word;

use super::say;
use crate::exit::{Exit, Failure};

/// The configuration that means what this ini file means.
///
/// # Errors
/// Where the file cannot be read or understood, with the line.
pub fn configuration(path: &Path) -> Result<String, Failure> {
    let wrong = |error: ini::IniError| Failure::new(Exit::Configuration, error.to_string());
    let said = ini::read(path).map_err(wrong)?;
    said.warnings.iter().for_each(|words| say(format_args!("{words}")));
    let mut text = format!(
        "# What {} says, as a configuration of Streamer. `streamer check` says whether it is right, `streamer test` takes\n\
         # readings and sends nothing.\n",
        path.display()
    );
    let source = Source { said, path };
    source.outputs(&mut text)?;
    source.tap(&mut text);
    source.bucket(&mut text)?;
    text.push_str(
        "\n# The ini file does not say what was read: that was the script. `streamer inputs` shows what can be read here, and\n\
         # configs/MIGRATION.md (with the package: /usr/share/doc/streamer-agent/MIGRATION.md.gz) has the lines of scripts\n\
         # beside the lines of this file. This one reads the machine itself; take it out if the script did not.\n\
         [[inputs.system]]\ninterval = \"1m\"\n",
    );
    Ok(text)
}

/// What a configuration is made from. Writing to a `String` cannot fail.
struct Source<'p> {
    said: IniFile,
    path: &'p Path,
}

impl Source<'_> {
    /// Where a line comes from, or that it comes from none.
    fn place(&self, name: &str) -> String {
        match self.said.line(name) {
            Some(line) => format!("{}:{line}, {name}", self.path.display()),
            None => format!("{} has no {name}", self.path.display()),
        }
    }

    /// In offline mode a file; the service is then only offered.
    fn outputs(&self, text: &mut String) -> Result<(), Failure> {
        if self.said.offline != Some(true) {
            text.push('\n');
            return self.initial_state(text, "");
        }
        // The client puts an ending behind whatever was given.
        let file = self.said.offline_file.as_deref().map_or("isstreamer_out.csv".into(), Path::to_string_lossy);
        let _ = write!(
            text,
            "\n# {}: to a file and not to the service. The client began it anew at each start; here it goes on.\n\
             # `streamer import` takes the old one.\n[outputs.csv]\n# {}; the client puts a .csv behind it\npath = {}\n",
            self.place("offline_mode"),
            self.place("offline_file"),
            quoted(&format!("{file}.csv"))?
        );
        text.push_str("\n# To stream to Initial State as well, take these in.\n");
        self.initial_state(text, "#")
    }

    fn initial_state(&self, text: &mut String, mark: &str) -> Result<(), Failure> {
        let _ = writeln!(text, "{mark}[outputs.initial_state]");
        if self.said.access_key.is_some() {
            // The service looks for it from a folder of its own.
            let whole = self.path.canonicalize().map_err(Failure::failed)?;
            let _ = writeln!(text, "# {}: it stays in that file, and is read from there", self.place("access_key"));
            let _ = writeln!(text, "{mark}ini_file_location = {}", quoted(&whole.to_string_lossy())?);
            if self.said.api_base.is_some() {
                let _ = writeln!(text, "# {}: read from that file, too", self.place("stream_api_base"));
            }
            return Ok(());
        }
        let _ = writeln!(text, "# {}: set this variable, or give an access_key_file", self.place("access_key"));
        let _ = writeln!(text, "{mark}access_key = \"${{IS_ACCESS_KEY}}\"");
        if let Some(base) = &self.said.api_base {
            let _ = writeln!(text, "# {}\n{mark}api_base = {}", self.place("stream_api_base"), quoted(base)?);
        }
        Ok(())
    }

    fn tap(&self, text: &mut String) {
        if self.said.debug_level.is_some_and(|level| level > 0) {
            let _ = writeln!(text, "\n# {}: each reading on the terminal\n[taps.stdout]", self.place("debug_level"));
        }
    }

    fn bucket(&self, text: &mut String) -> Result<(), Failure> {
        let name = self.said.bucket_name.as_deref();
        let label: String = name.map(word).unwrap_or_default().to_lowercase();
        let label = if label.is_empty() || !label.is_ascii() { "home" } else { &label };
        let _ = writeln!(text, "\n[buckets.{}]", quoted(label)?);
        let from = self.place("default_bucket");
        let _ = match name {
            Some(name) => writeln!(text, "# {from}\nname = {}", quoted(name)?),
            None => writeln!(text, "# {from}: what the script gave as bucket_name\n#name = \"...\""),
        };
        match &self.said.bucket_key {
            Some(key) => {
                let _ = writeln!(text, "# {}\nkey = {}", self.place("bucket_key"), quoted(key)?);
            }
            None => text.push_str(
                "# What the script gave as bucket_key goes on in that bucket. Without a key one is made at the first start, and\n\
                 # kept: the client made another one at each start.\n#key = \"...\"\n",
            ),
        }
        if let Some(size) = self.said.buffer_size {
            let _ = writeln!(text, "# {}\nbuffer_size = {}", self.place("buffer_size"), size.max(1));
        }
        Ok(())
    }
}

/// A text as TOML has it in quotes, which JSON writes the same way.
fn quoted(text: &str) -> Result<String, Failure> {
    serde_json::to_string(text).map_err(Failure::failed)
}
