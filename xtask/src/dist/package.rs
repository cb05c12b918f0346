//! What is handed out: the Debian package and the tarball of one processor, laid out as they will lie on the machine. The
//! maintainer scripts, the unit and the first configuration are files of their own in `packaging/` and `configs/`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::agent::Folder;
use crate::dist::target::Target;
use crate::step;
use crate::workspace::Workspace;

/// Debian has a `streamer` already, whose higher version would replace ours at the next upgrade.
const PACKAGE: &str = "streamer-agent";
/// What Debian's judge is told of a file with a secret's place in it.
const PRIVATE: &str = "# An access key may stand in it.\n\
                       streamer-agent: non-standard-file-perm 0640 != 0644 [etc/streamer/streamer.toml]\n";
/// And of the one program that brings its C library.
const STATIC: &str = "# No C library of Debian runs on the processor of a Pi Zero or Pi 1.\n\
                      streamer-agent: statically-linked-binary [usr/bin/streamer]\n";
/// What people read besides the manual.
const DOCUMENTS: &[&str] = &["README.md", "packaging/READ-ONLY.md", "configs/MIGRATION.md"];
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a release is made of.
pub struct Parts<'w> {
    /// The workspace.
    pub workspace: &'w Workspace,
    /// The processor.
    pub target: &'w Target,
    /// The program.
    pub program: &'w Path,
    /// The folder with the manual and the completions, below it as on the machine.
    pub pages: &'w Path,
}

/// What the package of a processor is called.
pub fn file_name(target: &Target) -> String {
    format!("{PACKAGE}_{VERSION}_{}{}.deb", target.architecture, target.suffix)
}

impl Parts<'_> {
    /// Makes the package.
    ///
    /// # Errors
    /// What cannot be read or written, or what dpkg-deb says.
    pub fn package(&self, into: &Path) -> Result<PathBuf, String> {
        let folder = Folder::below(&std::env::temp_dir().to_string_lossy())?;
        let root = &folder.0;
        self.lay_out(root)?;
        let source = |path: &str| self.workspace.root.join(path);
        copy(&source("configs/installed.toml"), &root.join("etc/streamer/streamer.toml"), 0o640)?;
        fs::create_dir_all(root.join("etc/streamer/conf.d")).map_err(|error| error.to_string())?;
        copy(&source("packaging/streamer.service"), &root.join("usr/lib/systemd/system/streamer.service"), 0o644)?;
        let doc = root.join("usr/share/doc").join(PACKAGE);
        write(&doc.join("copyright"), &copyright(self.workspace)?)?;
        write(&doc.join("changelog"), &changelog())?;
        write(&doc.join("licences"), &licences(self.workspace)?)?;
        for document in DOCUMENTS {
            copy(&source(document), &doc.join(Path::new(document).file_name().unwrap_or_default()), 0o644)?;
        }
        for config in
            files_below(&source("configs")).iter().filter(|path| path.extension().is_some_and(|e| e == "toml"))
        {
            copy(config, &doc.join("examples").join(config.file_name().unwrap_or_default()), 0o644)?;
        }
        let told = if self.target.depends.is_empty() { [PRIVATE, STATIC].concat() } else { PRIVATE.to_owned() };
        write(&root.join("usr/share/lintian/overrides").join(PACKAGE), &told)?;
        for page in ["usr/share/man", "usr/share/doc"] {
            compress_below(&root.join(page))?;
        }
        let size = step::output(step::command("du -sk").arg(root))?;
        let size = size.split_whitespace().next().unwrap_or("0").to_owned();
        let sums = step::output(
            step::command("sh -c").arg("find usr -type f -print0 | sort -z | xargs -0 md5sum").current_dir(root),
        )?;
        let control = root.join("DEBIAN");
        write(&control.join("md5sums"), &sums)?;
        write(&control.join("conffiles"), "/etc/streamer/streamer.toml\n")?;
        write(&control.join("control"), &self.control(&size))?;
        for script in ["postinst", "prerm", "postrm"] {
            copy(&source("packaging").join(script), &control.join(script), 0o755)?;
        }
        let made = into.join(file_name(self.target));
        let mut build = step::command("dpkg-deb --root-owner-group -Zxz -z9 --build");
        step::output(build.arg(root).arg(&made))?;
        Ok(made)
    }

    /// Makes the tarball: the same without what only Debian knows.
    ///
    /// # Errors
    /// What cannot be read or written, or what tar says.
    pub fn tarball(&self, into: &Path) -> Result<PathBuf, String> {
        let folder = Folder::below(&std::env::temp_dir().to_string_lossy())?;
        let name = format!("streamer-{VERSION}-{}", self.target.name);
        let root = folder.0.join(&name);
        self.lay_out(&root)?;
        for file in ["README.md", "LICENSE", "packaging/streamer.service", "packaging/READ-ONLY.md"] {
            let at = root.join(Path::new(file).file_name().unwrap_or_default());
            copy(&self.workspace.root.join(file), &at, 0o644)?;
        }
        for config in files_below(&self.workspace.root.join("configs")) {
            copy(&config, &root.join("configs").join(config.file_name().unwrap_or_default()), 0o644)?;
        }
        write(&root.join("LICENCES"), &licences(self.workspace)?)?;
        let made = into.join(format!("{name}.tar.xz"));
        let mut pack = step::command("tar --owner=0 --group=0 --sort=name -cJf");
        step::output(pack.arg(&made).arg("-C").arg(&folder.0).arg(&name))?;
        Ok(made)
    }

    /// The program and its pages.
    fn lay_out(&self, root: &Path) -> Result<(), String> {
        copy(self.program, &root.join("usr/bin/streamer"), 0o755)?;
        for page in files_below(self.pages) {
            let relative = page.strip_prefix(self.pages).map_err(|error| error.to_string())?;
            copy(&page, &root.join(relative), 0o644)?;
        }
        Ok(())
    }

    fn control(&self, size: &str) -> String {
        let commas = if self.target.depends.is_empty() { "" } else { ", " };
        format!(
            "Package: {PACKAGE}\nVersion: {VERSION}\nArchitecture: {}\nSection: misc\nPriority: optional\n\
             Maintainer: Streamer maintainers <maintainers@users.noreply.github.com>\nInstalled-Size: {size}\n\
             Depends: adduser{commas}{}\nRecommends: ca-certificates\nConflicts: streamer\n\
             Homepage: https://github.com/streamer-agent/streamer\n\
             Description: collects readings of sensors and of the system into buckets\n \
             A small program that reads the sensors, the system and programs of a Raspberry\n \
             Pi or any Linux machine on a schedule, keeps every reading safe on disk, and\n \
             streams it to Initial State, into a local database, or both.\n",
            self.target.architecture, self.target.depends
        )
    }
}

