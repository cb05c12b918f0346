//! Where readings are kept: the state folder with its disk, and the runtime folder in memory.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};
use streamer_spool::{Disk, Places, RealDisk, SetAside};

use super::{Findings, Scene};
use crate::runtime_folder;

/// With less than this free nothing works for long.
const LITTLE: u64 = 16 << 20;

pub fn look(scene: &Scene, findings: &mut Findings) {
    if let Some(plan) = &scene.plan {
        state(scene, &plan.agent.state_dir, plan.spool.max_size, findings);
        let places = Places { state: plan.agent.state_dir.clone(), runtime: runtime_folder::base() };
        set_aside(&places.set_aside(&RealDisk), findings);
    }
    runtime(findings);
}

fn state(scene: &Scene, folder: &Path, spool: u64, findings: &mut Findings) {
    let shown = folder.display();
    let Some(there) = folder.ancestors().find(|above| above.exists()) else { return };
    let made = if there == folder { "" } else { ", not made yet" };
    let mount = mount_of(scene, folder);
    let kind = mount.as_ref().map_or("", |mount| mount.kind.as_str());
    if mount.as_ref().is_some_and(|mount| mount.has("ro")) {
        let on = mount.as_ref().map_or_else(String::new, |mount| mount.point.display().to_string());
        return findings.fail(
            "state",
            format!("{shown} is on a read-only file system ({on})"),
            format!("sudo mount -o remount,rw {on}, or another state_dir; a card that turned read-only by itself is worn out"),
        );
    }
    if access(there, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let cure = format!("sudo install -d -o \"$USER\" {shown}, or another state_dir, or run as its owner");
        return findings.fail("state", format!("{shown}{made} cannot be written by this user"), cure);
    }
    if matches!(kind, "tmpfs" | "ramfs" | "overlay" | "overlayfs") {
        findings.warn(
            "state",
            format!("{shown} is on {kind}: what is kept there ends with the power"),
            "a state_dir on a disk (with the overlay file system of raspi-config: on another partition)".into(),
        );
    } else if mount.as_ref().is_some_and(|mount| mount.has("sync")) {
        findings.warn(
            "state",
            format!("{shown} is mounted with `sync`: every write goes to the card at once and wears it"),
            "take `sync` out of /etc/fstab; the agent syncs by itself what must be".into(),
        );
    } else {
        findings
            .ok("state", format!("{shown}{made}{}", if kind.is_empty() { String::new() } else { format!(", {kind}") }));
    }
    if let Ok(disk) = statvfs(there) {
        free(disk.f_bavail.saturating_mul(disk.f_frsize), spool, findings);
    }
}

fn free(bytes: u64, spool: u64, findings: &mut Findings) {
    let words = |bytes: u64| format!("{} MB free where the state folder is", bytes >> 20);
    if bytes < LITTLE {
        findings.fail("disk", words(bytes), "make room: sudo apt clean, sudo journalctl --vacuum-size=50M".into());
    } else if bytes < spool {
        let cure = format!("make room, or a smaller [spool] max_size than {} MB", spool >> 20);
        findings.warn("disk", format!("{}, and the spool may need more", words(bytes)), cure);
    } else {
        findings.ok("disk", words(bytes));
    }
}

/// Damaged files, which nothing reads any more.
fn set_aside(files: &[SetAside], findings: &mut Findings) {
    let (Some(last), count) = (files.last(), files.len()) else { return };
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let words = format!(
        "{count} damaged file{} of the spool set aside, {} KB, the last of them {}",
        if count == 1 { "" } else { "s" },
        bytes >> 10,
        last.path.display()
    );
    let paths: Vec<String> = files.iter().map(|file| file.path.display().to_string()).collect();
    let cure = format!("nothing reads them any more: sudo rm {}; if they come again, another card", paths.join(" "));
    findings.warn("spool", words, cure);
}

fn runtime(findings: &mut Findings) {
    match runtime_folder::base() {
        Some(base) if base.ancestors().find(|above| above.exists()).is_some_and(|there| RealDisk.is_memory(there)) => {
            findings.ok("runtime", format!("{}, in memory", base.display()));
        }
        other => {
            let what =
                other.map_or_else(|| "there is none".into(), |base| format!("{} is not in memory", base.display()));
            findings.warn(
                "runtime",
                format!("{what}: readings go to the disk at once, which wears a card"),
                "RuntimeDirectory=streamer in the unit, or $XDG_RUNTIME_DIR on a tmpfs".into(),
            );
        }
    }
}

/// What is mounted where a path is.
struct Mount {
    point: PathBuf,
    kind: String,
    options: Vec<String>,
}

impl Mount {
    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|have| have == option)
    }
}

/// The innermost mount around a path; of two at one place the later one hides the other.
fn mount_of(scene: &Scene, path: &Path) -> Option<Mount> {
    let text = scene.text("/proc/self/mountinfo");
    text.lines().filter_map(mount).filter(|mount| path.starts_with(&mount.point)).fold(None, |found, mount| match found
    {
        Some(other) if deeper(&other, &mount) => Some(other),
        _ => Some(mount),
    })
}

fn deeper(one: &Mount, other: &Mount) -> bool {
    one.point.components().count() > other.point.components().count()
}

fn mount(line: &str) -> Option<Mount> {
    let (place, file_system) = line.split_once(" - ")?;
    let mut fields = place.split(' ').skip(4);
    // A path with a blank in it is written with an escape, which no state folder has.
    let point = fields.next()?.into();
    let own = fields.next()?;
    let mut fields = file_system.split(' ');
    let kind = fields.next()?.to_owned();
    let whole = fields.nth(1).unwrap_or_default();
    let options = own.split(',').chain(whole.split(',')).map(str::to_owned).collect();
    Some(Mount { point, kind, options })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_judged_by_what_the_spool_may_need() {
        let told = |megabytes: u64| {
            let mut findings = Findings::default();
            free(megabytes << 20, 64 << 20, &mut findings);
            findings.text()
        };
        assert!(told(3).starts_with("fail  disk           3 MB free"));
        assert!(told(40).starts_with("warn  disk           40 MB free"));
        assert!(told(400).starts_with("ok    disk           400 MB free"));
    }
}
