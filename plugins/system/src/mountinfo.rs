//! The kernel's mount table, /proc/self/mountinfo, line by line. What is reported of it is decided elsewhere.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::scan::{lines, number, shown};

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// The kernel's number for it.
    pub(crate) id: u64,
    /// The number of the mount that it stands on.
    pub(crate) parent: u64,
    /// Major and minor number of the device.
    pub(crate) device: (u64, u64),
    /// Whether the whole file system is mounted here, and not a folder of it.
    pub(crate) whole: bool,
    /// Where, as bytes.
    pub(crate) point: Vec<u8>,
    /// What kind: `ext4`, `nfs4`.
    pub(crate) kind: String,
    /// What stands for its device: `/dev/sda1`, `server:/export`.
    pub(crate) source: Vec<u8>,
}

impl Mount {
    /// Where it is below `root`.
    pub(crate) fn path(&self, root: &Path) -> PathBuf {
        let point = Path::new(OsStr::from_bytes(&self.point));
        root.join(point.strip_prefix("/").unwrap_or(point))
    }
}

/// Every line that is one; what cannot be understood is left out.
pub(crate) fn parse(text: &[u8]) -> Vec<Mount> {
    lines(text).filter_map(line).collect()
}

fn line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|b| *b == b' ');
    let id = number(fields.next()?)?;
    let parent = number(fields.next()?)?;
    let device = fields.next()?;
    let colon = device.iter().position(|b| *b == b':')?;
    let device = (number(&device[..colon])?, number(&device[colon + 1..])?);
    let whole = fields.next()? == b"/";
    let point = unescaped(fields.next()?);
    // Options and any number of optional fields, up to a lone dash.
    fields.find(|field| *field == b"-")?;
    let kind = shown(&unescaped(fields.next()?));
    let source = unescaped(fields.next().unwrap_or_default());
    Some(Mount { id, parent, device, whole, point, kind, source })
}

/// The kernel writes blanks, tabs, line ends, backslashes and number signs as a backslash and three octal digits.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, after @ ..] = rest {
        let octal = match after {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] if *first == b'\\' => {
                Some((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'))
            }
            _ => None,
        };
        out.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { &after[3..] } else { after };
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_bytes_again() {
        assert_eq!(unescaped(br"/media/USB\040DISK\011x\012\134040"), b"/media/USB DISK\tx\n\\040");
        assert_eq!(unescaped(br"/a\04"), br"/a\04");
        assert_eq!(unescaped(br"/a\999"), br"/a\999");
    }

    proptest! {
        #[test]
        fn any_place_comes_back_as_it_was(point in proptest::collection::vec(any::<u8>(), 0..60)) {
            let escaped: Vec<u8> = point.iter().flat_map(|b| match b {
                b' ' | b'\t' | b'\n' | b'\\' | b'#' => format!("\\{b:03o}").into_bytes(),
                _ => vec![*b],
            }).collect();
            let line = [b"1 0 8:1 / /", &escaped[..], b" rw shared:1 - ext4 /dev/sda1 rw\n"].concat();
            let parsed = parse(&line);
            prop_assert_eq!(parsed.len(), 1);
            prop_assert_eq!(&parsed[0].point, &[b"/", &point[..]].concat());
        }
    }
}
