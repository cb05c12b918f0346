//! Programs of other processors, started by this machine's kernel as if they were its own: each goes to its emulator.

use std::fs;
use std::path::{Path, PathBuf};

use crate::debian::Debian;
use crate::dist::target::Target;
use crate::step;

/// Where the kernel is told which program runs which files.
const KINDS: &str = "/proc/sys/fs/binfmt_misc";

/// An emulator that the kernel knows; what was not known before is forgotten with this.
pub struct Foreign(Option<PathBuf>);

impl Foreign {
    /// Lets programs of a processor be started.
    ///
    /// # Errors
    /// What is in the way, in words for a `skipped`.
    pub fn enable(target: &Target, debian: &Debian) -> Result<Self, String> {
        if target.is_native() {
            return Ok(Self(None));
        }
        debian.install(&["qemu-user-static", "arch-test"])?;
        let emulator = target.emulator.split_whitespace().next().unwrap_or_default().trim_end_matches("-static");
        if !Path::new(KINDS).join("register").exists() {
            step::output(step::command("mount -t binfmt_misc none").arg(KINDS))?;
        }
        let kind = Path::new(KINDS).join(emulator);
        if kind.exists() {
            return Ok(Self(None));
        }
        let rule = Path::new("/usr/lib/binfmt.d").join(format!("{emulator}.conf"));
        let text = fs::read_to_string(&rule).map_err(|error| format!("{}: {error}", rule.display()))?;
        fs::write(Path::new(KINDS).join("register"), text.trim())
            .map_err(|error| format!("the kernel takes no emulator ({KINDS}): {error}"))?;
        Ok(Self(Some(kind)))
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        if let Some(kind) = &self.0 {
            // Whoever finds it still there finds an emulator that works.
            let _ = fs::write(kind, "-1");
        }
    }
}
