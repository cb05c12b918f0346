//! A block device of a measurement's own, with ext4 on it, whose written bytes the kernel counts.

use std::fs;
use std::path::PathBuf;

use super::agent::Folder;
use crate::step;

/// A file with ext4 in it, mounted through a loop device.
pub struct Device {
    folder: Folder,
    device: String,
}

impl Device {
    /// A device of its own.
    ///
    /// # Errors
    /// Why there can be none here.
    pub fn make() -> Result<Self, String> {
        if !step::is_root() {
            return Err("only root can mount a device of its own".to_owned());
        }
        if let Some(missing) = ["mkfs.ext4", "losetup", "mount"].into_iter().find(|program| !step::is_there(program)) {
            return Err(format!("{missing} is not there"));
        }
        Self::mounted().map_err(|why| format!("no loop device here: {why}"))
    }

    fn mounted() -> Result<Self, String> {
        let folder = Folder::below(&std::env::temp_dir().to_string_lossy())?;
        let (image, at) = (folder.0.join("image"), folder.0.join("at"));
        let file = fs::File::create(&image).map_err(|error| error.to_string())?;
        file.set_len(512 << 20).map_err(|error| error.to_string())?;
        fs::create_dir(&at).map_err(|error| error.to_string())?;
        // Lazy initialisation would go on writing for minutes and be counted as ours.
        step::output(step::command("mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0").arg(&image))?;
        let device = step::output(step::command("losetup --find --show").arg(&image))?.trim().to_owned();
        let made = Self { folder, device };
        step::output(step::command("mount -o noatime").arg(&made.device).arg(&at))?;
        Ok(made)
    }

    /// The folder where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.folder.0.join("at")
    }

    /// Bytes written to the device so far, all that is still on its way included.
    ///
    /// # Errors
    /// Where the kernel does not tell.
    pub fn written(&self) -> Result<f64, String> {
        step::run(step::command("sync -f").arg(self.path()))?;
        let name = self.device.trim_start_matches("/dev/");
        let stat = fs::read_to_string(format!("/sys/block/{name}/stat")).map_err(|error| format!("{name}: {error}"))?;
        let sectors: f64 = stat.split_whitespace().nth(6).and_then(|text| text.parse().ok()).ok_or("no such figure")?;
        Ok(sectors * 512.0)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // Whatever is still mounted is told by the next start, which makes a device of its own.
        let _ = step::output(step::command("umount").arg(self.path()));
        let _ = step::output(step::command("losetup --detach").arg(&self.device));
    }
}
