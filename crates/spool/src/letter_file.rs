//! The file of dead letters: changes appended and synced, and written anew when most of it is history.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use streamer_reading::BucketKey;

use crate::disk::{self, Disk, DiskFile};
use crate::entry::Seq;
use crate::frame::{self, Beginning, Chain, HEAD, PREAMBLE};
use crate::home::random;
use crate::letter::{Letter, LetterCounts, LetterError, LetterId, LetterState};
use crate::limits;
use crate::recover::Recovery;
use crate::wire::{self, Cut};

const NAME: &str = "dead-letters";
const PUT: u8 = 1;
const TAKE: u8 = 2;
const DROP: u8 = 3;
const COUNTS: u8 = 4;

/// One change; a put under a known id replaces.
#[derive(Debug)]
pub(crate) enum Change {
    Put(Letter),
    Take(LetterId),
    /// Taken out because there were too many.
    Drop(LetterId),
}

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

/// The letters in encoded form, which is a fraction of what they would take as values, and the file behind them.
#[derive(Debug)]
pub(crate) struct LetterFile {
    /// None: in memory only.
    disk: Option<(Arc<dyn Disk>, PathBuf)>,
    open: Option<OpenFile>,
    kept: Vec<(LetterId, Box<[u8]>)>,
    bytes: u64,
    dropped: u64,
    on_trial: u64,
    pub next: u64,
}

#[derive(Debug)]
struct OpenFile {
    file: Box<dyn DiskFile>,
    at: u64,
    chain: Chain,
}

impl LetterFile {
    pub fn in_memory() -> Self {
        Self { disk: None, open: None, kept: Vec::new(), bytes: 0, dropped: 0, on_trial: 0, next: 1 }
    }

