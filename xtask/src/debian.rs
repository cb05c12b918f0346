//! Packages of Debian for tasks: installed on this machine, or only unpacked into a folder.
//!
//! The lists are our own, below the target folder, with the host's mirror and keys; the host's own sources stay as they
//! are. Signatures are checked by apt as ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step;

/// The architecture of the boards whose kernels are fetched.
const BOARDS: &str = "arm64";

/// Our own view of Debian's archive.
pub struct Debian {
    folder: PathBuf,
    mirror: String,
    /// The release of this machine, such as `bookworm`.
    release: String,
}

impl Debian {
    /// Reads the lists of this machine's release, of its backports, and of the suite that has the standard library's sources.
    ///
    /// # Errors
    /// Where this is no Debian, or its mirror does not answer.
    pub fn open(target: &Path) -> Result<Self, String> {
        let release = os_release("VERSION_CODENAME").filter(|_| os_release("ID").as_deref() == Some("debian"));
        let release = release.ok_or("this machine runs no Debian")?;
        for program in ["apt-get", "dpkg-deb"] {
            if !step::is_there(program) {
                return Err(format!("{program} is not there"));
            }
        }
        let folder = target.join("debian");
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part)).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let mirror = mirror().unwrap_or_else(|| "http://deb.debian.org/debian".to_owned());
        let mut suites = vec![release.clone(), format!("{release}-updates"), format!("{release}-backports")];
        suites.extend((release == "bookworm").then(|| "trixie-backports".to_owned()));
        let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
        let lines = |architectures: &str| -> String {
            let line =
                |suite: &String| format!("deb [arch={architectures} signed-by={keyring}] {mirror} {suite} main\n");
            suites.iter().map(line).collect()
        };
        let own = step::output(&mut step::command("dpkg --print-architecture"))?;
        let list = lines(&format!("{},{BOARDS}", own.trim()));
        let debian = Self { folder, mirror: mirror.clone(), release };
        let put =
            |path: &Path, text: &str| fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()));
        put(&debian.folder.join("installed.list"), &lines(own.trim()))?;
        let source = debian.folder.join("sources.list");
        let known = fs::read_to_string(&source).is_ok_and(|before| before == list) && debian.is_fresh();
        if !known {
            put(&source, &list)?;
            // One foreign index in the middle of the mirror's update is no reason to give up; what is wanted tells.
            let said = step::output(debian.apt("apt-get", Status::None).args(["update", "-q"]));
            if debian.lists() == 0 {
                return Err(said.err().unwrap_or_else(|| "apt-get update brought no list".to_owned()));
            }
        }
        Ok(debian)
    }

    /// The release of this machine.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// The mirror that packages come from.
    pub fn mirror(&self) -> &str {
        &self.mirror
    }

    /// Installs packages on this machine, those that it has already left alone.
    ///
    /// # Errors
    /// What apt-get says.
    pub fn install(&self, packages: &[&str]) -> Result<(), String> {
        self.install_from(packages, [self.release.clone(), self.backports()])
    }

    /// As [`Self::install`], the newest version that there is for this release.
    ///
    /// # Errors
    /// What apt-get says.
    pub fn install_newest(&self, packages: &[&str]) -> Result<(), String> {
        self.install_from(packages, [self.backports(), self.release.clone()])
    }

    fn backports(&self) -> String {
        format!("{}-backports", self.release)
    }

    fn install_from(&self, packages: &[&str], releases: [String; 2]) -> Result<(), String> {
        let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        if !step::is_root() {
            return Err(format!("{} missing, and only root can install them", missing.join(" ")));
        }
        println!("installing {}", missing.join(" "));
        let mut said = String::new();
        // Where one part of a family came from backports, only the others from there fit it. A mirror that stumbles once
        // is asked again.
        for release in releases.iter().chain(&releases) {
            let mut install = self.apt("apt-get", Status::OfTheHost);
            install.args(["install", "-qq", "-y", "--no-install-recommends", "-t", release]).args(&missing);
            match step::output(install.env("DEBIAN_FRONTEND", "noninteractive")) {
                Ok(_) => return Ok(()),
                Err(why) => said = why,
            }
        }
        Err(said)
    }

    /// Unpacks a package into a folder of its own and tells where; the newest version, or one that begins with this. A
    /// board's has its architecture behind it: `busybox-static:arm64`.
    ///
    /// # Errors
    /// Where the archive does not have it.
    pub fn unpack(&self, package: &str, version: &str) -> Result<PathBuf, String> {
        let into = self.folder.join("unpacked").join(format!("{package}_{version}"));
        if into.is_dir() {
            return Ok(into);
        }
        let listed = step::output(self.apt("apt-cache", Status::None).args(["madison", package]))?;
        let versions = listed.lines().filter_map(|line| line.split('|').nth(1).map(str::trim));
        let exact = versions
            .into_iter()
            .find(|listed| listed.starts_with(version))
            .ok_or_else(|| format!("the archive has no {package} {version}"))?;
        println!("fetching {package} {exact}");
        let download = self.folder.join("download");
        // What an interrupted run left behind must not be taken for the package.
        let _ = fs::remove_dir_all(&download);
        fs::create_dir_all(&download).map_err(|error| format!("{}: {error}", download.display()))?;
        let mut fetch = self.apt("apt-get", Status::None);
        fetch.args(["download", "-qq"]).arg(format!("{package}={exact}")).current_dir(&download);
        step::output(&mut fetch)?;
        let file = fs::read_dir(&download).into_iter().flatten().flatten().next().ok_or("nothing was fetched")?.path();
        let partial = self.folder.join("partial");
        let _ = fs::remove_dir_all(&partial);
        fs::create_dir_all(self.folder.join("unpacked")).map_err(|error| format!("{}: {error}", into.display()))?;
        step::output(step::command("dpkg-deb -x").arg(&file).arg(&partial))?;
        fs::rename(&partial, &into).map_err(|error| format!("{}: {error}", into.display()))?;
        Ok(into)
    }

    /// Unpacks the kernel that a package such as `linux-image-amd64` stands for; a board's as with [`Self::unpack`].
    ///
    /// # Errors
    /// Where the archive does not have it.
    pub fn unpack_kernel(&self, meta: &str) -> Result<PathBuf, String> {
        let about = step::output(self.apt("apt-cache", Status::None).args(["show", meta]))?;
        let depends = about.lines().filter_map(|line| line.strip_prefix("Depends: "));
        let images = depends.flat_map(|line| line.split([',', ' '])).filter(|word| word.starts_with("linux-image-"));
        let of_meta = meta.find(':').map_or("", |at| &meta[at..]);
        for image in images.map(|image| format!("{image}{of_meta}")) {
            // The newest ones have the kernel itself in a package of its own, and are next to nothing.
            if self.kilobytes(&image)? > 10_000 {
                return self.unpack(&image, "");
            }
        }
        Err(format!("{meta} stands for no package with a kernel in it"))
    }

    /// What a package takes where it is unpacked.
    fn kilobytes(&self, package: &str) -> Result<u64, String> {
        let about = step::output(self.apt("apt-cache", Status::None).args(["show", "--no-all-versions", package]))?;
        let size = about.lines().find_map(|line| line.strip_prefix("Installed-Size: "));
        size.and_then(|size| size.trim().parse().ok()).ok_or_else(|| format!("nobody tells how large {package} is"))
    }

    fn apt(&self, program: &str, status: Status) -> Command {
        let mut command = Command::new(program);
        let mut option = |name: &str, value: &dyn std::fmt::Display| {
            command.arg("-o").arg(format!("{name}={value}"));
        };
        let list = if matches!(status, Status::None) { "sources.list" } else { "installed.list" };
        option("Dir::Etc::sourcelist", &self.folder.join(list).display());
        option("Dir::Etc::sourceparts", &"/dev/null");
        option("Dir::State::lists", &self.folder.join("lists").display());
        option("Acquire::Languages", &"none");
        option("Acquire::IndexTargets::deb::DEP-11::DefaultEnabled", &"false");
        option("APT::Sandbox::User", &"root");
        if matches!(status, Status::None) {
            option("Dir::State::status", &"/dev/null");
            option("Dir::Cache", &self.folder.join("cache").display());
            option("APT::Architectures::", &BOARDS);
        }
        command
    }

    fn lists(&self) -> usize {
        let names = fs::read_dir(self.folder.join("lists")).into_iter().flatten().flatten();
        names.filter(|entry| entry.file_name().to_string_lossy().contains("_Packages")).count()
    }

    /// Whether the lists are of today: an older one names versions that the mirror has dropped.
    fn is_fresh(&self) -> bool {
        let age = |entry: fs::DirEntry| entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        let names = fs::read_dir(self.folder.join("lists")).into_iter().flatten().flatten();
        names
            .filter(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
            .any(|entry| age(entry).is_some_and(|age| age.as_secs() < 86_400))
    }
}

/// Which packages apt takes for installed.
#[derive(Clone, Copy)]
enum Status {
    OfTheHost,
    None,
}

fn is_installed(package: &str) -> bool {
    step::output(step::command("dpkg-query -W -f ${Status}").arg(package))
        .is_ok_and(|status| status.trim() == "install ok installed")
}

fn os_release(name: &str) -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(line.trim_matches('"').to_owned())
}

/// The mirror that this machine takes its packages from.
fn mirror() -> Option<String> {
    let text = fs::read_to_string("/etc/apt/sources.list.d/debian.sources").ok()?;
    text.lines().find_map(|line| line.strip_prefix("URIs:")).map(|uri| uri.trim().to_owned())
}
