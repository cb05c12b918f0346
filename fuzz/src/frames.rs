//! Frames of a spool's file, taken apart and sealed again as `crates/spool/FORMAT.md` says: so that changed bytes pass
//! for ones that a spool wrote. It shares nothing with the crate that it is held against.

/// Magic, version, salt, checksum.
const PREAMBLE: usize = 24;
/// Length, checksum.
const HEAD: usize = 8;

/// What a file holds behind its checksums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frames {
    preamble: [u8; PREAMBLE],
    /// The body of each frame.
    pub bodies: Vec<Vec<u8>>,
}

/// The frames of a file; `None` where it does not begin as a file of a spool does.
pub fn open(file: &[u8]) -> Option<Frames> {
    let preamble = *file.first_chunk::<PREAMBLE>()?;
    let mut frames = Frames { preamble, bodies: Vec::new() };
    if frames.sealed_preamble() != preamble {
        return None;
    }
    let mut rest = &file[PREAMBLE..];
    while let Some(length) = rest.first_chunk::<4>().map(|length| u32::from_le_bytes(*length) as usize)
        && length > 0
        && let Some(body) = rest.get(HEAD..HEAD + length)
    {
        frames.bodies.push(body.to_vec());
        rest = &rest[HEAD + length..];
    }
    Some(frames)
}

impl Frames {
    fn sealed_preamble(&self) -> [u8; PREAMBLE] {
        let mut preamble = self.preamble;
        preamble[20..].copy_from_slice(&crc32fast::hash(&self.preamble[..20]).to_le_bytes());
        preamble
    }

    /// The file again, every checksum as it has to be.
    pub fn seal(&self) -> Vec<u8> {
        let mut file = self.sealed_preamble().to_vec();
        let mut before = 0_u32;
        for body in self.bodies.iter().filter(|body| !body.is_empty()) {
            let length = u32::try_from(body.len()).expect("a short body").to_le_bytes();
            let salt = &self.preamble[12..20];
            before = crc32fast::hash(&[salt, &before.to_le_bytes(), &length, body].concat());
            file.extend_from_slice(&length);
            file.extend_from_slice(&before.to_le_bytes());
            file.extend_from_slice(body);
        }
        file
    }

    /// Makes changes until they end: each is a frame, a place in it, how many bytes are taken out there, how many are put
    /// in, and those. A frame beyond the last is a new one.
    pub fn change(&mut self, mut changes: &[u8]) {
        while let [frame, at, out, put, rest @ ..] = changes {
            let frame = usize::from(*frame) % (self.bodies.len() + 1);
            if frame == self.bodies.len() {
                self.bodies.push(Vec::new());
            }
            let body = &mut self.bodies[frame];
            let at = usize::from(*at).min(body.len());
            let end = (at + usize::from(*out)).min(body.len());
            let (put, behind) = rest.split_at(usize::from(*put).min(rest.len()));
            body.splice(at..end, put.iter().copied());
            changes = behind;
        }
    }
}
