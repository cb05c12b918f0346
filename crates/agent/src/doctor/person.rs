//! Who may open what: a user with all groups, and the permissions of a file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Scene;

/// The bits of a mode: to read and write, to read, to enter.
const USE: u32 = 6;
const READ: u32 = 4;
const ENTER: u32 = 1;

/// A user as the kernel sees one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    uid: u32,
    gids: Vec<u32>,
}

/// A line of /etc/group.
struct Group {
    name: String,
    gid: u32,
    members: Vec<String>,
}

impl Person {
    /// Who runs this.
    pub fn running(scene: &Scene) -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let mut gids = vec![rustix::process::getegid().as_raw()];
        gids.extend(rustix::process::getgroups().unwrap_or_default().into_iter().map(|gid| gid.as_raw()));
        let name = users(scene).into_iter().find(|(_, known, _)| *known == uid).map(|(name, ..)| name);
        Self { name: name.unwrap_or_else(|| format!("user {uid}")), uid, gids }
    }

    /// A user as one would be after a login, with these groups besides; none where there is no such user.
    pub fn named(scene: &Scene, name: &str, besides: &[String]) -> Option<Self> {
        let (_, uid, gid) = users(scene).into_iter().find(|(known, ..)| known == name)?;
        let in_it = |group: &Group| group.members.iter().any(|member| member == name) || besides.contains(&group.name);
        let groups = groups(scene).into_iter().filter(in_it).map(|group| group.gid);
        Some(Self { name: name.to_owned(), uid, gids: std::iter::once(gid).chain(groups).collect() })
    }

    /// Whether a file with this owner and mode can be read and written.
    pub fn may_use(&self, file: &Metadata) -> bool {
        self.may(file.uid(), file.gid(), file.mode(), USE)
    }

    /// What keeps this user from reading a file: the file itself or a folder on the way to it, below `root`.
    pub fn closed(&self, path: &Path, root: &Path) -> Option<PathBuf> {
        let mut way: Vec<&Path> = path.ancestors().take_while(|part| *part != root).collect();
        way.reverse();
        let is_closed = |part: &&Path| {
            let Ok(about) = part.metadata() else { return false };
            let wanted = if about.is_dir() { ENTER } else { READ };
            !self.may(about.uid(), about.gid(), about.mode(), wanted)
        };
        way.into_iter().find(is_closed).map(Path::to_owned)
    }

    fn may(&self, owner: u32, group: u32, mode: u32, wanted: u32) -> bool {
        let allowed = match (self.uid == owner, self.gids.contains(&group)) {
            (true, _) => mode >> 6,
            (_, true) => mode >> 3,
            _ => mode,
        };
        self.uid == 0 || allowed & wanted == wanted
    }

    /// The names of the groups, as far as they have one.
    pub fn groups(&self, scene: &Scene) -> Vec<String> {
        groups(scene).into_iter().filter(|group| self.gids.contains(&group.gid)).map(|group| group.name).collect()
    }

    /// What lets this user use such a device file, in words to type; `usual` is the group that such files mostly have, and
    /// what their names begin with.
    pub fn way_in(&self, scene: &Scene, file: &Metadata, usual: (&str, &str)) -> String {
        let group = groups(scene).into_iter().find(|group| group.gid == file.gid());
        match group {
            Some(group) if group.gid != 0 && file.mode() & 0o060 == 0o060 => {
                if group.members.contains(&self.name) {
                    format!("log in again, or restart the service: {} is in the group {} since", self.name, group.name)
                } else {
                    format!("sudo usermod -aG {} {}, then log in again", group.name, self.name)
                }
            }
            _ => {
                let (group, begins) = usual;
                format!(
                    "sudo groupadd -f {group}; echo 'KERNEL==\"{begins}*\", GROUP=\"{group}\", MODE=\"0660\"' | sudo tee \
                     /etc/udev/rules.d/60-{group}.rules; sudo udevadm control --reload; sudo udevadm trigger; sudo usermod \
                     -aG {group} {}, then log in again",
                    self.name
                )
            }
        }
    }
}

/// Name, number and first group of every user.
fn users(scene: &Scene) -> Vec<(String, u32, u32)> {
    let user = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        Some((name, uid, fields.next()?.parse().ok()?))
    };
    scene.text("/etc/passwd").lines().filter_map(user).collect()
}

fn groups(scene: &Scene) -> Vec<Group> {
    let group = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let gid = fields.nth(1)?.parse().ok()?;
        let members = fields.next().unwrap_or_default().split(',').map(str::to_owned).collect();
        Some(Group { name, gid, members })
    };
    scene.text("/etc/group").lines().filter_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_class_that_fits_decides() {
        let pi = Person { name: "pi".into(), uid: 1000, gids: vec![1000, 998] };
        for (owner, group, mode, expected) in [
            (0, 998, 0o660, true),
            (0, 997, 0o660, false),
            (0, 997, 0o666, true),
            (0, 998, 0o606, false),
            (1000, 997, 0o600, true),
            (1000, 998, 0o070, false),
            (0, 998, 0o640, false),
        ] {
            assert_eq!(pi.may(owner, group, mode, USE), expected, "{owner} {group} {mode:o}");
        }
        assert!(Person { uid: 0, ..pi }.may(5, 5, 0, USE));
    }
}
