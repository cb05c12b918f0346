//! Programs for other processors: the compiler that is there, the standard library's sources of exactly its version from
//! Debian, and zig as C compiler and linker, which knows every processor. The installed toolchain is not touched: ours is
//! a copy of hard links with the sources laid into it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::debian::Debian;
use crate::dist::target::Target;
use crate::step;
use crate::workspace::Workspace;

const ZIG: &str = "ziglang==0.17.1";
const ZIGBUILD: &str = "cargo-zigbuild==0.24.1";

/// What builds for other processors.
pub struct Cross {
    toolchain: PathBuf,
    tools: PathBuf,
}

impl Cross {
    /// Fetches what is missing.
    ///
    /// # Errors
    /// What cannot be had here, in words for a `skipped`.
    pub fn prepare(workspace: &Workspace, debian: &Debian) -> Result<Self, String> {
        let folder = workspace.target.join("dist");
        let toolchain = toolchain(&folder, debian)?;
        let tools = folder.join("tools");
        if !tools.join("bin/cargo-zigbuild").is_file() {
            if step::output(&mut step::command("python3 -m pip --version")).is_err() {
                debian.install(&["python3-pip"])?;
            }
            let mut pip = step::command("python3 -m pip install --quiet --root-user-action ignore --target");
            step::output(pip.arg(&tools).args([ZIG, ZIGBUILD])).map_err(|why| format!("no zig from PyPI: {why}"))?;
        }
        Ok(Self { toolchain, tools })
    }

    /// Builds the program.
    ///
    /// # Errors
    /// What cargo says.
    pub fn build(&self, workspace: &Workspace, target: &Target) -> Result<PathBuf, String> {
        let built = workspace.target.join("dist/build");
        let bin = |folder: &Path, name: &str| folder.join("bin").join(name);
        let mut path = vec![self.toolchain.join("bin"), self.tools.join("bin")];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let path = std::env::join_paths(path).map_err(|error| error.to_string())?;
        let mut build = step::command(&bin(&self.tools, "cargo-zigbuild").display().to_string());
        build.args(["zigbuild", "--release", "--package", "streamer-agent", "--bin", "streamer"]);
        build.args(["-Zbuild-std=std,panic_abort,panic_unwind", "--target", target.linked_for]);
        build.arg("--target-dir").arg(&built).current_dir(&workspace.root);
        build.env("PATH", path).env("PYTHONPATH", &self.tools);
        build.env("CARGO", bin(&self.toolchain, "cargo")).env("RUSTC", bin(&self.toolchain, "rustc"));
        // Cargo tells what it starts where its own toolchain's libraries are, and by them a compiler tells where it lies.
        build.env_remove("LD_LIBRARY_PATH");
        // Opens `-Zbuild-std` on a stable compiler; nothing of ours uses what is not stable.
        build.env("RUSTC_BOOTSTRAP", "1");
        // Zig brings the C library and what starts a program; rustc has none for a target that was never installed.
        let name = target.triple.to_ascii_uppercase().replace('-', "_");
        if target.triple.contains("musl") {
            build.env(format!("CARGO_TARGET_{name}_RUSTFLAGS"), "-C link-self-contained=no");
        }
        step::run(&mut build)?;
        Ok(built.join(target.triple).join("release/streamer"))
    }
}

/// A copy of the toolchain with the standard library's sources in it.
fn toolchain(folder: &Path, debian: &Debian) -> Result<PathBuf, String> {
    let said = step::output(&mut step::command("rustc --version"))?;
    let version = said.split_whitespace().nth(1).ok_or("rustc tells no version")?;
    let toolchain = folder.join(format!("toolchain-{version}"));
    let sources = toolchain.join("lib/rustlib/src/rust");
    if sources.join("library").exists() {
        return Ok(toolchain);
    }
    let unpacked = debian.unpack("rust-src", &format!("{version}+"))?;
    let installed = step::output(&mut step::command("rustc --print sysroot"))?;
    let _ = fs::remove_dir_all(&toolchain);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let copy = |how: &str| step::output(step::command(how).arg(installed.trim()).arg(&toolchain));
    // Hard links do not reach over file systems.
    if copy("cp -al").is_err() {
        let _ = fs::remove_dir_all(&toolchain);
        copy("cp -a")?;
    }
    let library = unpacked.join(format!("usr/src/rustc-{version}/library"));
    fs::create_dir_all(&sources).map_err(|error| format!("{}: {error}", sources.display()))?;
    std::os::unix::fs::symlink(&library, sources.join("library")).map_err(|error| error.to_string())?;
    Ok(toolchain)
}
