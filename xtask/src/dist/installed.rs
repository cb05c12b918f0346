//! The package in a Debian with systemd of its own, which is gone afterwards: installed while it rests, as when a card is
//! prepared, then booted without a network. What happens in there is told by `packaging/trial.sh`, and read by people as
//! it comes.
//!
//! A Debian of another processor runs here too, each of its programs in an emulator. What that cannot do, the emulated
//! kernel's filters of calls and the mounts of credentials, is taken out of the unit by a drop-in, and the trial says what
//! it skips.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::agent::Folder;
use crate::debian::Debian;
use crate::dist::foreign::Foreign;
use crate::dist::target::Target;
use crate::step;
use crate::workspace::Workspace;

/// Runs the trial at boot, and ends the container with it.
const UNIT: &str = "[Unit]\nDescription=The trial\nAfter=multi-user.target\n[Service]\nType=oneshot\n\
                    ExecStart=/bin/sh -c '/bin/sh /trial/trial.sh > /trial/said 2>&1; systemctl --no-block poweroff'\n";
/// What an emulator of one program's calls cannot do.
const EMULATED: &str = "[Service]\nLoadCredential=\nSystemCallFilter=\nSystemCallArchitectures=\n\
                        RestrictAddressFamilies=\nRestrictNamespaces=\nRestrictRealtime=\nRestrictSUIDSGID=\n\
                        LockPersonality=\n";
const CONTAINER: &str = "timeout 1500 systemd-nspawn --quiet --register=no --keep-unit --private-network";

/// Tries the package; `Ok(Some(why))` where there can be no such container here.
///
/// # Errors
/// What failed in there, with all that was said.
pub fn run(workspace: &Workspace, debian: &Debian, target: &Target, package: &Path) -> Result<Option<String>, String> {
    let made = Foreign::enable(target, debian).and_then(|foreign| Ok((foreign, root(workspace, debian, target)?)));
    let (_foreign, root) = match made {
        Ok(made) => made,
        Err(why) => return Ok(Some(why)),
    };
    let folder = Folder::below(&workspace.target.join("dist").to_string_lossy())?;
    let at = |name: &str| folder.0.join(name);
    let put = |from: &Path, name: &str| fs::copy(from, at(name)).map_err(|error| format!("{name}: {error}"));
    put(package, "first.deb")?;
    put(&workspace.root.join("packaging/trial.sh"), "trial.sh")?;
    later_version(package, &at("unpacked"), &at("second.deb"))?;
    step::output(step::command("cp -a --reflink=auto").arg(&root).arg(at("root")))?;
    let units = at("root").join("etc/systemd/system");
    let write = |path: PathBuf, text: &str| {
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text)).map_err(|e| e.to_string())
    };
    write(units.join("trial.service"), UNIT)?;
    if !target.is_native() {
        write(units.join("streamer.service.d/emulated.conf"), EMULATED)?;
        write(at("emulated"), "")?;
    }
    let container = || {
        let mut container = step::command(CONTAINER);
        container.arg("--directory").arg(at("root")).arg("--bind").arg(format!("{}:/trial", folder.0.display()));
        container
    };
    // One that cannot even list a folder says that there are no containers here, and nothing about the package.
    if let Err(why) = step::output(container().args(["ls", "/trial/first.deb"])) {
        return Ok(Some(format!("no container here: {why}")));
    }
    step::output(container().args(["/bin/sh", "/trial/trial.sh", "resting"]))?;
    let booted = step::output(container().args(["--boot", "systemd.wants=trial.service"]));
    let Ok(said) = fs::read_to_string(at("said")) else {
        let why = booted.err().unwrap_or_else(|| "it ended before the trial began".to_owned());
        return Ok(Some(format!("no container can be booted here: {why}")));
    };
    for skipped in said.lines().filter(|line| line.starts_with("skipped: ")) {
        println!("{skipped}");
    }
    if said.lines().last() == Some("passed") { Ok(None) } else { Err(format!("the installed package:\n{said}")) }
}

/// A Debian with systemd, made once for each architecture.
fn root(workspace: &Workspace, debian: &Debian, target: &Target) -> Result<PathBuf, String> {
    let root = workspace.target.join(format!("dist/debian-root-{}", target.architecture));
    debian.install(&["systemd-container", "mmdebstrap"])?;
    if root.is_dir() {
        return Ok(root);
    }
    let partial = root.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    println!("making a Debian for the trial");
    let mut make = step::command("mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,adduser,procps");
    make.arg(format!("--architectures={}", target.architecture));
    // Of one suite: an index of another one in the middle of the mirror's update is no reason to have none.
    step::output(make.arg(debian.release()).arg(&partial).arg(debian.mirror()))?;
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
