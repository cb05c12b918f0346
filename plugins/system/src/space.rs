//! How full file systems are. A file system on a disk is asked directly; one behind a network or another program may
//! never answer, so each of those has a thread and a deadline of its own.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{StatVfs, statvfs};
use streamer_plugin::{Key, Readings};

use crate::apart::Apart;
use crate::counter::percent;
use crate::keys::family;
use crate::mountinfo::Mount;
use crate::scan::shown;

const ENDINGS: [&str; 5] = ["total_bytes", "used_bytes", "available_bytes", "used_percent", "inodes_percent"];

/// Kinds that the kernel answers for out of its own memory.
const LOCAL: [&str; 28] = [
    "aufs", "bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "hfs", "hfsplus", "iso9660",
    "jffs2", "jfs", "minix", "msdos", "nilfs2", "ntfs3", "overlay", "ramfs", "reiserfs", "squashfs", "tmpfs", "ubifs",
    "udf", "vfat", "xfs", "zfs",
];

/// The file systems to ask.
pub(crate) struct Space {
    all: Vec<FileSystem>,
    patience: Duration,
    /// Below another root a mount point may not exist, which is nobody's fault.
    recorded: bool,
}

struct FileSystem {
    mount: Mount,
    path: CString,
    keys: [Key; 5],
    way: Way,
    asked: bool,
}

enum Way {
    Direct,
    Apart(Apart<io::Result<StatVfs>>),
    Refused(io::Error),
}

impl Space {
    pub(crate) fn new(root: &Path, patience: Duration) -> Self {
        Self { all: Vec::new(), patience, recorded: root != Path::new("/") }
    }

    /// Takes another set of mounts. What is still there keeps its thread, above all one that hangs.
    pub(crate) fn take(&mut self, mounts: &[(String, Mount)], root: &Path) {
        let mut old = std::mem::take(&mut self.all);
        for (name, mount) in mounts {
            let Ok(path) = CString::new(mount.path(root).into_os_string().into_vec()) else { continue };
            let same =
                |f: &FileSystem| f.mount.device == mount.device && f.path == path && !matches!(f.way, Way::Refused(_));
            let way = match old.iter().position(same) {
                Some(place) => old.swap_remove(place).way,
                None if LOCAL.contains(&mount.kind.as_str()) => Way::Direct,
                None => {
                    let path = path.clone();
                    Apart::new(move || Ok(statvfs(&path)?)).map_or_else(Way::Refused, Way::Apart)
                }
            };
            self.all.push(FileSystem {
                mount: mount.clone(),
                path,
                keys: family("disk", name, ENDINGS),
                way,
                asked: false,
            });
        }
    }

    /// Asks all of them: those that may hang first, so that they have the time that the others take.
    pub(crate) fn collect(&mut self, out: &mut Readings) {
        let asked_at = out.clock().boot();
        let patience = self.patience.min(out.remaining() / 2);
        for f in &mut self.all {
            f.asked = match &mut f.way {
                Way::Apart(apart) => apart.ask(),
                _ => false,
            };
        }
        for f in self.all.iter().filter(|f| matches!(f.way, Way::Direct)) {
            f.tell(statvfs(&f.path).map_err(io::Error::from), self.recorded, out);
        }
        for f in &mut self.all {
            let answer = match &mut f.way {
                Way::Direct => continue,
                Way::Apart(apart) if f.asked => {
                    let spent = out.clock().boot().since(asked_at);
                    apart.answer(patience.saturating_sub(spent))
                }
                Way::Apart(_) => None,
                Way::Refused(error) => Some(Err(io::Error::other(error.to_string()))),
            };
            match answer {
                Some(answer) => f.tell(answer, self.recorded, out),
                None => {
                    let (point, source) = (shown(&f.mount.point), shown(&f.mount.source));
                    let cure =
                        "it is left out until it does. Is its server there? If it is only slow, raise `mount_timeout`";
                    out.remark(&point, format_args!("{point} ({source}, {}) does not answer: {cure}", f.mount.kind));
                }
            }
        }
    }
}

impl FileSystem {
    fn tell(&self, answer: io::Result<StatVfs>, recorded: bool, out: &mut Readings) {
        match answer {
            Ok(told) => self.put(&told, out),
            Err(error) if recorded && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let point = shown(&self.mount.point);
                let cure = match error.kind() {
                    io::ErrorKind::PermissionDenied => {
                        ": let the user that this program runs as enter it, or exclude it"
                    }
                    _ => "; it is left out",
                };
                out.remark(&point, format_args!("the size of {point} cannot be read ({error}){cure}"));
            }
        }
    }

    fn put(&self, told: &StatVfs, out: &mut Readings) {
        // Without a size it is none of a disk, whatever it calls itself.
        if told.f_blocks == 0 {
            return;
        }
        let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
        let used = told.f_blocks.saturating_sub(told.f_bfree);
        // More than all means less than none: the part kept back for root is in use.
        let available = if told.f_bavail > told.f_blocks { 0 } else { told.f_bavail };
        let [total_key, used_key, available_key, used_percent, inodes] = &self.keys;
        out.put(total_key, bytes(told.f_blocks));
        out.put(used_key, bytes(used));
        out.put(available_key, bytes(available));
        if let Some(share) = percent(used, used.saturating_add(available)) {
            out.put(used_percent, share);
        }
        if let Some(share) = percent(told.f_files.saturating_sub(told.f_ffree), told.f_files) {
            out.put(inodes, share);
        }
    }
}