    pub fn open(disk: Arc<dyn Disk>, spool: PathBuf, report: &mut Recovery) -> Self {
        let mut letters = Self { disk: Some((disk.clone(), spool.clone())), ..Self::in_memory() };
        let path = spool.join(NAME);
        let bytes = disk.open(&path, false).and_then(|file| disk::read_up_to(&*file, 0, usize::MAX));
        let reason = match &bytes {
            Ok(bytes) => letters.hear(bytes).err(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(format!("it cannot be read: {error}")),
        };
        if let Some(reason) = reason {
            let aside = path.with_extension("bad");
            let place = disk.rename(&path, &aside).map_or(path, |()| aside);
            report.set_aside.push((place, reason));
        }
        letters
    }

    fn hear(&mut self, bytes: &[u8]) -> Result<(), String> {
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
                self.hear_one(tag, &mut cut).ok_or("it makes no sense after a whole frame")?;
            }
            at += HEAD + body.len();
        }
        Ok(())
    }

    fn hear_one(&mut self, tag: u8, cut: &mut Cut<'_>) -> Option<()> {
        match tag {
            PUT => self.keep(Change::Put(Letter::read(cut)?)),
            TAKE => self.keep(Change::Take(LetterId(cut.number()?))),
            DROP => self.keep(Change::Drop(LetterId(cut.number()?))),
            COUNTS => (self.next, self.dropped) = (self.next.max(cut.number()?), cut.number()?),
            _ => return None,
        }
        Some(())
    }

    fn keep(&mut self, change: Change) {
        match change {
            Change::Put(letter) => {
                self.next = self.next.max(letter.id.0 + 1);
                let mut bytes = Vec::new();
                letter.write(&mut bytes);
                self.on_trial += u64::from(letter.state == LetterState::OnTrial);
                self.bytes += bytes.len() as u64;
                match self.kept.binary_search_by_key(&letter.id, |(id, _)| *id) {
                    Ok(index) => {
                        let old = std::mem::replace(&mut self.kept[index].1, bytes.into());
                        self.uncount(&old);
                    }
                    Err(index) => self.kept.insert(index, (letter.id, bytes.into())),
                }
            }
            Change::Take(id) => self.remove(id),
            Change::Drop(id) => {
                self.dropped += 1;
                self.remove(id);
            }
        }
    }

    fn remove(&mut self, id: LetterId) {
        if let Ok(index) = self.kept.binary_search_by_key(&id, |(id, _)| *id) {
            let (_, old) = self.kept.remove(index);
            self.uncount(&old);
        }
    }

    fn uncount(&mut self, old: &[u8]) {
        self.bytes -= old.len() as u64;
        let on_trial = Letter::read(&mut Cut(old)).is_some_and(|l| l.state == LetterState::OnTrial);
        self.on_trial -= u64::from(on_trial);
    }

    /// Makes changes durable, then true: all of them or none.
    pub fn apply(&mut self, changes: Vec<Change>) -> Result<(), LetterError> {
        if changes.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.append(&changes) {
            // What the file holds now is unknown: the next change writes it anew.
            self.open = None;
            return Err(LetterError(error.to_string()));
        }
        changes.into_iter().for_each(|change| self.keep(change));
        Ok(())
    }

    fn append(&mut self, changes: &[Change]) -> io::Result<()> {
        let Some((disk, spool)) = self.disk.clone() else { return Ok(()) };
        let history = self.open.as_ref().is_some_and(|open| open.at > 2 * self.bytes + limits::CHUNK);
        let gone = self.open.as_ref().is_none_or(|open| !open.file.is_linked().unwrap_or(false));
        if gone || history {
            self.open = None;
            self.open = Some(self.write_anew(&*disk, &spool)?);
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

    /// Writes all that is kept into a new file, in the place of the old one.
    fn write_anew(&self, disk: &dyn Disk, spool: &std::path::Path) -> io::Result<OpenFile> {
        disk.make_dir(spool)?;
        let (new, salt) = (spool.join("dead-letters.new"), random());
        let _ = disk.remove(&new);
        let file = disk.open(&new, true)?;
        let (mut chain, mut out) = (Chain::new(salt), frame::preamble(salt).to_vec());
        let mut start = out.len();
        out.extend_from_slice(&[0; HEAD]);
        out.push(COUNTS);
        wire::put(&mut out, self.next);
        wire::put(&mut out, self.dropped);
        for (_, letter) in &self.kept {
            if out.len() - start > limits::FRAME {
                chain.seal(&mut out, start);
                start = out.len();
                out.extend_from_slice(&[0; HEAD]);
            }
            out.push(PUT);
            out.extend_from_slice(letter);
        }
        chain.seal(&mut out, start);
        disk::write_all(&*file, &out, 0)?;
        file.sync()?;
        disk.rename(&new, &spool.join(NAME))?;
        disk.sync_dir(spool)?;
        Ok(OpenFile { file, at: out.len() as u64, chain })
    }

    /// The oldest letters that take at least `bytes`, to be dropped.
    pub fn oldest(&self, bytes: u64) -> Vec<Change> {
        let mut freed = 0;
        let more = |(_, letter): &&(LetterId, Box<[u8]>)| {
            let go_on = freed < bytes;
            freed += letter.len() as u64;
            go_on
        };
        self.kept.iter().take_while(more).map(|(id, _)| Change::Drop(*id)).collect()
    }

    pub fn find(&self, bucket: &BucketKey, output: &str, seq: Seq) -> Option<LetterId> {
        self.letters(|l| l.record.seq == seq && l.bucket == *bucket && l.output == output).first().map(|l| l.id)
    }

    pub fn letters(&self, wanted: impl Fn(&Letter) -> bool) -> Vec<Letter> {
        let all = self.kept.iter().filter_map(|(_, letter)| Letter::read(&mut Cut(letter)));
        all.filter(wanted).collect()
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn counts(&self) -> LetterCounts {
        let set_aside = self.kept.len() as u64 - self.on_trial;
        LetterCounts { on_trial: self.on_trial, set_aside, dropped: self.dropped, bytes: self.bytes }
    }
}
