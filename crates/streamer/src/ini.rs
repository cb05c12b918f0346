//! The Python client's `isstreamer.ini`: the same places, sections and names, without its traps.
//!
//! Only this module knows the file. It never changes one, and never keeps a value that it does not understand to itself:
//! unknown names become warnings, words that are no boolean become errors.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ini::{Ini, ParseOption};
use streamer_reading::Secret;

const FILE: &str = "isstreamer.ini";
const CLIENT: &str = "isstreamer.client_config";
const API: &str = "isstreamer.api_config";

/// What an ini file says. What it does not say is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IniFile {
    /// `access_key`
    pub access_key: Option<Secret>,
    /// `default_bucket`: the name of the bucket, whole, whatever characters it has.
    pub bucket_name: Option<String>,
    /// `bucket_key` (not known to the Python client)
    pub bucket_key: Option<String>,
    /// `buffer_size` (not known to the Python client)
    pub buffer_size: Option<usize>,
    /// `debug_level` (not known to the Python client)
    pub debug_level: Option<u8>,
    /// `offline_mode`: true, yes, on, 1 or false, no, off, 0, in any case.
    pub offline: Option<bool>,
    /// `offline_file`
    pub offline_file: Option<PathBuf>,
    /// `stream_api_base`, in either section
    pub api_base: Option<String>,
    /// What should be said to the person who wrote the file.
    pub warnings: Vec<String>,
    /// The names that were read, in small letters, each with the line that counts.
    pub lines: Vec<(String, usize)>,
}

/// Why an ini file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IniError {
    /// The file that was named is not there or cannot be read.
    #[error("cannot read {}: {source}; give the path of an ini file that the user who runs this may read, or none", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line that is neither a section, a comment nor `name: value`. The line itself is not shown: it may hold a key.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A value that means nothing under its name.
    #[error("{}:{line}: {name} is {value:?}; it must be {expected}", path.display())]
    Value {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// The name before the value.
        name: &'static str,
        /// What stands there. Never an access key: any text may be one.
        value: String,
        /// What may stand there.
        expected: &'static str,
    },
}

/// Where the file is looked for when no path is given: the home directory, then the working directory.
pub fn find() -> Option<PathBuf> {
    let home = std::env::home_dir().map(|home| home.join(FILE));
    home.into_iter().chain([PathBuf::from(FILE)]).find(|path| path.is_file())
}

/// Reads the file at `path`; a leading `~/` is the home directory.
///
/// # Errors
/// [`IniError`], naming the file and the line or the value.
pub fn read(path: &Path) -> Result<IniFile, IniError> {
    let path = match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    };
    let bytes = fs::read(&path).map_err(|source| IniError::Read { path: path.clone(), source })?;
    parse(&bytes, &path)
}

/// Reads the text of a file; `path` is for messages only.
///
/// ```
/// let text = b"[isstreamer.client_config]\naccess_key: ist_KEY # mine\ndefault_bucket: Pump #2 (shed; north)\n";
/// let ini = streamer::ini::parse(text, "isstreamer.ini".as_ref())?;
/// assert_eq!(ini.access_key.unwrap().expose(), "ist_KEY");
/// assert_eq!(ini.bucket_name.unwrap(), "Pump #2 (shed; north)");
/// # Ok::<(), streamer::ini::IniError>(())
/// ```
///
/// # Errors
/// [`IniError::Line`] and [`IniError::Value`].
pub fn parse(bytes: &[u8], path: &Path) -> Result<IniFile, IniError> {
    let (text, lines) = tidy(&decode(bytes), path)?;
    // Values stand as they are: `\` in a path and `"` in a name mean themselves.
    let options = ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
    let ini = Ini::load_from_str_opt(&text, options).map_err(|error| IniError::Line {
        path: path.to_owned(),
        line: error.line,
        problem: "not understood; lines are '[section]', '# comment' or 'name: value'",
    })?;

    let mut file = IniFile { lines, ..IniFile::default() };
    let mut seen: Vec<String> = Vec::new();
    for (section, properties) in &ini {
        let section = section.unwrap_or_default();
        if !is_known(section) {
            if !properties.is_empty() {
                let what = if section.is_empty() {
                    format!("what stands before the first [section] was not read; [{CLIENT}] belongs above it")
                } else {
                    format!("section [{section}] is not known and was not read")
                };
                file.warnings.push(format!("{}: {what}", path.display()));
            }
            continue;
        }
        for (name, value) in properties {
            let name = name.trim().to_ascii_lowercase();
            if seen.contains(&name) {
                let line = file.line(&name).unwrap_or(0);
                file.warnings.push(format!("{}:{line}: {name} is given twice; this one counts", path.display()));
            }
            file.take(&name, value, path)?;
            seen.push(name);
        }
    }
    Ok(file)
}

