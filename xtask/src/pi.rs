//! `cargo xtask pi`: the real program in emulated machines with real kernels. Brings kernels, emulators and the program for
//! each board; what is checked on them, and how, is in `tests/src/pi`.
//!
//! All that is fetched comes first, one after the other. Then the processors go next to each other, and the boards of one
//! as soon as its program is built: most of the time there are two things at once, and neither waits for the other.

use std::path::{Path, PathBuf};
use std::thread;

use crate::debian::Debian;
use crate::dist::{Compiler, TARGETS, Target};
use crate::step::{self, Stopwatch};
use crate::workspace::Workspace;

/// What every board needs.
const NEEDED: &[&str] = &["xz-utils", "e2fsprogs"];

/// A processor, what runs and emulates it here, and the boards that it sits on.
struct Family {
    /// Its name among those that are released.
    processor: &'static str,
    /// Its emulator, the package that brings it, and the first version with all that the boards have.
    emulator: &'static str,
    package: &'static str,
    oldest: Option<u32>,
    /// Debian's kernel for it, and the architecture of its packages.
    kernel: &'static str,
    suffix: &'static str,
    boards: &'static [Board],
}

/// A board.
struct Board {
    name: &'static str,
    /// What its kernel is told of it, in the kernel's package.
    device_tree: Option<&'static str>,
}

/// All of them; the PC, which needs no other compiler than the one that is there, is the floor.
const FAMILIES: &[Family] = &[
    Family {
        processor: "x86-64",
        emulator: "qemu-system-x86_64",
        package: "qemu-system-x86",
        oldest: None,
        kernel: "linux-image-amd64",
        suffix: "",
        boards: &[Board { name: "pc", device_tree: None }],
    },
    Family {
        processor: "arm64",
        emulator: "qemu-system-aarch64",
        package: "qemu-system-arm",
        // A Raspberry Pi has an I2C bus since then.
        oldest: Some(9),
        kernel: "linux-image-arm64",
        suffix: ":arm64",
        boards: &[
            Board { name: "pi3", device_tree: Some("broadcom/bcm2837-rpi-3-b.dtb") },
            Board { name: "virt", device_tree: None },
        ],
    },
];

/// Runs every board, or the named ones.
///
/// # Errors
/// What failed on which board.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), String> {
    let known: Vec<&str> = FAMILIES.iter().flat_map(|family| family.boards).map(|board| board.name).collect();
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
    let debian = Debian::open(&workspace.target).and_then(|debian| debian.install(NEEDED).map(|()| debian));
    let mut ready = Vec::new();
    let mut skipped = Vec::new();
    for family in FAMILIES {
        let chosen = |board: &&Board| names.is_empty() || names.iter().any(|name| name == board.name);
        let boards: Vec<&Board> = family.boards.iter().filter(chosen).collect();
        if boards.is_empty() {
            continue;
        }
        match Lab::fetch(workspace, family, &debian) {
            Ok(lab) => ready.push((lab, boards)),
            Err(why) => {
                let names = boards.iter().map(|board| board.name).collect::<Vec<_>>().join(" and ");
                println!("== {names}: skipped, {why}");
                skipped.push(format!("{names}, {why}"));
            }
        }
    }
    if !ready.is_empty() {
        // With the features that the whole workspace asks for, as it is built for the tests.
        let build = "cargo build --workspace --exclude xtask --bin pi";
        step::run(step::command(build).current_dir(&workspace.root))?;
        side_by_side(&ready, |(lab, boards)| {
            let program = lab.compiler.program()?;
            side_by_side(boards, |board| lab.checks(board, &program))
        })?;
    }
    Ok((!skipped.is_empty()).then(|| skipped.join("; ")))
}

/// Does the same with each, all at once.
///
/// # Errors
/// Of each that fails, when all are done.
fn side_by_side<T: Sync>(all: &[T], work: impl Fn(&T) -> Result<(), String> + Sync) -> Result<(), String> {
    let done: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = all.iter().map(|one| scope.spawn(|| work(one))).collect();
        started.into_iter().map(|one| one.join().unwrap_or_else(|_| Err("a panic, see above".to_owned()))).collect()
    });
    let failed: Vec<String> = done.into_iter().filter_map(Result::err).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

/// What the boards of one processor are made of.
struct Lab<'w> {
    workspace: &'w Workspace,
    target: &'w Target,
    compiler: Compiler<'w>,
    /// Where its kernel's package is unpacked, and the kernel in there.
    kernel: PathBuf,
    image: PathBuf,
    busybox: PathBuf,
}

impl<'w> Lab<'w> {
    /// Fetches what is missing.
    ///
    /// # Errors
    /// What cannot be had here, in words for a `skipped`.
    fn fetch(workspace: &'w Workspace, family: &Family, debian: &Result<Debian, String>) -> Result<Self, String> {
        let target = TARGETS.iter().find(|target| target.name == family.processor);
        let target = target.ok_or_else(|| format!("nothing is released for {}", family.processor))?;
        let archive = debian.as_ref().map_err(Clone::clone)?;
        archive.install_newest(&[family.package])?;
        if let Some(oldest) =
            family.oldest.filter(|oldest| version(family.emulator).is_none_or(|found| found < *oldest))
        {
            return Err(format!("its emulator is older than QEMU {oldest}"));
        }
        if let Some(libraries) = &target.libraries {
            archive.install(&[libraries.package])?;
        }
        let suffix = family.suffix;
        let kernel = archive.unpack_kernel(&format!("{}{suffix}", family.kernel))?;
        let image = kernel_image(&kernel)?;
        let busybox = archive.unpack(&format!("busybox-static{suffix}"), "")?.join("bin/busybox");
        let compiler = Compiler::fetch(workspace, target, debian)?;
        Ok(Self { workspace, target, compiler, kernel, image, busybox })
    }

    /// Runs the checks of a board with this program.
    fn checks(&self, board: &Board, program: &Path) -> Result<(), String> {
        let watch = Stopwatch::start();
        let mut checks = step::command(&format!("{} {}", self.workspace.target.join("debug/pi").display(), board.name));
        let mut word = |name: &str, path: &Path| {
            checks.arg(format!("{name}={}", path.display()));
        };
        word("program", program);
        word("kernel", &self.image);
        word("modules", &self.kernel.join("lib/modules"));
        word("busybox", &self.busybox);
        if let Some(tree) = board.device_tree {
            let name = self.image.file_name().unwrap_or_default().to_string_lossy();
            let version = name.replace("vmlinuz-", "linux-image-");
            word("device_tree", &self.kernel.join("usr/lib").join(version).join(tree));
        }
        if let Some(libraries) = &self.target.libraries {
            word("libraries", Path::new(libraries.folder));
        }
        step::lines(&mut checks, |line| println!("{:4} {line}", board.name))?;
        println!("{:4} passed in {:.1} s", board.name, watch.elapsed().as_secs_f64());
        Ok(())
    }
}

/// The first number of an emulator's version.
fn version(emulator: &str) -> Option<u32> {
    let said = step::output(step::command(emulator).arg("--version")).ok()?;
    said.split_once("version ")?.1.split('.').next()?.parse().ok()
}

fn kernel_image(unpacked: &Path) -> Result<PathBuf, String> {
    let boot = unpacked.join("boot");
    let files = std::fs::read_dir(&boot).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut images =
        files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz")));
    images.next().ok_or_else(|| format!("no kernel in {}", boot.display()))
}
