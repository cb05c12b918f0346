//! The user that a command runs as, out of /etc/passwd and /etc/group.
//!
//! Users that only a directory service knows are not found here; `sudo -u` in the command finds them.

use rustix::process::{Gid, Uid};

/// A user with all that makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: Uid,
    pub gid: Gid,
    /// Supplementary groups, such as `video` and `gpio`.
    pub groups: Vec<Gid>,
    pub home: String,
}

impl Account {
    /// The user of that name or number.
    pub fn find(user: &str, passwd: &str, group: &str) -> Option<Self> {
        let line = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| {
            fields.len() >= 7 && (fields[0] == user || fields[2] == user && user.parse::<u32>().is_ok())
        })?;
        let gid = line[3].parse().ok()?;
        let mut groups = vec![Gid::from_raw(gid)];
        for fields in group.lines().map(|line| line.split(':').collect::<Vec<_>>()) {
            if let [_, _, number, members] = fields[..]
                && members.split(',').any(|member| member == line[0])
                && let Ok(number) = number.parse()
                && number != gid
            {
                groups.push(Gid::from_raw(number));
            }
        }
        Some(Self {
            name: line[0].to_owned(),
            uid: Uid::from_raw(line[2].parse().ok()?),
            gid: Gid::from_raw(gid),
            groups,
            home: line[5].to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nbroken line\npi:x:1000:1000:,,,:/home/pi:/bin/bash\n";
    const GROUP: &str = "root:x:0:\nvideo:x:44:other,pi\ngpio:x:997:pi\npi:x:1000:pi\nnobodys:x:5:pipi\n";

    #[test]
    fn by_name_and_by_number_with_all_groups() {
        let pi = Account::find("pi", PASSWD, GROUP).unwrap();
        assert_eq!((pi.uid.as_raw(), pi.home.as_str()), (1000, "/home/pi"));
        assert_eq!(pi.groups.iter().map(|gid| gid.as_raw()).collect::<Vec<_>>(), [1000, 44, 997]);
        assert_eq!(Account::find("1000", PASSWD, GROUP), Some(pi));
        assert_eq!(Account::find("nobody", PASSWD, GROUP), None);
        assert_eq!(Account::find("x", PASSWD, GROUP), None);
    }
}
