//! The package in a Debian with systemd of its own: a container that is booted for it and gone afterwards. What happens in
//! there is told by `packaging/trial.sh`, and read by people as it comes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::agent::Folder;
use crate::debian::Debian;
use crate::step;
use crate::workspace::Workspace;

/// Runs the trial at boot, and ends the container with it.
const UNIT: &str = "[Unit]\nDescription=The trial\nAfter=multi-user.target\n[Service]\nType=oneshot\n\
                    ExecStart=/bin/sh -c '/bin/sh /trial/trial.sh > /trial/said 2>&1; systemctl --no-block poweroff'\n";

/// Tries the package; `Ok(Some(why))` where there can be no such container here.
///
/// # Errors
/// What failed in there, with all that was said.
pub fn run(workspace: &Workspace, debian: &Debian, package: &Path) -> Result<Option<String>, String> {
    let root = match root(workspace, debian) {
        Ok(root) => root,
        Err(why) => return Ok(Some(why)),
    };
    let folder = Folder::below(&std::env::temp_dir().to_string_lossy())?;
    let at = |name: &str| folder.0.join(name);
    let put = |from: &Path, name: &str| fs::copy(from, at(name)).map_err(|error| format!("{name}: {error}"));
    put(package, "first.deb")?;
    put(&workspace.root.join("packaging/trial.sh"), "trial.sh")?;
    later_version(package, &at("unpacked"), &at("second.deb"))?;
    fs::write(at("trial.service"), UNIT).map_err(|error| error.to_string())?;
    let mut boot =
        step::command("timeout 1200 systemd-nspawn --quiet --boot --volatile=overlay --register=no --keep-unit");
    boot.arg("--directory").arg(&root).arg("--bind").arg(format!("{}:/trial", folder.0.display()));
    boot.arg("--bind-ro").arg(format!("{}:/etc/systemd/system/trial.service", at("trial.service").display()));
    boot.arg("systemd.wants=trial.service");
    let booted = step::output(&mut boot);
    let Ok(said) = fs::read_to_string(at("said")) else {
        let why = booted.err().unwrap_or_else(|| "it ended before the trial began".to_owned());
        return Ok(Some(format!("no container can be booted here: {why}")));
    };
    if said.lines().last() == Some("passed") { Ok(None) } else { Err(format!("the installed package:\n{said}")) }
}

/// A Debian with systemd, made once.
fn root(workspace: &Workspace, debian: &Debian) -> Result<PathBuf, String> {
    let root = workspace.target.join("dist/debian-root");
    debian.install(&["systemd-container", "mmdebstrap"])?;
    if root.is_dir() {
        return Ok(root);
    }
    let partial = root.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    println!("making a Debian for the trial");
    let mut make = step::command("mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,adduser,procps");
    step::output(make.arg(debian.release()).arg(&partial))?;
    fs::rename(&partial, &root).map_err(|error| format!("{}: {error}", root.display()))?;
    Ok(root)
}

/// The same package once more, as the next version.
fn later_version(package: &Path, unpacked: &Path, into: &Path) -> Result<(), String> {
    step::output(step::command("dpkg-deb -R").arg(package).arg(unpacked))?;
    let control = unpacked.join("DEBIAN/control");
    let text = fs::read_to_string(&control).map_err(|error| format!("{}: {error}", control.display()))?;
    let lines = text.lines().map(|line| match line.strip_prefix("Version: ") {
        Some(version) => format!("Version: {version}+later\n"),
        None => format!("{line}\n"),
    });
    fs::write(&control, lines.collect::<String>()).map_err(|error| format!("{}: {error}", control.display()))?;
    step::output(step::command("dpkg-deb --root-owner-group -Zgzip --build").arg(unpacked).arg(into)).map(drop)
}
