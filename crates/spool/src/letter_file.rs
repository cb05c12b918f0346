//! The file of dead letters: changes appended and synced, and written anew when most of it is history.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{self, Disk, DiskFile};
use crate::frame::{self, Beginning, Chain, HEAD, PREAMBLE};
use crate::home::{Home, random};
use crate::kept_letters::{Change, Kept};
use crate::letter::{Letter, LetterError, LetterId};
use crate::limits;
use crate::recover::Recovery;
use crate::wire::{self, Cut};

const NAME: &str = "dead-letters";
const PUT: u8 = 1;
const TAKE: u8 = 2;
const DROP: u8 = 3;
const COUNTS: u8 = 4;

impl Change {
    /// What it adds to the file, in bytes.
    pub fn size(&self) -> u64 {
        let mut out = Vec::new();
        self.write(&mut out);
        out.len() as u64
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Put(letter) => {
                out.push(PUT);
                letter.write(out);
            }
            Self::Take(id) => {
                out.push(TAKE);
                wire::put(out, id.0);
            }
            Self::Drop(id) => {
                out.push(DROP);
                wire::put(out, id.0);
            }
        }
    }
}

/// The file; whoever has it may wait for the disk.
#[derive(Debug, Default)]
pub(crate) struct LetterFile {
    /// None: in memory only.
    disk: Option<(Arc<dyn Disk>, PathBuf)>,
    open: Option<OpenFile>,
}

#[derive(Debug)]
struct OpenFile {
    file: Box<dyn DiskFile>,
    at: u64,
    chain: Chain,
}

impl LetterFile {
    /// The file in the spool's folder, and the letters in it.
    pub fn open(home: &Home, report: &mut Recovery) -> (Self, Kept) {
        let (disk, spool) = (home.disk.clone(), home.spool.clone());
        let mut kept = Kept::default();
        let path = spool.join(NAME);
        let bytes = disk.open(&path, false).and_then(|file| disk::read_up_to(&*file, 0, usize::MAX));
        let reason = match &bytes {
            Ok(bytes) => hear(&mut kept, bytes).err(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(format!("it cannot be read: {error}")),
        };
        if let Some(reason) = reason {
            let place = home.set_aside(&path).unwrap_or(path);
            report.set_aside.push((place, reason));
        }
        (Self { disk: Some((disk, spool)), open: None }, kept)
    }

    /// Makes changes durable, all of them or none; they become true only afterwards. `kept` is held to copy alone.
    pub fn write(&mut self, changes: &[Change], kept: &Mutex<Kept>) -> Result<(), LetterError> {
        self.append(changes, kept).map_err(|error| {
            // What the file holds now is unknown: the next change writes it anew.
            self.open = None;
            LetterError(error.to_string())
        })
    }

    fn append(&mut self, changes: &[Change], kept: &Mutex<Kept>) -> io::Result<()> {
        let Some((disk, spool)) = self.disk.clone() else { return Ok(()) };
        let bytes = locked(kept).bytes;
        let history = self.open.as_ref().is_some_and(|open| open.at > 2 * bytes + limits::CHUNK);
        let is_there = |file: &dyn DiskFile| disk::is_at(&*disk, file, &spool.join(NAME)).unwrap_or(false);
        let gone = self.open.as_ref().is_none_or(|open| !is_there(&*open.file));
        if gone || history {
            self.open = None;
            self.open = Some(write_anew(&*disk, &spool, kept)?);
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let mut out = vec![0; HEAD];
        changes.iter().for_each(|change| change.write(&mut out));
        open.chain.seal(&mut out, 0);
        disk::write_all(&*open.file, &out, open.at)?;
        open.file.sync()?;
        open.at += out.len() as u64;
        Ok(())
    }
}

fn hear(kept: &mut Kept, bytes: &[u8]) -> Result<(), String> {
    let salt = match frame::beginning(bytes) {
        Beginning::Blank => return Ok(()),
        Beginning::Ours(salt) => salt,
        Beginning::Newer(version) => {
            return Err(format!("it is of version {version}, which is newer than this program"));
        }
        Beginning::Foreign => return Err("it holds no dead letters, or its beginning is damaged".into()),
    };
    let (mut at, mut chain) = (PREAMBLE, Chain::new(salt));
    // What follows the last whole frame was never reported as kept.
    while let Some(body) = chain.open(bytes.get(at..).unwrap_or_default()) {
        let mut cut = Cut(body);
        while let Some(tag) = cut.byte() {
            hear_one(kept, tag, &mut cut).ok_or("it makes no sense after a whole frame")?;
        }
        at += HEAD + body.len();
    }
    Ok(())
}

fn hear_one(kept: &mut Kept, tag: u8, cut: &mut Cut<'_>) -> Option<()> {
    match tag {
        PUT => kept.change(Change::Put(Letter::read(cut)?)),
        TAKE => kept.change(Change::Take(LetterId(cut.number()?))),
        DROP => kept.change(Change::Drop(LetterId(cut.number()?))),
        COUNTS => (kept.next, kept.dropped) = (kept.next.max(cut.count()?), cut.count()?),
        _ => return None,
    }
    Some(())
}

/// Writes all that is kept into a new file, in the place of the old one.
fn write_anew(disk: &dyn Disk, spool: &Path, kept: &Mutex<Kept>) -> io::Result<OpenFile> {
    disk.make_dir(spool)?;
    let (new, salt) = (spool.join("dead-letters.new"), random());
    let _ = disk.remove(&new);
    let file = disk.open(&new, true)?;
    let (out, chain) = whole(&locked(kept), salt);
    disk::write_all(&*file, &out, 0)?;
    file.sync()?;
    disk.rename(&new, &spool.join(NAME))?;
    disk.sync_dir(spool)?;
    Ok(OpenFile { file, at: out.len() as u64, chain })
}

/// A file with all that is kept, and no history.
fn whole(kept: &Kept, salt: u64) -> (Vec<u8>, Chain) {
    let (mut chain, mut out) = (Chain::new(salt), frame::preamble(salt).to_vec());
    let mut start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    out.push(COUNTS);
    wire::put(&mut out, kept.next);
    wire::put(&mut out, kept.dropped);
    for letter in kept.encoded() {
        if out.len() - start > limits::FRAME {
            chain.seal(&mut out, start);
            start = out.len();
            out.extend_from_slice(&[0; HEAD]);
        }
        out.push(PUT);
        out.extend_from_slice(letter);
    }
    chain.seal(&mut out, start);
    (out, chain)
}

pub(crate) fn locked(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
