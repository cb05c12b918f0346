//! The access key of an account: from exactly one place, and into nothing but a `Secret`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use streamer_plugin::Secret;
use streamer_plugin::options::{SecretText, Table};

use super::place;
use crate::place::{Findings, Span};
use crate::surroundings::Surroundings;

const SOURCES: [&str; 3] = ["access_key", "access_key_file", "ini_file_location"];
const CREDENTIAL: &str = "streamer.access_key";
/// No access key is longer; what is, was named by mistake.
const LARGEST: u64 = 4096;

/// The places that a table names.
pub(super) struct Named<'o> {
    pub(super) access_key: Option<&'o SecretText>,
    pub(super) access_key_file: Option<&'o Path>,
    pub(super) ini_file_location: Option<&'o Path>,
}

/// A key that can be used, and what came with it.
pub(super) struct Given {
    pub(super) key: Secret,
    /// Where the service is, as the ini file says.
    pub(super) ini_base: Option<String>,
}

pub(super) fn access_key(
    named: &Named<'_>,
    table: &Table<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings<'_>,
) -> Option<Given> {
    let given: Vec<&str> = SOURCES.into_iter().filter(|name| table.get(name).is_some()).collect();
    if let [first, second, ..] = given[..] {
        let names = (table.name_place(second)?, table.name_place(first)?);
        findings
            .conflict((&names.0, "this one"), (&names.1, "and this one"), "the access key comes from two places")
            .help = Some("keep one of them".into());
        return None;
    }
    if around.simulated {
        // Nothing is sent, so nobody looks for a key.
        return Some(Given { key: Secret::new("simulated"), ini_base: None });
    }
    if let Some(key) = named.access_key {
        return in_the_file(&key.0, table, findings);
    }
    if let Some(path) = named.access_key_file {
        let cure = "it holds the key and nothing else, and the user who runs streamer may read it";
        return in_a_file_of_its_own(path, &place(table, "access_key_file"), cure, findings);
    }
    if let Some(path) = named.ini_file_location {
        return in_an_ini_file(path, &place(table, "ini_file_location"), around, findings);
    }
    if !given.is_empty() {
        // It is there and was complained about.
        return None;
    }
    let credential = around.set("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(CREDENTIAL));
    match credential.filter(|path| path.exists()) {
        Some(path) => {
            let cure = "it is a credential of the service, which else root alone reads: use sudo, or access_key_file";
            in_a_file_of_its_own(&path, &table.span(), cure, findings)
        }
        None => {
            findings.error(&table.span(), "there is no access key").help = Some(format!(
                "add access_key = \"${{IS_ACCESS_KEY}}\", access_key_file or ini_file_location, or give the service the systemd credential {CREDENTIAL}"
            ));
            None
        }
    }
}

fn in_the_file(key: &Secret, table: &Table<'_>, findings: &mut Findings<'_>) -> Option<Given> {
    let span = place(table, "access_key");
    let files = findings.files();
    if let Some((file, own)) = files.locate(&span)
        && file.is_world_readable()
        && !file.text()[own].contains("${")
    {
        let words = format!("everybody on this machine can read this access key in {}", file.path().display());
        findings.warn(&span, words).help = Some(format!("chmod 600 {}", file.path().display()));
    }
    usable(key, "the access key", &span, findings)
}

fn in_a_file_of_its_own(path: &Path, span: &Span, cure: &str, findings: &mut Findings<'_>) -> Option<Given> {
    // The path is not shown: somebody may have put the key itself there.
    let read = fs::metadata(path).and_then(|known| {
        let text = if known.len() > LARGEST { None } else { Some(fs::read(path)?) };
        Ok((text, known.mode()))
    });
    let (text, mode) = match read {
        Ok((Some(text), mode)) => (text, mode),
        Ok((None, _)) => {
            findings.error(span, "the file of the access key is too large to hold one key");
            return None;
        }
        Err(error) => {
            findings.error(span, format!("the file of the access key cannot be read: {error}")).help =
                Some(cure.into());
            return None;
        }
    };
    if mode & 0o004 != 0 {
        findings.warn(span, "everybody on this machine can read the file of the access key").help =
            Some("chmod 600 it".into());
    }
    let key = Secret::new(String::from_utf8_lossy(&text));
    usable(&key, "the access key in that file", span, findings)
}

fn in_an_ini_file(path: &Path, span: &Span, around: &Surroundings<'_>, findings: &mut Findings<'_>) -> Option<Given> {
    let settings = match (around.ini)(path) {
        Ok(settings) => settings,
        Err(words) => {
            findings.error(span, words);
            return None;
        }
    };
    for words in settings.warnings {
        findings.warn(span, words);
    }
    let Some(key) = settings.access_key else {
        findings.error(span, format!("{} has no access_key", path.display()));
        return None;
    };
    let given = usable(&key, "the access key in that file", span, findings)?;
    Some(Given { ini_base: settings.api_base, ..given })
}

/// It travels in a header: what cannot stand there is no key.
fn usable(key: &Secret, what: &str, span: &Span, findings: &mut Findings<'_>) -> Option<Given> {
    findings.keep_secret(key.expose());
    if key.is_empty() {
        findings.error(span, format!("{what} is empty"));
        return None;
    }
    if !key.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        findings.error(span, format!("{what} has a blank, a line end or a letter outside ASCII in it")).help =
            Some("a key has none of these; copy it again".into());
        return None;
    }
    Some(Given { key: key.clone(), ini_base: None })
}
