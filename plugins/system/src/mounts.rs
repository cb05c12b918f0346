//! Which mounts are reported: without what cannot be seen, what holds nothing of the user's, and what is there twice.

use std::collections::HashMap;
use std::path::Path;

use streamer_plugin::options::Glob;
use streamer_plugin::reading::Namer;
use streamer_plugin::{Readings, Site};

use crate::collector::text;
use crate::mountinfo::{Mount, parse};
use crate::options::Choice;
use crate::scan::shown;
use crate::source::{Buffer, Source};

/// Kinds that hold nothing of the user's: made by the kernel, in memory, or an image that is full by nature.
const PSEUDO: [&str; 40] = [
    "autofs",
    "bdev",
    "binder",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cpuset",
    "debugfs",
    "devfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "erofs",
    "fuse.gvfsd-fuse",
    "fuse.lxcfs",
    "fuse.portal",
    "fuse.snapfuse",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nfsd",
    "nsfs",
    "pipefs",
    "proc",
    "pstore",
    "ramfs",
    "resctrl",
    "rootfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "smackfs",
    "sockfs",
    "squashfs",
    "sysfs",
    "tmpfs",
    "tracefs",
];

/// Places where programs mount for themselves: containers, packages, single files of a container.
const THEIRS: [&str; 9] = [
    "/var/lib/docker/*",
    "/var/lib/containers/*",
    "/var/lib/containerd/*",
    "/var/lib/kubelet/*",
    "/run/containerd/*",
    "/snap/*",
    "/tmp/.mount_*",
    "/etc/host*",
    "/etc/resolv.conf",
];

/// The mount table of the kernel, read again only when it changed.
pub(crate) struct Mounts {
    /// The first that can be read counts. Below another root the table of its first process is the one that fits.
    sources: Vec<Source>,
    choice: Choice,
    known: Vec<u8>,
}

impl Mounts {
    pub(crate) fn new(site: &Site, include: &[Glob], exclude: &[Glob]) -> Self {
        let own = "/proc/self/mountinfo";
        let paths = if site.root() == Path::new("/") { vec![own] } else { vec!["/proc/1/mountinfo", own] };
        let sources = paths.into_iter().map(|path| Source::new(site.path(path))).collect();
        Self { sources, choice: Choice::new(include, exclude), known: Vec::new() }
    }

    /// The file systems to report, each with a word of its own, if they are not the same as when last asked.
    pub(crate) fn changed(&mut self, buffer: &mut Buffer, out: &mut Readings) -> Option<Vec<(String, Mount)>> {
        let source = self.sources.iter_mut().find(|source| source.is_kept() || source.path().exists())?;
        if !source.mounts_changed() {
            return None;
        }
        let text = text(source, buffer, out)?;
        if text == self.known {
            return None;
        }
        text.clone_into(&mut self.known);
        Some(named(chosen(parse(text), &self.choice)))
    }
}

/// Whether `inner` lies below `outer`.
fn below(inner: &[u8], outer: &[u8]) -> bool {
    match inner.strip_prefix(outer) {
        Some(rest) => outer == b"/" || rest.first() == Some(&b'/'),
        None => false,
    }
}

/// Whether somebody who follows the path of `mounts[at]` still gets there: nothing lies on it, on a folder above it, or
/// on the mount that it stands on.
fn visible(mounts: &[Mount], at: usize) -> bool {
    let mut at = at;
    // No chain of parents is longer than the table, unless the table is nonsense.
    for _ in 0..mounts.len() {
        let mount = &mounts[at];
        let covers = |(place, other): (usize, &Mount)| {
            let same = other.point == mount.point;
            let on_top = other.parent == mount.id && other.id != mount.id && same;
            let beside = other.parent == mount.parent && place > at && (same || below(&mount.point, &other.point));
            on_top || beside
        };
        if mounts.iter().enumerate().any(covers) {
            return false;
        }
        match mounts.iter().position(|other| other.id == mount.parent && other.id != mount.id) {
            // What covers a mount as a whole is seen just because of that.
            Some(parent) if mounts[parent].point != mount.point => at = parent,
            _ => return true,
        }
    }
    true
}

/// Of all mounts those to report: asked for or real by their kind, to be seen, and each file system once, at its
/// shortest place.
fn chosen(mounts: Vec<Mount>, choice: &Choice) -> Vec<Mount> {
    let mut chosen: HashMap<(u64, u64), Mount> = HashMap::new();
    let seen: Vec<bool> = (0..mounts.len()).map(|at| visible(&mounts, at)).collect();
    for (mount, seen) in mounts.into_iter().zip(seen) {
        let point = shown(&mount.point);
        if !seen || point.ends_with("//deleted") || !choice.takes(&point, || real(&mount, &point)) {
            continue;
        }
        let better = |mine: &Mount, other: &Mount| {
            let rank = |m: &Mount| (m.point != b"/", !m.whole, m.point.len(), m.point.clone());
            rank(mine) < rank(other)
        };
        match chosen.get(&mount.device) {
            Some(other) if !better(&mount, other) => {}
            _ => {
                chosen.insert(mount.device, mount);
            }
        }
    }
    let mut chosen: Vec<Mount> = chosen.into_values().collect();
    chosen.sort_unstable_by(|a, b| a.point.cmp(&b.point).then(a.device.cmp(&b.device)));
    chosen
}

