//! Replaying the tails that a killed process left: what it had accepted and settled since its last commit.

use std::io;

use streamer_reading::BucketKey;

use crate::book::{Book, Stream};
use crate::committer::LogFiles;
use crate::cursor::Cursor;
use crate::disk;
use crate::frame::{self, Beginning, Chain, HEAD, PREAMBLE};
use crate::home::Home;
use crate::item::{Cutting, Decoder, Forgotten, Item, SavedCursor, SavedStream};
use crate::mark::{Mark, Opening};
use crate::next_tail;
use crate::recover::Recovered;
use crate::segment::Gone;

/// What the tails brought back.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    pub numbers: Vec<u64>,
    pub offsets: Vec<([u8; 16], i64)>,
}

impl Recovered {
    /// Replays the tails of this state folder. A tail whose snapshot is whole says all that the ones before it said:
    /// those are still there only because they could not be removed.
    pub fn replay(&mut self, home: &Home) -> io::Result<Replayed> {
        let (dir, _) = home.tail_dir();
        let dir = dir.to_owned();
        let mut replayed = Replayed::default();
        let mut tails = Vec::new();
        let mut whole = false;
        for (number, name) in next_tail::tails(&home.disk.names(&dir)?).into_iter().rev() {
            // Its number is used up, whatever is in it.
            replayed.numbers.push(number);
            if whole {
                continue;
            }
            let path = dir.join(&name);
            let file = home.disk.open(&path, false)?;
            match self.frames(&disk::read_up_to(&*file, 0, usize::MAX)?) {
                Ok(frames) => {
                    whole = frames.iter().flatten().any(|item| matches!(item, Item::Close));
                    tails.push(frames);
                }
                Err(reason) => {
                    let place = home.set_aside(&path).unwrap_or(path);
                    self.report.set_aside.push((place, reason));
                }
            }
        }
        for frame in tails.into_iter().rev().flatten() {
            let mut book = None;
            for item in frame {
                self.apply(item, &mut book, &mut replayed);
            }
        }
        Ok(replayed)
    }

    /// All whole frames of a tail that is ours.
    fn frames(&mut self, bytes: &[u8]) -> Result<Vec<Vec<Item>>, String> {
        let salt = match frame::beginning(bytes) {
            Beginning::Ours(salt) => salt,
            Beginning::Blank => return Ok(Vec::new()),
            Beginning::Newer(version) => {
                return Err(format!("it is of version {version}, which is newer than this program"));
            }
            Beginning::Foreign => return Err("it is no tail of ours".into()),
        };
        let (mut at, mut chain, mut decoder) = (PREAMBLE, Chain::new(salt), Decoder::default());
        let mut frames = Vec::new();
        while let Some(body) = chain.open(bytes.get(at..).unwrap_or_default()) {
            let mut items = Vec::new();
            if decoder.read(body, |item| items.push(item)).is_none() {
                return Err(format!("it makes no sense after byte {at}"));
            }
            if frames.is_empty() {
                self.is_ours(&items)?;
            }
            frames.push(items);
            at += HEAD + body.len();
        }
        Ok(frames)
    }

    /// A tail counts only if it comes from an opening that this disk has seen, or that came after one.
    fn is_ours(&mut self, items: &[Item]) -> Result<(), String> {
        let mut named = items.iter().filter_map(|item| if let Item::Opening(o) = item { Some(*o) } else { None });
        let known = |o: &Opening| self.openings.get(&o.number).is_some_and(|k| k.id == o.id);
        // The first is its own, the second one that the disk had for certain.
        if !self.openings.is_empty() && !named.by_ref().take(2).any(|o| known(&o)) {
            return Err("it belongs to another spool".into());
        }
        for item in items {
            if let Item::Opening(opening) = item {
                self.openings.entry(opening.number).or_insert(*opening);
            }
        }
        Ok(())
    }

