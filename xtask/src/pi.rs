//! `cargo xtask pi`: the real program in emulated machines with real kernels. Brings kernels, emulators and the program for
//! each board; what is checked on them, and how, is in `tests/src/pi`.

use std::path::{Path, PathBuf};

use crate::debian::Debian;
use crate::size::release_program;
use crate::step;
use crate::workspace::Workspace;

/// What every board needs, and the emulators.
const NEEDED: &[&str] = &["xz-utils", "e2fsprogs", "qemu-system-x86"];

/// Runs every board.
///
/// # Errors
/// What failed on which board.
pub fn run(workspace: &Workspace, _arguments: &[String]) -> Result<(), String> {
    if let Some(why) = or_skip(workspace)? {
        println!("skipped: {why}");
    }
    Ok(())
}

/// Runs every board, or tells why none can be had here.
///
/// # Errors
/// What failed on which board.
pub fn or_skip(workspace: &Workspace) -> Result<Option<String>, String> {
    match emulators(workspace) {
        Ok(debian) => pc(workspace, &debian).map(|()| None),
        Err(why) => Ok(Some(why)),
    }
}

/// What cannot be had here at all; everything else that goes wrong is a failure.
fn emulators(workspace: &Workspace) -> Result<Debian, String> {
    let debian = Debian::open(&workspace.target)?;
    debian.install(NEEDED).map_err(|why| format!("the emulators cannot be installed: {why}"))?;
    Ok(debian)
}

/// The PC, which needs no other compiler than the one that is there.
fn pc(workspace: &Workspace, debian: &Debian) -> Result<(), String> {
    let kernel = debian.unpack_kernel("linux-image-amd64")?;
    let busybox = debian.unpack("busybox-static", "")?;
    let program = release_program(workspace)?;
    checks(workspace, "pc", &program, &kernel, &busybox)
}

/// Runs the checks of one board.
fn checks(workspace: &Workspace, board: &str, program: &Path, kernel: &Path, busybox: &Path) -> Result<(), String> {
    step::run(step::command("cargo build --package streamer-tests --bin pi").current_dir(&workspace.root))?;
    println!("== {board}");
    let mut checks = step::command(&format!("{} {board}", workspace.target.join("debug/pi").display()));
    checks.arg(format!("program={}", program.display()));
    checks.arg(format!("kernel={}", kernel_image(kernel)?.display()));
    checks.arg(format!("modules={}", kernel.join("lib/modules").display()));
    checks.arg(format!("busybox={}", busybox.join("bin/busybox").display()));
    step::run(&mut checks)
}

fn kernel_image(unpacked: &Path) -> Result<PathBuf, String> {
    let boot = unpacked.join("boot");
    let files = std::fs::read_dir(&boot).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut images =
        files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz")));
    images.next().ok_or_else(|| format!("no kernel in {}", boot.display()))
}
