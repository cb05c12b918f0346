//! Who a file is, and how far it was read: what is kept with the readings and must mean the same after the next start.
//!
//! A name is not enough, for files are renamed; an inode is not, for it is used again; the first bytes are not, for the
//! logs of one program begin alike. So a stream is called by all of them, as far as they were read, and its place carries
//! a check of the bytes just before it. A place is believed only where all of them still fit.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The most of a file's first bytes that tell it from others.
pub const HEAD: usize = 1024;
/// How many bytes before a place are checked.
pub const BACK: usize = 256;

/// A file as the kernel knows it, as long as it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inode {
    pub device: u64,
    pub number: u64,
}

impl Inode {
    pub fn of(file: &Metadata) -> Self {
        Self { device: file.dev(), number: file.ino() }
    }
}

/// FNV-1a: short, the same on every machine, and good enough to tell files apart.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The first bytes of a file, as far as they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub length: usize,
    pub hash: u64,
}

impl Head {
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = &bytes[..bytes.len().min(HEAD)];
        Self { length: bytes.len(), hash: hash(bytes) }
    }

    /// Whether a file that begins with `bytes` may be this one.
    pub fn fits(self, bytes: &[u8]) -> bool {
        bytes.get(..self.length).is_some_and(|start| hash(start) == self.hash)
    }
}

/// How far a file was read. As a number it grows with the offset, which stands in the upper 48 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub offset: u64,
    check: u16,
}

impl Place {
    /// The place at `offset`, behind the bytes `before`.
    pub fn new(offset: u64, before: &[u8]) -> Self {
        Self { offset, check: check(before) }
    }

    pub fn from_number(number: u64) -> Self {
        Self { offset: number >> 16, check: (number & 0xffff) as u16 }
    }

    pub fn number(self) -> u64 {
        self.offset << 16 | u64::from(self.check)
    }

    /// Whether `before` are the bytes that stood before the place.
    pub fn fits(self, before: &[u8]) -> bool {
        before.len() as u64 == self.offset.min(BACK as u64) && self.check == check(before)
    }
}

fn check(before: &[u8]) -> u16 {
    let hash = hash(&before[before.len().saturating_sub(BACK)..]);
    (hash ^ hash >> 16 ^ hash >> 32 ^ hash >> 48) as u16
}

/// The words by which a file is known: inode, first bytes, and the path by which it is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub inode: Inode,
    pub head: Head,
    /// Where it was first found, or the name behind which it was rotated away.
    pub path: String,
}

impl Stream {
    pub fn new(inode: Inode, head: Head, path: &Path) -> Self {
        Self { inode, head, path: path_words(path) }
    }

    /// Reads what Display wrote; none for anything else.
    pub fn parse(words: &str) -> Option<Self> {
        let (identity, path) = words.split_once(' ')?;
        let mut parts = identity.split('-');
        let mut hexadecimal = || u64::from_str_radix(parts.next()?, 16).ok();
        let (device, number, length, hash) = (hexadecimal()?, hexadecimal()?, hexadecimal()?, hexadecimal()?);
        let head = Head { length: usize::try_from(length).ok().filter(|length| *length <= HEAD)?, hash };
        Some(Self { inode: Inode { device, number }, head, path: path.to_owned() })
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Head { length, hash } = self.head;
        write!(f, "{:x}-{:x}-{length:x}-{hash:016x} {}", self.inode.device, self.inode.number, self.path)
    }
}

/// A path as it stands in the name of a stream; a very long one is cut, with a hash of the whole.
pub fn path_words(path: &Path) -> String {
    const LONGEST: usize = 300;
    let words = path.to_string_lossy();
    let short =
        words.char_indices().nth(LONGEST).map(|(end, _)| format!("{}#{:x}", &words[..end], hash(words.as_bytes())));
    short.unwrap_or_else(|| words.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_known_by_its_words_again() {
        let inode = Inode { device: 0xfd00, number: 1234 };
        let stream = Stream::new(inode, Head::of(b"time,temp\n"), Path::new("/var/log/a b-c.log"));
        assert_eq!(Stream::parse(&stream.to_string()), Some(stream));
        assert_eq!(Stream::parse("something else"), None);
        assert_eq!(Stream::parse("1-2-ffff-3 /longer/than/any/head"), None);
    }

    #[test]
    fn a_place_grows_with_its_offset_and_knows_what_stood_before_it() {
        let (early, late) = (Place::new(5, b"a=1\nb"), Place::new(6, b"a=1\nb="));
        assert!(early.number() < late.number());
        assert_eq!(Place::from_number(late.number()), late);
        assert!(late.fits(b"a=1\nb=") && !late.fits(b"a=2\nb=") && !late.fits(b"a=1\nb"));
        assert!(Place::new(0, b"").fits(b""));
    }

    #[test]
    fn a_head_fits_what_goes_on_behind_it() {
        let head = Head::of(b"time,temp\n");
        assert!(head.fits(b"time,temp\n1,20\n") && !head.fits(b"time,temp") && !head.fits(b"time,hum \n1,20\n"));
        assert!(Head::of(b"").fits(b"anything"));
    }
}
