//! `cargo xtask pi`: the real program in emulated machines with real kernels. Brings kernels, emulators and the program for
//! each board; what is checked on them, and how, is in `tests/src/pi`.

use std::path::{Path, PathBuf};

use crate::debian::Debian;
use crate::dist::{TARGETS, program};
use crate::step::{self, Stopwatch};
use crate::workspace::Workspace;

/// What every board needs.
const NEEDED: &[&str] = &["xz-utils", "e2fsprogs"];
/// The emulators; a Raspberry Pi has an I2C bus since QEMU 9 only.
const EMULATORS: &[&str] = &["qemu-system-x86", "qemu-system-arm"];
const OLDEST: u32 = 9;

/// A board.
struct Board {
    name: &'static str,
    /// Its processor among those that are released.
    processor: &'static str,
    /// Debian's kernel for it, and the architecture of its packages.
    kernel: &'static str,
    suffix: &'static str,
    /// What its kernel is told of it, in the kernel's package.
    device_tree: Option<&'static str>,
}

/// All of them; the PC, which needs no other compiler than the one that is there, is the floor.
const BOARDS: &[Board] = &[
    Board { name: "pc", processor: "x86-64", kernel: "linux-image-amd64", suffix: "", device_tree: None },
    Board {
        name: "pi3",
        processor: "arm64",
        kernel: "linux-image-arm64:arm64",
        suffix: ":arm64",
        device_tree: Some("broadcom/bcm2837-rpi-3-b.dtb"),
    },
    Board { name: "virt", processor: "arm64", kernel: "linux-image-arm64:arm64", suffix: ":arm64", device_tree: None },
];

/// Runs every board, or the named ones.
///
/// # Errors
/// What failed on which board.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), String> {
    let known: Vec<&str> = BOARDS.iter().map(|board| board.name).collect();
    if let Some(unknown) = arguments.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("there is no board {unknown}; there are {}", known.join(", ")));
    }
    if let Some(why) = or_skip(workspace, arguments)? {
        println!("skipped: {why}");
    }
    Ok(())
}

/// Runs every board, or the named ones; tells which cannot be had here, and why.
///
/// # Errors
/// What failed on which board.
pub fn or_skip(workspace: &Workspace, names: &[String]) -> Result<Option<String>, String> {
    let debian = match emulators(workspace) {
        Ok(debian) => debian,
        Err(why) => return Ok(Some(why)),
    };
    let mut skipped = Vec::new();
    let chosen = |board: &&Board| names.is_empty() || names.iter().any(|name| name == board.name);
    for board in BOARDS.iter().filter(chosen) {
        println!("== {}", board.name);
        match board.parts(workspace, &debian)? {
            Ok(parts) => board.checks(workspace, &parts)?,
            Err(why) => {
                println!("== {}: skipped, {why}", board.name);
                skipped.push(format!("{}, {why}", board.name));
            }
        }
    }
    Ok((!skipped.is_empty()).then(|| skipped.join("; ")))
}

/// What cannot be had here at all; everything else that goes wrong is a failure.
fn emulators(workspace: &Workspace) -> Result<Debian, String> {
    let debian = Debian::open(&workspace.target)?;
    let installed = debian.install(NEEDED).and_then(|()| debian.install_newest(EMULATORS));
    installed.map_err(|why| format!("the emulators cannot be installed: {why}"))?;
    Ok(debian)
}

/// What the checks of a board are given, as `name=value`.
type Words = Vec<(&'static str, PathBuf)>;

impl Board {
    /// The program, the kernel and what else it needs; inside, why that cannot be had here.
    fn parts(&self, workspace: &Workspace, debian: &Debian) -> Result<Result<Words, String>, String> {
        let Some(target) = TARGETS.iter().find(|target| target.name == self.processor) else {
            return Err(format!("nothing is released for {}", self.processor));
        };
        if !target.is_native() {
            let version = step::output(&mut step::command("qemu-system-aarch64 --version"))?;
            let major =
                version.split_once("version ").and_then(|(_, rest)| rest.split('.').next()?.parse::<u32>().ok());
            if major.is_none_or(|major| major < OLDEST) {
                return Ok(Err(format!("its emulator is older than QEMU {OLDEST}")));
            }
        }
        let fetched = debian
            .unpack_kernel(self.kernel)
            .and_then(|kernel| Ok((kernel, debian.unpack(&format!("busybox-static{}", self.suffix), "")?)));
        let (kernel, busybox) = match fetched {
            Ok(fetched) => fetched,
            Err(why) => return Ok(Err(why)),
        };
        let program = match program(workspace, target, &Ok(debian))? {
            Ok(program) => program,
            Err(why) => return Ok(Err(why)),
        };
        let image = kernel_image(&kernel)?;
        let mut words = vec![("program", program), ("busybox", busybox.join("bin/busybox"))];
        if let Some(tree) = self.device_tree {
            let version = image.file_name().unwrap_or_default().to_string_lossy().replace("vmlinuz-", "linux-image-");
            words.push(("device_tree", kernel.join("usr/lib").join(version).join(tree)));
        }
        if let Some(folder) = target.libraries {
            words.push(("libraries", folder.into()));
        }
        words.extend([("modules", kernel.join("lib/modules")), ("kernel", image)]);
        Ok(Ok(words))
    }

    fn checks(&self, workspace: &Workspace, parts: &Words) -> Result<(), String> {
        step::run(step::command("cargo build --package streamer-tests --bin pi").current_dir(&workspace.root))?;
        let watch = Stopwatch::start();
        let mut checks = step::command(&format!("{} {}", workspace.target.join("debug/pi").display(), self.name));
        checks.args(parts.iter().map(|(name, path)| format!("{name}={}", path.display())));
        step::run(&mut checks)?;
        println!("== {}: passed in {:.1} s", self.name, watch.elapsed().as_secs_f64());
        Ok(())
    }
}

fn kernel_image(unpacked: &Path) -> Result<PathBuf, String> {
    let boot = unpacked.join("boot");
    let files = std::fs::read_dir(&boot).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut images =
        files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz")));
    images.next().ok_or_else(|| format!("no kernel in {}", boot.display()))
}
