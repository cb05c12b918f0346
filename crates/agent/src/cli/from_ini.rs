//! `streamer init --from`: what the Python client's `isstreamer.ini` says, as a configuration that says where each line of
//! it comes from. The access key stays where it is.

use std::fmt::Write;
use std::path::Path;

use streamer::ini;
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
    // The service looks for it from a folder of its own.
    let whole = path.canonicalize().map_err(Failure::failed)?;
    let place = |name: &str| match said.line(name) {
        Some(line) => format!("{}:{line}, {name}", path.display()),
        None => format!("{} has no {name}", path.display()),
    };
    let quoted = |text: &str| serde_json::to_string(text).map_err(Failure::failed);
    let mut text = format!(
        "# What {} says, as a configuration of Streamer. `streamer check` says whether it is right, `streamer test` takes\n\
         # readings and sends nothing.\n",
        path.display()
    );
    let offline = said.offline == Some(true);
    if offline {
        // The client puts an ending behind whatever was given.
        let file = said.offline_file.as_deref().map_or("isstreamer_out.csv".into(), Path::to_string_lossy);
        let _ = write!(
            text,
            "\n# {}: to a file and not to the service. The client began it anew at each start; here it goes on.\n\
             # `streamer import` takes the old one.\n[outputs.csv]\n# {}; the client puts a .csv behind it\npath = {}\n",
            place("offline_mode"),
            place("offline_file"),
            quoted(&format!("{file}.csv"))?
        );
        text.push_str("\n# To stream to Initial State as well, take these in.\n");
    } else {
        text.push('\n');
    }
    let closed = if offline { "#" } else { "" };
    let _ = writeln!(text, "{closed}[outputs.initial_state]");
    if said.access_key.is_some() {
        let _ = writeln!(text, "# {}: it stays in that file, and is read from there", place("access_key"));
        let _ = writeln!(text, "{closed}ini_file_location = {}", quoted(&whole.to_string_lossy())?);
        if said.api_base.is_some() {
            let _ = writeln!(text, "# {}: read from that file, too", place("stream_api_base"));
        }
    } else {
        let _ = writeln!(text, "# {}: set this variable, or give an access_key_file", place("access_key"));
        let _ = writeln!(text, "{closed}access_key = \"${{IS_ACCESS_KEY}}\"");
        if let Some(base) = &said.api_base {
            let _ = writeln!(text, "# {}\n{closed}api_base = {}", place("stream_api_base"), quoted(base)?);
        }
    }
    if said.debug_level.is_some_and(|level| level > 0) {
        let _ = writeln!(text, "\n# {}: each reading on the terminal\n[taps.stdout]", place("debug_level"));
    }
    let name = said.bucket_name.as_deref();
    let label: String = name.map(word).unwrap_or_default().to_lowercase();
    let label = if label.is_empty() || !label.is_ascii() { "home" } else { &label };
    let _ = writeln!(text, "\n[buckets.{}]", quoted(label)?);
    let _ = match name {
        Some(name) => writeln!(text, "# {}\nname = {}", place("default_bucket"), quoted(name)?),
        None => writeln!(text, "# {}: what the script gave as bucket_name\n#name = \"...\"", place("default_bucket")),
    };
    match &said.bucket_key {
        Some(key) => {
            let _ = writeln!(text, "# {}\nkey = {}", place("bucket_key"), quoted(key)?);
        }
        None => text.push_str(
            "# What the script gave as bucket_key goes on in that bucket. Without a key one is made at the first start, and\n\
             # kept: the client made another one at each start.\n#key = \"...\"\n",
        ),
    }
    if let Some(size) = said.buffer_size {
        let _ = writeln!(text, "# {}\nbuffer_size = {}", place("buffer_size"), size.max(1));
    }
    text.push_str(
        "\n# The ini file does not say what was read: that was the script. `streamer inputs` shows what can be read here, and\n\
         # configs/MIGRATION.md (with the package: /usr/share/doc/streamer-agent/MIGRATION.md.gz) has the lines of scripts\n\
         # beside the lines of this file. This one reads the machine itself; take it out if the script did not.\n\
         [[inputs.system]]\ninterval = \"1m\"\n",
    );
    Ok(text)
}
