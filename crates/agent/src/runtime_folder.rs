//! Where the runtime folder is: in memory, for this user, gone with the next boot.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The base of all runtime folders: `$RUNTIME_DIRECTORY` (systemd), else `$XDG_RUNTIME_DIR/streamer`, else
/// `/dev/shm/streamer-UID`, which must be this user's and closed to others. The spool makes a folder below it for each
/// state folder, and takes it only where it is a memory file system.
pub fn base() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("RUNTIME_DIRECTORY").filter(|given| !given.is_empty()) {
        // systemd may name several, with colons between them; the first is ours.
        let first = given.to_string_lossy().split(':').next().map(PathBuf::from);
        return first;
    }
    if let Some(user) = std::env::var_os("XDG_RUNTIME_DIR").filter(|user| !user.is_empty()) {
        return Some(PathBuf::from(user).join("streamer"));
    }
    let uid = rustix::process::geteuid().as_raw();
    let folder = PathBuf::from(format!("/dev/shm/streamer-{uid}"));
    let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
    if let Err(error) = made
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return None;
    }
    is_ours(&folder, uid).then_some(folder)
}

/// Whoever came first could have made that folder to read along.
fn is_ours(folder: &Path, uid: u32) -> bool {
    std::fs::symlink_metadata(folder)
        .is_ok_and(|about| about.is_dir() && about.uid() == uid && about.mode() & 0o077 == 0)
}

/// Where a running agent's folder may be besides the own base: a command of another user looks for the service there.
pub const SERVICE: &str = "/run/streamer";
