//! A small disk of the test's own, to be filled, frozen and broken. Only root can have one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A mounted file system; dropping it unmounts it.
pub struct Mount {
    folder: TempDir,
}

impl Mount {
    /// A file system in memory of that many bytes.
    ///
    /// # Errors
    /// Why there is none.
    pub fn tmpfs(bytes: u64) -> Result<Self, String> {
        let mount = Self::new()?;
        run("mount", &["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs", &mount.text("disk")])?;
        Ok(mount)
    }

    /// A file system in memory that knows no bound, and sets no room aside.
    ///
    /// # Errors
    /// Why there is none.
    pub fn ramfs() -> Result<Self, String> {
        let mount = Self::new()?;
        run("mount", &["-t", "ramfs", "ramfs", &mount.text("disk")])?;
        Ok(mount)
    }

    /// An ext4 file system of that many bytes on a loop device.
    ///
    /// # Errors
    /// Why there is none.
    pub fn ext4(bytes: u64) -> Result<Self, String> {
        let mount = Self::new()?;
        let image = File::create(mount.folder.path().join("image")).and_then(|image| image.set_len(bytes));
        image.map_err(|error| error.to_string())?;
        run("mkfs.ext4", &["-q", &mount.text("image")])?;
        run("mount", &["-o", "loop", &mount.text("image"), &mount.text("disk")])?;
        Ok(mount)
    }

    fn new() -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("only root can mount a disk".into());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        std::fs::create_dir(folder.path().join("disk")).map_err(|error| error.to_string())?;
        Ok(Self { folder })
    }

    fn text(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A path on it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("disk").join(name)
    }

    /// As long as what this gives back lives, nothing is written, and who waits for that waits: not even a signal ends
    /// them. So it is to be dropped before whoever writes is waited for.
    ///
    /// # Errors
    /// Where it cannot be frozen.
    pub fn freeze(&self) -> Result<Frozen, String> {
        let disk = self.text("disk");
        run("fsfreeze", &["-f", &disk])?;
        Ok(Frozen(disk))
    }

    /// Nothing can be written from now on, as on a root that is mounted so.
    ///
    /// # Errors
    /// Where it cannot be done.
    pub fn make_read_only(&self) -> Result<(), String> {
        run("mount", &["-o", "remount,ro", &self.text("disk")])
    }

    /// Makes it read-only under those who write, as ext4 does by itself when a card fails.
    ///
    /// # Errors
    /// Where it cannot be done.
    pub fn break_down(&self) -> Result<(), String> {
        run("mount", &["-o", "remount,abort", &self.text("disk")])
    }
}

/// See [`Mount::freeze`].
pub struct Frozen(String);

impl Drop for Frozen {
    fn drop(&mut self) {
        // It fails only where somebody else has thawed it.
        let _ = run("fsfreeze", &["-u", &self.0]);
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = run("umount", &["--lazy", &self.text("disk")]);
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {}", said.trim())) }
}