fn is_known(section: &str) -> bool {
    [CLIENT, API].iter().any(|known| section.eq_ignore_ascii_case(known))
}

impl IniFile {
    /// The line that says what stands under a name.
    pub fn line(&self, name: &str) -> Option<usize> {
        self.lines.iter().rfind(|(known, _)| known == name).map(|(_, line)| *line)
    }

    fn odd(&self, path: &Path, name: &'static str, value: &str, expected: &'static str) -> IniError {
        let line = self.line(name).unwrap_or(0);
        IniError::Value { path: path.to_owned(), line, name, value: value.to_owned(), expected }
    }

    fn take(&mut self, name: &str, value: &str, path: &Path) -> Result<(), IniError> {
        if value.is_empty() {
            // As in the Python client an empty text counts as not given.
            return Ok(());
        }
        match name {
            "access_key" => self.access_key = Some(Secret::new(one_word(value))),
            "bucket_key" => self.bucket_key = Some(one_word(value).to_owned()),
            "default_bucket" => self.bucket_name = Some(value.to_owned()),
            "stream_api_base" => self.api_base = Some(one_word(value).to_owned()),
            "offline_file" => self.offline_file = Some(PathBuf::from(before_spaced_comment(value))),
            "offline_mode" => {
                self.offline = Some(match one_word(value).to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "1" => true,
                    "false" | "no" | "off" | "0" => false,
                    _ => return Err(self.odd(path, "offline_mode", value, "true or false")),
                });
            }
            "buffer_size" => {
                let size = one_word(value).parse();
                self.buffer_size =
                    Some(size.map_err(|_| self.odd(path, "buffer_size", value, "a whole number of readings"))?);
            }
            "debug_level" => {
                let level = one_word(value).parse();
                self.debug_level =
                    Some(level.map_err(|_| self.odd(path, "debug_level", value, "a number from 0 to 255"))?);
            }
            // Only its name: what stands behind it may be a secret under a misspelt name.
            _ => {
                let line = self.line(name).unwrap_or(0);
                self.warnings.push(format!("{}:{line}: {name} is not known and was not read", path.display()));
            }
        }
        Ok(())
    }
}

/// For what holds no blanks (keys, addresses, numbers, booleans): a comment behind it goes, and quotes around it.
fn one_word(value: &str) -> &str {
    let comment = value
        .char_indices()
        .zip(value.chars().skip(1))
        .find(|((_, c), next)| c.is_whitespace() && matches!(next, '#' | ';'));
    let value = comment.map_or(value, |((at, _), _)| &value[..at]).trim();
    ['"', '\''].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q)).unwrap_or(value)
}

/// For a path, which may hold blanks: only ` # ` and ` ; ` with blanks on both sides begin a comment.
fn before_spaced_comment(value: &str) -> &str {
    let cut = [" # ", " ; ", "\t# ", "\t; "].iter().filter_map(|mark| value.find(mark)).min();
    value[..cut.unwrap_or(value.len())].trim()
}

/// UTF-8 with or without its mark; otherwise Latin-1, which editors on old Windows wrote.
fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|&b| char::from(b)).collect(), str::to_owned)
}

