//! Programs for other processors: the compiler that is there, the standard library's sources of exactly its version from
//! Debian, and zig as C compiler and linker, which knows every processor. The installed toolchain is not touched: ours is
//! a copy of hard links with the sources laid into it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian::Debian;
use crate::dist::target::Target;
use crate::step;
use crate::workspace::Workspace;

const ZIG: &str = "ziglang==0.17.1";
const ZIGBUILD: &str = "cargo-zigbuild==0.24.1";
/// Where a toolchain has its sources.
const SOURCES: &str = "lib/rustlib/src/rust";

/// What builds for other processors.
pub struct Cross {
    toolchain: PathBuf,
    tools: PathBuf,
}

impl Cross {
    /// Fetches what is missing, the packages included that only this processor or the standard library needs.
    ///
    /// # Errors
    /// What cannot be had here, in words for a `skipped`.
    pub fn fetch(workspace: &Workspace, debian: &Debian, target: &Target) -> Result<Self, String> {
        let folder = workspace.target.join("dist");
        let toolchain = toolchain(&folder, debian)?;
        let tools = folder.join("tools");
        if !tools.join("bin/cargo-zigbuild").is_file() {
            if step::output(&mut step::command("python3 -m pip --version")).is_err() {
                debian.install(&["python3-pip"])?;
            }
            let mut pip = step::command("python3 -m pip install --quiet --root-user-action ignore --target");
            step::output(pip.arg(&tools).args([ZIG, ZIGBUILD]))
                .map_err(|why| format!("no zig from PyPI: {}", step::at_last(&why)))?;
        }
        let cross = Self { toolchain, tools };
        let library = cross.toolchain.join(SOURCES).join("library/Cargo.toml");
        for manifest in [workspace.root.join("Cargo.toml"), library] {
            let mut fetch = Command::new(cross.toolchain.join("bin/cargo"));
            fetch.args(["fetch", "--quiet", "--locked", "--target", target.triple, "--manifest-path"]).arg(&manifest);
            step::output(cross.with_toolchain(&mut fetch))
                .map_err(|why| format!("no packages for {}: {}", manifest.display(), step::at_last(&why)))?;
        }
        Ok(cross)
    }

    /// Opens `-Zbuild-std` on a stable compiler; nothing of ours uses what is not stable.
    fn with_toolchain<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let tool = |name: &str| self.toolchain.join("bin").join(name);
        command.env("CARGO", tool("cargo")).env("RUSTC", tool("rustc")).env("RUSTC_BOOTSTRAP", "1");
        // Cargo tells what it starts where its own toolchain's libraries are, and by them a compiler tells where it lies.
        command.env_remove("LD_LIBRARY_PATH")
    }

    /// Builds the program.
    ///
    /// # Errors
    /// What cargo says.
    pub fn build(&self, workspace: &Workspace, target: &Target) -> Result<PathBuf, String> {
        let built = workspace.target.join("dist/build");
        let mut path = vec![self.toolchain.join("bin"), self.tools.join("bin")];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let path = std::env::join_paths(path).map_err(|error| error.to_string())?;
        let mut build = Command::new(self.tools.join("bin/cargo-zigbuild"));
        build.args(["zigbuild", "--release", "--package", "streamer-agent", "--bin", "streamer"]);
        build.args(["-Zbuild-std=std,panic_abort,panic_unwind", "--target", target.linked_for]);
        build.arg("--target-dir").arg(&built).current_dir(&workspace.root);
        self.with_toolchain(&mut build).env("PATH", path).env("PYTHONPATH", &self.tools);
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
    let sources = toolchain.join(SOURCES);
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