    fn apply(&mut self, item: Item, book: &mut Option<usize>, replayed: &mut Replayed) {
        if let Item::Bucket(bucket) = &item {
            *book = BucketKey::new(&**bucket).ok().map(|bucket| self.book_of(&bucket));
            return;
        }
        if let Item::Offset(boot, micros) = item {
            replayed.offsets.push((boot, micros));
            return;
        }
        let Some(index) = *book else { return };
        if let Item::Stream(stream) = &item {
            self.tick = self.tick.max(stream.tick);
        }
        let book = &mut self.books[index];
        match item {
            Item::Record(record) if record.mark > book.last => {
                let opening = record.mark.opening;
                self.openings.entry(opening).or_insert(Opening::unknown(opening));
                book.last = record.mark;
                book.put(record);
            }
            Item::Cursor(saved) => book.hear_cursor(&saved),
            Item::Stream(saved) => book.hear_stream(saved),
            Item::Forget(Forgotten::Stream(name)) => book.streams.retain(|s| s.name != name),
            Item::Forget(Forgotten::Output(name)) => book.cursors.retain(|c| c.output != name),
            Item::Cut(cutting) => book.hear_cut(cutting),
            _ => {}
        }
    }

    fn book_of(&mut self, bucket: &BucketKey) -> usize {
        self.books.iter().position(|b| b.bucket == *bucket).unwrap_or_else(|| {
            self.books.push(Book::new(bucket.clone(), 0));
            self.files.push(LogFiles::default());
            self.books.len() - 1
        })
    }
}

impl Book {
    /// A tail may be older than what the disk says: a cursor never goes back.
    fn hear_cursor(&mut self, saved: &SavedCursor) {
        let index = self.cursor(&saved.output).unwrap_or_else(|| {
            self.cursors.push(Cursor::new(&saved.output, saved.at));
            self.cursors.len() - 1
        });
        let there = self.between(saved.at, Mark::END);
        let cursor = &mut self.cursors[index];
        let done = saved.acknowledged + saved.set_aside + saved.dropped.total();
        if saved.at >= cursor.at && done >= cursor.done() {
            if (saved.at, done) != (cursor.at, cursor.done()) {
                // It knows of cuts that the disk's state does not; what it misses all the same is lost.
                cursor.lost_at_start = saved.waiting.saturating_sub(there);
            }
            cursor.restore(saved);
        }
    }

    fn hear_stream(&mut self, saved: SavedStream) {
        match self.streams.iter_mut().find(|s| s.name == saved.name) {
            Some(known) if known.tick > saved.tick => {}
            Some(known) => {
                let Stream { at, mark, tick, open, .. } = known;
                (*at, *mark, *tick) = (saved.at, saved.mark, saved.tick);
                open.push_back((saved.mark, saved.at));
                known.settled = known.settled.max(saved.settled);
            }
            None => self.streams.push(Stream::new(saved)),
        }
    }

    fn hear_cut(&mut self, cutting: Cutting) {
        if let Some(index) = self.segments.iter().position(|s| s.number == cutting.segment)
            && let Some(gone) = self.segments.remove(index)
        {
            self.segment_bytes -= gone.size;
            self.cut.push(Gone { number: gone.number, slot: gone.slot, bad: gone.bad, size: gone.size });
        }
        let Cutting { first, last, .. } = cutting;
        let kept = std::mem::take(&mut self.pending).into_iter().filter(|p| p.mark < first || p.mark > last);
        let kept: Vec<_> = kept.collect();
        (self.pending_memory, self.pending_bytes) = (0, 0);
        for record in kept {
            self.put(record);
        }
    }

    /// Ends a recovery: what waits for whom is counted anew, from what is there.
    pub fn take_stock(&mut self) {
        for index in 0..self.cursors.len() {
            let waiting = self.between(self.cursors[index].at, Mark::END);
            let cursor = &mut self.cursors[index];
            cursor.waiting = waiting;
            cursor.dropped.lost += std::mem::take(&mut cursor.lost_at_start);
            cursor.accepted = cursor.done() + waiting;
            let at = cursor.at;
            self.cursors[index].oldest = self.oldest_after(at);
        }
        self.changes += 1;
        self.settle();
    }
}
