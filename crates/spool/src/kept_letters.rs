//! The dead letters as memory knows them: in encoded form, which is a fraction of what they would take as values.
//!
//! Nothing here may touch the disk: whoever only looks must not wait for one that does not answer.

use streamer_reading::BucketKey;

use crate::entry::Seq;
use crate::letter::{Letter, LetterCounts, LetterId, LetterState};
use crate::wire::Cut;

/// One change; a put under a known id replaces.
#[derive(Debug)]
pub(crate) enum Change {
    Put(Letter),
    Take(LetterId),
    /// Taken out because there were too many.
    Drop(LetterId),
}

/// All letters that are there.
#[derive(Debug)]
pub(crate) struct Kept {
    letters: Vec<(LetterId, Box<[u8]>)>,
    pub bytes: u64,
    pub dropped: u64,
    on_trial: u64,
    pub next: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { letters: Vec::new(), bytes: 0, dropped: 0, on_trial: 0, next: 1 }
    }
}

impl Kept {
    pub fn change(&mut self, change: Change) {
        match change {
            Change::Put(letter) => {
                self.next = self.next.max(letter.id.0 + 1);
                let mut bytes = Vec::new();
                letter.write(&mut bytes);
                self.on_trial += u64::from(letter.state == LetterState::OnTrial);
                self.bytes += bytes.len() as u64;
                match self.letters.binary_search_by_key(&letter.id, |(id, _)| *id) {
                    Ok(index) => {
                        let old = std::mem::replace(&mut self.letters[index].1, bytes.into());
                        self.uncount(&old);
                    }
                    Err(index) => self.letters.insert(index, (letter.id, bytes.into())),
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
        if let Ok(index) = self.letters.binary_search_by_key(&id, |(id, _)| *id) {
            let (_, old) = self.letters.remove(index);
            self.uncount(&old);
        }
    }

    fn uncount(&mut self, old: &[u8]) {
        self.bytes -= old.len() as u64;
        let on_trial = Letter::read(&mut Cut(old)).is_some_and(|l| l.state == LetterState::OnTrial);
        self.on_trial -= u64::from(on_trial);
    }

    /// The oldest letters that take at least `bytes`, to be dropped.
    pub fn oldest(&self, bytes: u64) -> Vec<Change> {
        let mut freed = 0;
        let more = |(_, letter): &&(LetterId, Box<[u8]>)| {
            let go_on = freed < bytes;
            freed += letter.len() as u64;
            go_on
        };
        self.letters.iter().take_while(more).map(|(id, _)| Change::Drop(*id)).collect()
    }

    /// Each letter as it stands in the file.
    pub fn encoded(&self) -> impl Iterator<Item = &[u8]> {
        self.letters.iter().map(|(_, letter)| &**letter)
    }

    pub fn find(&self, bucket: &BucketKey, output: &str, seq: Seq) -> Option<LetterId> {
        self.letters(|l| l.record.seq == seq && l.bucket == *bucket && l.output == output).first().map(|l| l.id)
    }

    pub fn letters(&self, wanted: impl Fn(&Letter) -> bool) -> Vec<Letter> {
        let all = self.letters.iter().filter_map(|(_, letter)| Letter::read(&mut Cut(letter)));
        all.filter(wanted).collect()
    }

    pub fn counts(&self) -> LetterCounts {
        let set_aside = self.letters.len() as u64 - self.on_trial;
        LetterCounts { on_trial: self.on_trial, set_aside, dropped: self.dropped, bytes: self.bytes }
    }
}
