//! Civil time: which zone, and where its rules lie on this machine. No rules are built in, for they go stale.

use std::path::{Path, PathBuf};
use std::{env, fmt, fs, io};

use jiff::tz::TimeZone;

/// Where systems keep the compiled zones.
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"];
const LOCALTIME: &str = "/etc/localtime";

/// Why there is no such zone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneError {
    /// The zones are there, but not this one.
    #[error("there is no time zone {name:?} in {}; names are written like \"Europe/Berlin\"", folder.display())]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The folder that was looked in.
        folder: PathBuf,
    },
    /// There are no zones on this machine.
    #[error("no time zones are installed (looked in {looked}), so {name:?} is unknown; install the package tzdata")]
    NotInstalled {
        /// The name that was asked for.
        name: String,
        /// The folders that were looked in.
        looked: String,
    },
    /// The file of the zone is there and cannot be read.
    #[error("the time zone file {} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The file of the zone is no compiled zone.
    #[error("{} is no compiled time zone: {cause}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

/// A time zone, fixed when it is made. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    tz: TimeZone,
}

impl Zone {
    /// Universal time, which never changes its clocks.
    pub fn utc() -> Self {
        Self { name: "UTC".into(), tz: TimeZone::UTC }
    }

    /// The machine's own zone: `TZ` if it is set, else `/etc/localtime`, else UTC.
    ///
    /// # Errors
    /// [`ZoneError`] if what is set cannot be found or read.
    pub fn local() -> Result<Self, ZoneError> {
        Places::system().local(env::var("TZ").ok().as_deref())
    }

    /// The zone of a name: `UTC`, `local`, or one like `Europe/Berlin`, from `$TZDIR` or the system's zoneinfo.
    ///
    /// # Errors
    /// [`ZoneError`] if there is none of this name.
    ///
    /// ```
    /// use streamer_clock::Zone;
    /// assert_eq!(Zone::named("UTC")?, Zone::utc());
    /// assert!(Zone::named("Europe/Berln").is_err());
    /// # Ok::<(), streamer_clock::ZoneError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        match name {
            "local" => Self::local(),
            _ => Places::system().named(name),
        }
    }

    /// The zone's rules.
    pub fn tz(&self) -> &TimeZone {
        &self.tz
    }

    fn compiled(name: &str, path: &Path) -> Result<Self, ZoneError> {
        let bytes = fs::read(path).map_err(|cause| ZoneError::Unreadable { path: path.into(), cause })?;
        let tz = TimeZone::tzif(name, &bytes)
            .map_err(|cause| ZoneError::Damaged { path: path.into(), cause: cause.to_string() })?;
        Ok(Self { name: name.into(), tz })
    }
}

/// The name: `Europe/Berlin`.
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Where zones are looked for.
struct Places {
    folders: Vec<PathBuf>,
    localtime: PathBuf,
}

