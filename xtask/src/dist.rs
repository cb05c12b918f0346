//! `cargo xtask dist [NAME...]`: what is released. For each processor the program, a Debian package and a tarball, all of
//! them run before they count; then checksums. What cannot be made here says `skipped` and why; the package for the
//! processor of this machine is made wherever the program can be built.

mod compiler;
mod cross;
mod foreign;
mod installed;
mod package;
mod target;
mod trial;

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::figure::{Bound, Figure, print};
use crate::debian::Debian;
use crate::step;
use crate::workspace::Workspace;
pub use compiler::Compiler;
use package::Parts;
pub use target::{TARGETS, Target};

/// Makes the releases for all processors, or for the named ones.
///
/// # Errors
/// Where one fails that could be made, or a package is too heavy.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), String> {
    let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    if let Some(unknown) = arguments.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("there is no processor {unknown}; there are {}", known.join(", ")));
    }
    let into = workspace.target.join("dist/released");
    // Whatever lies there is of an earlier run, and would be summed up with this one.
    let _ = fs::remove_dir_all(&into);
    fs::create_dir_all(&into).map_err(|error| format!("{}: {error}", into.display()))?;
    let pages = pages(workspace)?;
    let debian = Debian::open(&workspace.target);
    let mut figures = Vec::new();
    let mut skipped = Vec::new();
    let mut failed = Vec::new();
    for target in TARGETS.iter().filter(|target| arguments.is_empty() || arguments.iter().any(|a| a == target.name)) {
        println!("== {}", target.name);
        let made = release(workspace, target, &debian, &pages, &into);
        match made {
            Ok(Ok(made)) => figures.extend(made),
            Ok(Err(why)) => {
                println!("== {}: skipped: {why}", target.name);
                skipped.push(target.name);
            }
            // The others are made all the same.
            Err(why) => {
                println!("== {}: FAILED: {why}", target.name);
                failed.push(target.name);
            }
        }
    }
    if !figures.is_empty() {
        let sums = step::output(step::command("sh -c").arg("sha256sum *").current_dir(&into))?;
        fs::write(into.join("SHA256SUMS"), &sums).map_err(|error| error.to_string())?;
        print!("{sums}");
        println!("in {}", into.display());
    }
    if !skipped.is_empty() {
        println!("skipped: {}", skipped.join(", "));
    }
    print(&figures)?;
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// The package and the tarball for a processor, with what they weigh; inside, why they cannot be made here.
fn release(
    workspace: &Workspace,
    target: &Target,
    debian: &Result<Debian, String>,
    pages: &Path,
    into: &Path,
) -> Result<Result<Vec<Figure>, String>, String> {
    let fetched = trial::fetch(debian, target).and_then(|()| Compiler::fetch(workspace, target, debian));
    let program = match fetched {
        Ok(compiler) => compiler.program()?,
        Err(why) => return Ok(Err(why)),
    };
    trial::run(workspace, target, &program)?;
    let parts = Parts { workspace, target, program: &program, pages };
    let mut figures = Vec::new();
    for made in [parts.package(into)?, parts.tarball(into)?] {
        let bytes = fs::metadata(&made).map_err(|error| format!("{}: {error}", made.display()))?.len();
        let name = made.file_name().unwrap_or_default().to_string_lossy().into_owned();
        figures.push(Figure::new(name, bytes as f64 / 1e6, "MB").floor(Bound::AtMost(4.0)));
    }
    lint(debian, into, target)?;
    let tried = match debian {
        Ok(debian) => installed::run(workspace, debian, target, &into.join(package::file_name(target)))?,
        Err(why) => Some(why.clone()),
    };
    println!(
        "{}",
        tried.map_or_else(
            || "installed, started at boot without a network, killed, upgraded, removed, purged".to_owned(),
            |why| format!("skipped: the installed package, {why}")
        )
    );
    Ok(Ok(figures))
}

/// The manual and the completions, made from the definition of the command line.
fn pages(workspace: &Workspace) -> Result<PathBuf, String> {
    let into = workspace.target.join("dist/pages");
    // A command that is gone must not leave its page behind.
    let _ = fs::remove_dir_all(&into);
    let mut make = step::command("cargo run --quiet --package streamer-agent --example pages --");
    step::run(make.arg(&into).current_dir(&workspace.root))?;
    Ok(into)
}

/// What Debian's own judge says of the package: nothing serious is let through.
fn lint(debian: &Result<Debian, String>, into: &Path, target: &Target) -> Result<(), String> {
    if let Err(why) = debian.as_ref().map_err(Clone::clone).and_then(|debian| debian.install(&["lintian"])) {
        println!("skipped: lintian, {why}");
        return Ok(());
    }
    let mut judge = step::command("lintian --no-cfg --allow-root --fail-on error --tag-display-limit 0");
    step::run(judge.arg(into.join(package::file_name(target))))
}