/// Takes indentation, comment lines and blank lines away before the parser sees them, for it would join such a line
/// with the next one; line numbers stay. With it the names in the known sections, each with its line.
fn tidy(text: &str, path: &Path) -> Result<(String, Vec<(String, usize)>), IniError> {
    let mut tidy = String::with_capacity(text.len());
    let (mut lines, mut known) = (Vec::new(), false);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let problem = if line.is_empty() || line.starts_with(['#', ';']) {
            tidy.push('\n');
            continue;
        } else if line.starts_with('[') {
            match line.split_once(']') {
                Some((section, _)) => {
                    known = is_known(section[1..].trim());
                    tidy.push_str(section);
                    tidy.push_str("]\n");
                    continue;
                }
                None => "the section has no ']'",
            }
        } else {
            match line.find(['=', ':']) {
                Some(0) => "there is no name before the value",
                Some(at) => {
                    if known {
                        lines.push((line[..at].trim().to_ascii_lowercase(), number + 1));
                    }
                    // A lone carriage return would end the value for the parser.
                    tidy.push_str(&line.replace('\r', " "));
                    tidy.push('\n');
                    continue;
                }
                None => "neither a '[section]', a '# comment' nor 'name: value'",
            }
        };
        return Err(IniError::Line { path: path.to_owned(), line: number + 1, problem });
    }
    Ok((tidy, lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<IniFile, IniError> {
        parse(text.as_bytes(), Path::new("isstreamer.ini"))
    }

    #[test]
    fn the_tutorials_comment_goes_and_the_name_stays_whole() {
        let ini = of("[isstreamer.client_config]\naccess_key: ist_exampleKEY123 # my own key goes here\n\
                      default_bucket: Pump #2 (shed; north)\n")
        .unwrap();
        assert_eq!(ini.access_key.unwrap().expose(), "ist_exampleKEY123");
        assert_eq!(ini.bucket_name.unwrap(), "Pump #2 (shed; north)");
        assert!(ini.warnings.is_empty());
    }

    #[test]
    fn names_in_any_case_a_mark_indentation_and_either_separator() {
        let ini =
            of("\u{feff}# top\n  ; indented\n[ISStreamer.Client_Config]  ; here\r\n  Access_Key = \"ist_K\"\t;x\r\n\
                      OFFLINE_MODE: No\nOffline_File: C:\\new\\100%_%(x)s #1.csv ; where\nbuffer_size=200\n\
                      [isstreamer.api_config]\nstream_api_base: http://127.0.0.1:8080\n")
            .unwrap();
        assert_eq!(ini.access_key.unwrap().expose(), "ist_K");
        assert_eq!(ini.offline, Some(false));
        assert_eq!(ini.offline_file.unwrap(), Path::new("C:\\new\\100%_%(x)s #1.csv"));
        assert_eq!(ini.buffer_size, Some(200));
        assert_eq!(ini.api_base.unwrap(), "http://127.0.0.1:8080");
    }

    #[test]
    fn the_api_section_counts_alone() {
        assert_eq!(of("[isstreamer.api_config]\nstream_api_base: https://x\n").unwrap().api_base.unwrap(), "https://x");
    }

    #[test]
    fn what_is_not_understood_is_said_without_its_value() {
        assert!(of("access_key: ist_SECRET\n").unwrap().warnings[0].contains("before the first [section]"));
        let ini = of("[isstreamer.client_config]\nacess_key: ist_SECRET\n[other]\na: ist_SECRET\n").unwrap();
        assert_eq!(ini.warnings.len(), 2);
        assert!(!format!("{ini:?}").contains("SECRET"));
        let error = of("[isstreamer.client_config]\n\nist_SECRET\naccess_key: k\n").unwrap_err().to_string();
        assert!(error.starts_with("isstreamer.ini:3: ") && !error.contains("SECRET"), "{error}");
        assert!(of("[isstreamer.client_config\n").is_err());
        assert!(
            of("[isstreamer.client_config]\noffline_mode: perhaps\n")
                .unwrap_err()
                .to_string()
                .contains("true or false")
        );
    }

    #[test]
    fn an_empty_value_and_a_latin_1_name() {
        let ini = parse(b"[isstreamer.client_config]\naccess_key:\ndefault_bucket: Caf\xe9\n", Path::new("x")).unwrap();
        assert_eq!(ini.access_key, None);
        assert_eq!(ini.bucket_name.unwrap(), "Café");
    }
}