/// The root always counts, whatever it is made of: overlays and memory carry whole systems.
fn real(mount: &Mount, point: &str) -> bool {
    if point == "/" {
        return mount.kind != "rootfs";
    }
    !PSEUDO.contains(&mount.kind.as_str()) && !THEIRS.iter().any(|glob| Glob::new(*glob).matches(point))
}

fn named(mounts: Vec<Mount>) -> Vec<(String, Mount)> {
    // `/` is the one that is called root; whatever else would be called so makes room.
    let name = |mount: &Mount| if mount.point == b"/" { "root".to_owned() } else { shown(&mount.point) };
    let names: Vec<String> = mounts.iter().map(name).collect();
    let namer = Namer::new(names.iter().map(String::as_str));
    names.iter().map(|name| namer.word(name)).zip(mounts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(table: &str, choice: &Choice) -> Vec<String> {
        named(chosen(parse(table.as_bytes()), choice)).into_iter().map(|(name, _)| name).collect()
    }

    fn all() -> Choice {
        Choice::new(&[], &[])
    }

    #[test]
    fn names_that_meet_are_kept_apart() {
        let table = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
                     2 1 8:2 / /media/USB\\040DISK rw,nosuid shared:7 master:2 - vfat /dev/sdb1 rw\n\
                     3 1 8:3 / /media/USB\\011DISK rw - vfat /dev/sdc1 rw\n\
                     4 1 8:4 / /root rw - ext4 /dev/sdd1 rw\n\
                     nonsense\n5 1 8 / /x rw - ext4 y rw\n6 1 8:6 / /y rw ext4 y rw\n";
        let names = points(table, &all());
        assert_eq!(names[0], "root");
        assert!(names[1].starts_with("media_USB_DISK_") && names[2].starts_with("media_USB_DISK_"), "{names:?}");
        assert!(names[3].starts_with("root_"), "{names:?}");
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), 4);
    }

    #[test]
    fn what_another_mount_hides_is_not_reported() {
        // /mnt is covered by a second disk; what stood below the first is out of reach, what is below the second is not.
        let table = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
                     2 1 8:2 / /mnt rw - ext4 /dev/sdb1 rw\n\
                     3 2 8:3 / /mnt/below rw - ext4 /dev/sdc1 rw\n\
                     4 2 8:4 / /mnt rw - ext4 /dev/sdd1 rw\n\
                     5 4 8:5 / /mnt/above rw - ext4 /dev/sde1 rw\n\
                     6 1 8:6 / /srv/a rw - ext4 /dev/sdf1 rw\n\
                     7 1 8:7 / /srv rw - ext4 /dev/sdg1 rw\n";
        assert_eq!(points(table, &all()), ["root", "mnt", "mnt_above", "srv"]);
        let table = "1 1 0:2 / / rw - rootfs rootfs rw\n2 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                     3 2 8:2 / /boot rw - vfat /dev/sda2 rw\n";
        assert_eq!(points(table, &all()), ["root", "boot"]);
    }

    #[test]
    fn each_file_system_once_and_no_pseudo_ones() {
        let table = "1 0 0:30 / / rw - overlay overlay rw,lowerdir=/x\n\
                     2 1 8:1 / /media/root-ro ro - ext4 /dev/mmcblk0p2 ro\n\
                     3 1 0:31 / /media/root-rw rw - tmpfs tmpfs rw\n\
                     4 1 8:5 /var/log /log rw - ext4 /dev/sda1 rw\n\
                     5 1 8:5 / /srv/data rw - ext4 /dev/sda1 rw\n\
                     6 1 8:5 /a /d rw - ext4 /dev/sda1 rw\n\
                     7 1 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro\n\
                     8 1 7:1 / /mnt/image rw - ext4 /dev/loop1 rw\n\
                     9 1 0:40 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw\n\
                     10 1 0:41 / /nas rw - nfs4 nas:/export rw\n";
        assert_eq!(points(table, &all()), ["root", "media_root-ro", "mnt_image", "nas", "srv_data"]);
        let asked = Choice::new(&[Glob::new("/media/*"), Glob::new("/log")], &[Glob::new("*-ro")]);
        assert_eq!(points(table, &asked), ["log", "media_root-rw"]);
    }

    #[test]
    fn a_table_in_a_circle_ends() {
        let table = "1 2 8:1 / /a rw - ext4 x rw\n2 1 8:2 / /b rw - ext4 y rw\n3 3 8:3 / /c rw - ext4 z rw\n";
        assert_eq!(points(table, &all()), ["a", "b", "c"]);
    }
}
