//! Frames: the pieces in which a file of the spool grows, each with its length and checksum.
//!
//! A checksum covers the file's own random salt and the frame before. So bytes that a recycled file still holds from
//! its former life, or that a failed write left behind, can never pass for a frame of this one.

/// Length and checksum.
pub(crate) const HEAD: usize = 8;
/// No frame is longer: a length beyond it is damage, not a reason to ask for memory.
pub(crate) const LONGEST: usize = 16 * 1024 * 1024;
/// What every file of the spool begins with: magic, version, salt, checksum of the three.
pub(crate) const PREAMBLE: usize = 24;
const MAGIC: [u8; 8] = *b"\x89streamr";
/// The version of the format. A larger one is left alone; a smaller one is read.
pub(crate) const VERSION: u32 = 1;

/// The checksum so far: of the salt at first, then of each frame in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chain {
    salt: u64,
    last: u32,
}

impl Chain {
    pub const fn new(salt: u64) -> Self {
        Self { salt, last: 0 }
    }

    fn checksum(self, length: &[u8], body: &[u8]) -> u32 {
        let mut hash = crc32fast::Hasher::new();
        hash.update(&self.salt.to_le_bytes());
        hash.update(&self.last.to_le_bytes());
        hash.update(length);
        hash.update(body);
        hash.finalize()
    }

    /// Completes a frame that begins at `start` of `out` with [`HEAD`] bytes of room, and steps on.
    pub fn seal(&mut self, out: &mut [u8], start: usize) {
        let (head, body) = out[start..].split_at_mut(HEAD);
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
        let checksum = self.checksum(&length, body);
        head[..4].copy_from_slice(&length);
        head[4..].copy_from_slice(&checksum.to_le_bytes());
        self.last = checksum;
    }

    /// The body of the frame that `bytes` begins with, if there is a whole and true one; steps on over it.
    pub fn open<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (checksum, rest) = rest.split_first_chunk::<4>()?;
        let body = u32::from_le_bytes(*length) as usize;
        if body == 0 || body > LONGEST {
            return None;
        }
        let body = rest.get(..body)?;
        let checksum = u32::from_le_bytes(*checksum);
        if self.checksum(length, body) != checksum {
            return None;
        }
        self.last = checksum;
        Some(body)
    }
}

/// What the beginning of a file says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// One of ours, with this salt.
    Ours(u64),
    /// Never written, or given back.
    Blank,
    /// Written by a version that is newer than this one.
    Newer(u32),
    /// Something else, or one of ours that is damaged.
    Foreign,
}

pub(crate) fn preamble(salt: u64) -> [u8; PREAMBLE] {
    let mut out = [0; PREAMBLE];
    out[..8].copy_from_slice(&MAGIC);
    out[8..12].copy_from_slice(&VERSION.to_le_bytes());
    out[12..20].copy_from_slice(&salt.to_le_bytes());
    let checksum = crc32fast::hash(&out[..20]);
    out[20..].copy_from_slice(&checksum.to_le_bytes());
    out
}

pub(crate) fn beginning(bytes: &[u8]) -> Beginning {
    let Some(head) = bytes.first_chunk::<PREAMBLE>() else {
        return if bytes.iter().all(|b| *b == 0) { Beginning::Blank } else { Beginning::Foreign };
    };
    if head.iter().all(|b| *b == 0) {
        return Beginning::Blank;
    }
    let (magic, rest) = head.split_at(8);
    let version = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]);
    if magic != MAGIC {
        Beginning::Foreign
    } else if version > VERSION {
        // Its checksum may cover other bytes than ours: the magic and the number must do.
        Beginning::Newer(version)
    } else if preamble(salt(head)) != *head {
        Beginning::Foreign
    } else {
        Beginning::Ours(salt(head))
    }
}

fn salt(head: &[u8; PREAMBLE]) -> u64 {
    let mut salt = [0; 8];
    salt.copy_from_slice(&head[12..20]);
    u64::from_le_bytes(salt)
}