fn changelog() -> String {
    format!(
        "{PACKAGE} ({VERSION}) unstable; urgency=medium\n\n  * This release; the history is in the repository.\n\n \
         -- Streamer maintainers <maintainers@users.noreply.github.com>  Sat, 28 Nov 2026 12:00:00 +0000\n"
    )
}

fn copyright(workspace: &Workspace) -> Result<String, String> {
    let path = workspace.root.join("LICENSE");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let indented: String = text
        .lines()
        .map(|line| if line.trim().is_empty() { " .\n".to_owned() } else { format!(" {line}\n") })
        .collect();
    Ok(format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
         Files: *\nCopyright: the Streamer authors\nLicense: MIT\n{indented}\n\
         Comment: the licences of all that is built in are listed in licences.gz beside this file.\n"
    ))
}

/// Every package that is built into the program, with its licence.
fn licences(workspace: &Workspace) -> Result<String, String> {
    let program = workspace.members().find(|package| package.name == "streamer-agent").ok_or("no streamer-agent")?;
    let mut lines: Vec<String> = workspace
        .closure(program)
        .into_iter()
        .filter(|package| !package.ours)
        .map(|package| format!("{} {}: {}\n", package.name, package.version, package.licence))
        .collect();
    lines.sort();
    Ok(format!(
        "Built into streamer {VERSION}, each under its own licence:\n\n{}\nSQLite (in libsqlite3-sys): public domain\n",
        lines.concat()
    ))
}

fn copy(from: &Path, to: &Path, mode: u32) -> Result<(), String> {
    let trouble = |error: std::io::Error| format!("{} to {}: {error}", from.display(), to.display());
    to.parent().map_or(Ok(()), fs::create_dir_all).map_err(trouble)?;
    fs::copy(from, to).map_err(trouble)?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).map_err(trouble)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let trouble = |error: std::io::Error| format!("{}: {error}", path.display());
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(trouble)?;
    fs::write(path, text).map_err(trouble)
}

/// Every file at any depth below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

/// As Debian keeps its documents; what says who may do what stays readable as it is, and what is there to be copied.
fn compress_below(folder: &Path) -> Result<(), String> {
    let as_it_is = |path: &PathBuf| path.ends_with("copyright") || path.extension().is_some_and(|e| e == "toml");
    let mut files = files_below(folder).into_iter().filter(|path| !as_it_is(path));
    files.try_for_each(|file| step::output(Command::new("gzip").arg("-9n").arg(file)).map(drop))
}
