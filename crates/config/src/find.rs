//! Where the configuration is: what was named, else the usual places, else what is built in.
//!
//! A configuration that is there and cannot be read is a mistake, never taken for none.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::place::{Diagnostic, Files, Mistakes, Severity};
use crate::surroundings::Surroundings;

/// What runs where nothing is configured: system metrics into a local bucket, each reading on the terminal.
pub const QUICKSTART: &str = include_str!("../../../configs/quickstart.toml");

/// No configuration is larger; what is, was named by mistake.
const LARGEST: u64 = 8 << 20;

/// The files that count, or the built-in quickstart.
#[derive(Debug, Clone)]
pub struct Found {
    /// The files, in the order in which they count.
    pub files: Files,
    /// Whether nothing was found, and the quickstart is in its place.
    pub quickstart: bool,
}

/// Finds and reads the configuration: the paths that were `named`, `$STREAMER_CONFIG`, `./streamer.toml`,
/// `/etc/streamer/streamer.toml` with `/etc/streamer/conf.d/*.toml`; the first of these that is there is all that counts.
///
/// # Errors
/// What is there and cannot be read, and what was named and is not there.
pub fn find(named: &[PathBuf], around: &Surroundings<'_>) -> Result<Found, Mistakes> {
    Places { here: Path::new(""), etc: Path::new("/etc/streamer") }.find(named, around)
}

/// The folders that are looked in when nothing is named.
struct Places<'p> {
    here: &'p Path,
    etc: &'p Path,
}

impl Places<'_> {
    fn find(&self, named: &[PathBuf], around: &Surroundings<'_>) -> Result<Found, Mistakes> {
        let mut gathered = Gathered::default();
        if !named.is_empty() {
            named.iter().for_each(|path| gathered.named(path, "--config"));
            return gathered.found();
        }
        if let Some(path) = around.set("STREAMER_CONFIG") {
            gathered.named(Path::new(&path), "$STREAMER_CONFIG");
            return gathered.found();
        }
        let here = self.here.join("streamer.toml");
        if is_there(&here) {
            gathered.file(&here);
            return gathered.found();
        }
        let main = self.etc.join("streamer.toml");
        if is_there(&main) {
            gathered.file(&main);
        }
        let folder = self.etc.join("conf.d");
        if is_there(&folder) {
            gathered.folder(&folder);
        }
        if gathered.nothing() {
            let files = Files::text("built-in quickstart", QUICKSTART);
            return Ok(Found { files, quickstart: true });
        }
        gathered.found()
    }
}