impl Places {
    fn system() -> Self {
        let own = env::var_os("TZDIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
        let folders = own.map_or_else(|| FOLDERS.map(PathBuf::from).to_vec(), |dir| vec![dir]);
        Self { folders, localtime: LOCALTIME.into() }
    }

    fn named(&self, name: &str) -> Result<Zone, ZoneError> {
        if name == "UTC" {
            return Ok(Zone::utc());
        }
        let Some(folder) = self.folders.iter().find(|folder| folder.is_dir()) else {
            let looked = self.folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
            return Err(ZoneError::NotInstalled { name: name.into(), looked });
        };
        let path = folder.join(name);
        // A name must not lead out of the folder, and a part of a name is a folder.
        let outside = name.starts_with('/') || name.split('/').any(|part| part.is_empty() || part == "..");
        if outside || path.is_dir() || !path.exists() {
            return Err(ZoneError::Unknown { name: name.into(), folder: folder.clone() });
        }
        Zone::compiled(name, &path)
    }

    /// `tz` is written as POSIX has it: a name or a path, with or without a colon, or the rule itself.
    fn local(&self, tz: Option<&str>) -> Result<Zone, ZoneError> {
        let Some(tz) = tz.map(|tz| tz.strip_prefix(':').unwrap_or(tz)) else {
            return self.localtime();
        };
        if tz.is_empty() {
            Ok(Zone::utc())
        } else if tz.starts_with('/') {
            Zone::compiled(&name_of(Path::new(tz)).unwrap_or_else(|| tz.into()), Path::new(tz))
        } else {
            self.named(tz).or_else(|error| match TimeZone::posix(tz) {
                Ok(rule) => Ok(Zone { name: tz.into(), tz: rule }),
                Err(_) => Err(error),
            })
        }
    }

    fn localtime(&self) -> Result<Zone, ZoneError> {
        if !self.localtime.exists() {
            return Ok(Zone::utc());
        }
        let target = fs::read_link(&self.localtime).ok();
        let name = target.as_deref().and_then(name_of).unwrap_or_else(|| "local".into());
        Zone::compiled(&name, &self.localtime)
    }
}

/// The zone's name in the path of its file: what follows `zoneinfo/`.
fn name_of(path: &Path) -> Option<String> {
    path.to_str()?.split_once("zoneinfo/").map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zone two hours ahead of Greenwich all year, compiled by hand: a version 1 head, one type, one abbreviation.
    fn ahead() -> Vec<u8> {
        let mut file = b"TZif\0".to_vec();
        file.extend([0; 15]);
        for count in [0_u32, 0, 0, 0, 1, 4] {
            file.extend(count.to_be_bytes());
        }
        file.extend(7_200_i32.to_be_bytes());
        file.extend([0, 0]);
        file.extend(b"EET\0");
        file
    }

    fn places() -> (tempfile::TempDir, Places) {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("zoneinfo");
        fs::create_dir_all(folder.join("Europe")).unwrap();
        fs::write(folder.join("Europe/Town"), ahead()).unwrap();
        fs::write(folder.join("tzdata.zi"), "# no zone").unwrap();
        let places =
            Places { folders: vec!["/nowhere/zoneinfo".into(), folder], localtime: dir.path().join("localtime") };
        (dir, places)
    }

    fn hour_at_1970(zone: &Zone) -> i8 {
        zone.tz().to_datetime(jiff::Timestamp::UNIX_EPOCH).hour()
    }

    #[test]
    fn names_are_looked_up_below_the_folder_only() {
        let (_dir, places) = places();
        assert_eq!(hour_at_1970(&places.named("Europe/Town").unwrap()), 2);
        for name in ["Europe", "Europe/Twon", "../localtime", "/etc/localtime", ""] {
            let said = places.named(name).unwrap_err().to_string();
            assert!(said.contains("no time zone") && said.contains("zoneinfo"), "{said}");
        }
        assert!(matches!(places.named("tzdata.zi"), Err(ZoneError::Damaged { .. })));
    }

    #[test]
    fn a_machine_without_zones_says_what_to_install() {
        let places = Places { folders: vec!["/nowhere/zoneinfo".into()], localtime: "/nowhere/localtime".into() };
        let said = places.named("Europe/Berlin").unwrap_err().to_string();
        assert!(said.contains("/nowhere/zoneinfo") && said.contains("tzdata"), "{said}");
        assert_eq!(places.named("UTC").unwrap(), Zone::utc());
        assert_eq!(places.local(None).unwrap(), Zone::utc());
    }

    #[test]
    fn the_local_zone_is_tz_then_localtime() {
        let (dir, places) = places();
        std::os::unix::fs::symlink(dir.path().join("zoneinfo/Europe/Town"), &places.localtime).unwrap();
        assert_eq!(places.local(None).unwrap().to_string(), "Europe/Town");
        for (tz, hour) in [("", 0), (":Europe/Town", 2), ("CET-1CEST,M3.5.0,M10.5.0/3", 1), ("<+0545>-5:45", 5)] {
            assert_eq!(hour_at_1970(&places.local(Some(tz)).unwrap()), hour, "{tz}");
        }
        let path = places.localtime.to_str().unwrap();
        assert_eq!(hour_at_1970(&places.local(Some(path)).unwrap()), 2);
        assert!(matches!(places.local(Some("Europe/Twon")), Err(ZoneError::Unknown { .. })));
    }
}
