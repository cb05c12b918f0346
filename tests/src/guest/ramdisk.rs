//! The first file system of a guest: a shell, the kernel modules, the program with the libraries it is linked to. Made
//! anew for each run, in the format that the kernel unpacks (cpio, "newc"); nothing in it outlives the guest.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::modules::Modules;

/// What a ramdisk holds.
pub struct Contents {
    /// A static busybox of the guest's architecture.
    pub busybox: PathBuf,
    /// The modules to load, in any order; those they need come along.
    pub modules: Vec<String>,
    /// Files by the path they have in the guest; all can be executed.
    pub files: Vec<(PathBuf, PathBuf)>,
}

impl Contents {
    /// Adds a program and the libraries that it needs: those of this folder, or else those that this machine would run
    /// it with.
    ///
    /// # Errors
    /// Where it cannot be read, or `ldd` does not understand it.
    pub fn add_with_libraries(&mut self, program: &Path, at: &str, libraries: Option<&Path>) -> Result<(), String> {
        self.files.push((program.to_owned(), at.into()));
        if let Some(folder) = libraries {
            let bytes = read(program)?;
            // A program has the name of each library in it, zeros around; its loader with a path before.
            let names = bytes.split(|byte| *byte == 0).filter(|text| text.len() < 100);
            let names: Vec<&[u8]> = names.filter(|text| text.windows(4).any(|part| part == b".so.")).collect();
            for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?.flatten() {
                let name = entry.file_name();
                if names.iter().any(|needed| needed.ends_with(name.as_encoded_bytes())) {
                    self.files.push((entry.path(), Path::new("/lib").join(name)));
                }
            }
            return Ok(());
        }
        let told = Command::new("ldd").arg(program).output().map_err(|error| format!("ldd: {error}"))?;
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        // `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)`, and the loader as a path alone.
        for library in told.split_whitespace().filter(|word| word.starts_with('/')) {
            self.files.push((library.into(), library.into()));
        }
        Ok(())
    }
}

/// What the guest does first: its file systems, its modules, its network; then a shell that takes what is typed at the
/// console as a script. As a terminal's it would take a signal of a child, in a moment that a busy host makes longer, for
/// the end of its input; and with it ends the guest.
const INIT: &str = r#"#!/bin/sh
/bin/busybox --install -s /bin
export PATH=/bin PS1= HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm
while read module options; do insmod /modules/$module.ko $options || echo "module $module failed"; done < /modules/order
ip link set lo up
tries=0
while [ $tries -lt 600 ] && ! [ -e /sys/class/net/eth0 ]; do sleep 0.1; tries=$((tries+1)); done
ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0 && ip route add default via 10.0.2.2
dmesg -n 1
stty -echo
echo "the guest is up"
exec sh /dev/console
"#;

/// Writes the ramdisk into `into`.
///
/// # Errors
/// What cannot be read or written.
pub fn ramdisk(contents: &Contents, modules: &Modules, into: &Path) -> Result<(), String> {
    let mut archive = Archive::default();
    for folder in ["proc", "sys", "dev", "run", "tmp", "etc", "bin", "root", "modules", "disk"] {
        archive.folder(Path::new(folder));
    }
    archive.entry("dev/console", 0o020_600, &[], (5, 1));
    archive.entry("dev/null", 0o020_666, &[], (1, 3));
    archive.file(Path::new("bin/busybox"), &read(&contents.busybox)?);
    archive.entry("bin/sh", 0o120_777, b"busybox", (0, 0));
    let mut order = String::new();
    for wanted in modules.in_order(&contents.modules)? {
        let (name, options) = (wanted.name, wanted.options);
        archive.file(&Path::new("modules").join(format!("{name}.ko")), &wanted.bytes);
        order += &format!("{name} {options}\n");
    }
    archive.file(Path::new("modules/order"), order.as_bytes());
    for (from, to) in &contents.files {
        archive.file(to, &read(from)?);
    }
    archive.file(Path::new("init"), INIT.as_bytes());
    archive.entry("TRAILER!!!", 0, &[], (0, 0));
    fs::write(into, archive.bytes).map_err(|error| format!("{}: {error}", into.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A cpio archive in the making.
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: u32,
    folders: BTreeSet<PathBuf>,
}

impl Archive {
    fn folder(&mut self, path: &Path) {
        let path = path.strip_prefix("/").unwrap_or(path);
        if path.as_os_str().is_empty() || !self.folders.insert(path.to_owned()) {
            return;
        }
        path.parent().into_iter().for_each(|parent| self.folder(parent));
        self.entry(&path.to_string_lossy(), 0o040_755, &[], (0, 0));
    }

    fn file(&mut self, path: &Path, bytes: &[u8]) {
        let path = path.strip_prefix("/").unwrap_or(path);
        path.parent().into_iter().for_each(|parent| self.folder(parent));
        self.entry(&path.to_string_lossy(), 0o100_755, bytes, (0, 0));
    }

    fn entry(&mut self, name: &str, mode: u32, bytes: &[u8], device: (u32, u32)) {
        self.entries += 1;
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let name_size = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        let fields = [self.entries, mode, 0, 0, 1, 0, size, 0, 0, device.0, device.1, name_size, 0];
        self.bytes.extend(b"070701");
        fields.iter().for_each(|field| self.bytes.extend(format!("{field:08X}").bytes()));
        self.bytes.extend(name.bytes().chain([0]));
        self.pad();
        self.bytes.extend(bytes);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}