/// A link to nowhere is there, and so is what lies in a folder that may not be looked into.
fn is_there(path: &Path) -> bool {
    !matches!(fs::symlink_metadata(path), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

/// What was read so far, and what could not be.
#[derive(Default)]
struct Gathered {
    files: Files,
    known: Vec<PathBuf>,
    failed: Vec<Diagnostic>,
}

impl Gathered {
    fn nothing(&self) -> bool {
        self.known.is_empty() && self.failed.is_empty()
    }

    fn found(self) -> Result<Found, Mistakes> {
        if self.failed.is_empty() {
            Ok(Found { files: self.files, quickstart: false })
        } else {
            Err(Mistakes(self.failed))
        }
    }

    /// A path that somebody gave: a file, or a folder with at least one.
    fn named(&mut self, path: &Path, by: &str) {
        if !path.is_dir() {
            return self.file(path);
        }
        let before = self.known.len() + self.failed.len();
        self.folder(path);
        if self.known.len() + self.failed.len() == before {
            self.fail(format!("{by} names the folder {}, and there is no *.toml in it", path.display()), None);
        }
    }

    fn folder(&mut self, folder: &Path) {
        let entries = fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, io::Error>>());
        let mut paths = match entries {
            Ok(paths) => paths,
            Err(error) => {
                return self.fail(format!("the folder {} cannot be read: {error}", folder.display()), cure(&error));
            }
        };
        let hidden = |path: &Path| path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        paths.retain(|path| path.extension().is_some_and(|kind| kind == "toml") && !hidden(path) && !path.is_dir());
        paths.sort_unstable();
        paths.iter().for_each(|path| self.file(path));
    }

    /// A file that is named twice counts once.
    fn file(&mut self, path: &Path) {
        let same = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if self.known.contains(&same) {
            return;
        }
        self.known.push(same);
        let (bytes, mode) = match read(path) {
            Ok(read) => read,
            Err(error) => {
                return self
                    .fail(format!("the configuration {} cannot be read: {error}", path.display()), cure(&error));
            }
        };
        if bytes.len() as u64 > LARGEST {
            let help = Some("name a configuration".into());
            return self.fail(format!("{} is larger than 8 MB, which no configuration is", path.display()), help);
        }
        match String::from_utf8(bytes) {
            Ok(text) => self.files.push(path, text, mode & 0o004 != 0),
            Err(error) => {
                let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
                let help = Some("save it as UTF-8 in your editor".into());
                self.fail(format!("{}:{line}: the file is not UTF-8 text", path.display()), help);
            }
        }
    }

    fn fail(&mut self, message: String, help: Option<String>) {
        self.failed.push(Diagnostic { severity: Severity::Error, message, marks: Vec::new(), help });
    }
}

fn read(path: &Path) -> io::Result<(Vec<u8>, u32)> {
    let file = fs::File::open(path)?;
    let mode = file.metadata()?.mode();
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok((bytes, mode))
}

fn cure(error: &io::Error) -> Option<String> {
    match error.kind() {
        io::ErrorKind::NotFound => Some("name a file that is there, or write one with `streamer init`".into()),
        io::ErrorKind::PermissionDenied => {
            let words = "the user who runs streamer needs the right to read it, and to enter its folder; in /etc/streamer \
                         that is root (sudo), and the group streamer (chgrp streamer, chmod 640)";
            Some(words.into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new(files: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for file in files {
                let path = folder.path().join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, format!("# {file}")).unwrap();
            }
            Self(folder)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn find(&self, named: &[&str], variable: Option<&str>) -> Result<Vec<String>, String> {
            let named: Vec<_> = named.iter().map(|name| self.path(name)).collect();
            let variable = |name: &str| {
                variable.filter(|_| name == "STREAMER_CONFIG").map(|value| match value {
                    "" => "".into(),
                    value => self.path(value).into_os_string(),
                })
            };
            let around = Surroundings { variable: &variable, ..Surroundings::bare(&[]) };
            let places = Places { here: &self.path("here"), etc: &self.path("etc") };
            let found = places.find(&named, &around).map_err(|mistakes| mistakes.to_string())?;
            let short = |path: &Path| path.strip_prefix(self.0.path()).unwrap_or(path).display().to_string();
            Ok(found.files.paths().map(short).collect())
        }
    }

    #[test]
    fn the_first_place_that_has_one_counts_alone() {
        let all = ["a.toml", "here/streamer.toml", "etc/streamer.toml", "etc/conf.d/2.toml", "etc/conf.d/1.toml"];
        let machine = Machine::new(&all);
        assert_eq!(machine.find(&["a.toml"], Some("here/streamer.toml")).unwrap(), ["a.toml"]);
        assert_eq!(machine.find(&[], Some("a.toml")).unwrap(), ["a.toml"]);
        assert_eq!(machine.find(&[], Some("")).unwrap(), ["here/streamer.toml"]);
        assert_eq!(
            Machine::new(&all[2..]).find(&[], None).unwrap(),
            ["etc/streamer.toml", "etc/conf.d/1.toml", "etc/conf.d/2.toml"]
        );
        assert_eq!(Machine::new(&all[3..]).find(&[], None).unwrap(), ["etc/conf.d/1.toml", "etc/conf.d/2.toml"]);
        assert_eq!(Machine::new(&[]).find(&[], None).unwrap(), ["built-in quickstart"]);
    }

    #[test]
    fn a_folder_means_its_toml_files_sorted_and_each_file_once() {
        let machine = Machine::new(&["f/b.toml", "f/a.toml", "f/c.txt", "f/.d.toml", "f/e.toml~", "f/g/h.toml"]);
        assert_eq!(machine.find(&["f"], None).unwrap(), ["f/a.toml", "f/b.toml"]);
        assert_eq!(machine.find(&["f/b.toml", "f", "f/b.toml"], None).unwrap(), ["f/b.toml", "f/a.toml"]);
        let said = machine.find(&["f/g", "f/g/none"], None).unwrap_err();
        assert!(said.contains("none cannot be read"), "{said}");
    }

    #[test]
    fn what_cannot_be_read_is_never_none() {
        let machine = Machine::new(&["here/x", "empty/x"]);
        for (named, variable, expected) in [
            (&["gone.toml"][..], None, "gone.toml cannot be read"),
            (&["empty"], None, "there is no *.toml in it"),
            (&[], Some("gone.toml"), "gone.toml cannot be read"),
            (&["here/x", "gone.toml"], None, "streamer init"),
        ] {
            let said = machine.find(named, variable).unwrap_err();
            assert!(said.contains(expected), "{said}");
        }
        symlink("nowhere", machine.path("here/streamer.toml")).unwrap();
        assert!(machine.find(&[], None).unwrap_err().contains("here/streamer.toml cannot be read"));
        fs::remove_file(machine.path("here/streamer.toml")).unwrap();
        fs::create_dir(machine.path("here/streamer.toml")).unwrap();
        assert!(machine.find(&[], None).unwrap_err().contains("here/streamer.toml cannot be read"));
        fs::write(machine.path("here/x"), b"a = 1\nb = '\xff'").unwrap();
        assert!(machine.find(&["here/x"], None).unwrap_err().contains("here/x:2: the file is not UTF-8"));
        fs::write(machine.path("here/x"), vec![b'#'; 9 << 20]).unwrap();
        assert!(machine.find(&["here/x"], None).unwrap_err().contains("larger than 8 MB"));
    }

    #[test]
    fn who_may_read_a_file_is_noted() {
        let machine = Machine::new(&["a.toml"]);
        for (mode, expected) in [(0o600, false), (0o640, false), (0o644, true)] {
            fs::set_permissions(machine.path("a.toml"), fs::Permissions::from_mode(mode)).unwrap();
            let found = find(&[machine.path("a.toml")], &Surroundings::bare(&[])).unwrap();
            assert_eq!(found.files.iter().next().unwrap().is_world_readable(), expected);
        }
    }
}
