//! Opening a spool: take the folder, read back what is there, and record the opening before anything is accepted.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use crate::book::Book;
use crate::committer::Committer;
use crate::dead_letters::DeadLetters;
use crate::disk::Disk;
use crate::home::{Home, OpenError, random};
use crate::limits;
use crate::mark::{Mark, Opening};
use crate::options::{Options, Places};
use crate::recover::{Recovered, Recovery};
use crate::register::{Found, Register};
use crate::replay::Replayed;
use crate::spool::Spool;
use crate::state::{Fault, Shared, State};
use crate::way::Way;

impl Spool {
    /// Opens the spool of a state folder, or makes it. `boot` is the id of the running boot.
    ///
    /// Damage never refuses: what was cut, lost or set aside is in the [`Recovery`]. A disk that takes nothing is no
    /// reason to refuse either: readings stay in memory until it does.
    ///
    /// # Errors
    /// [`OpenError::InUse`] when another process holds the state folder.
    pub fn open(
        places: Places,
        options: Options,
        boot: [u8; 16],
        disk: Arc<dyn Disk>,
    ) -> Result<(Self, Recovery), OpenError> {
        let (spool, mut recovery) = Self::open_unrecorded(places, options, boot, disk)?;
        if let Some(error) = spool.record_opening() {
            recovery.fault.get_or_insert(error);
        }
        Ok((spool, recovery))
    }

    /// As [`Spool::open`], but nothing is synced: for who must not wait for a disk that never answers. Call
    /// [`Spool::record_opening`] at once, where that may take its time. Until it has returned nothing goes to the disk,
    /// and what is accepted is safe from a kill alone.
    ///
    /// # Errors
    /// As [`Spool::open`].
    pub fn open_unrecorded(
        places: Places,
        mut options: Options,
        boot: [u8; 16],
        disk: Arc<dyn Disk>,
    ) -> Result<(Self, Recovery), OpenError> {
        options.max_size = options.max_size.max(limits::MAX_SIZE_FLOOR);
        let (home, fault) = Home::take(&places, disk)?;
        let mut fault = fault.map(|e| e.to_string());
        let mut recovered = Recovered::default();
        let mut register = read_register(&home, &mut recovered, &mut fault);
        for opening in &register.openings {
            recovered.openings.insert(opening.number, *opening);
        }
        if let Err(error) = read_logs(&home, &mut recovered) {
            fault.get_or_insert(error.to_string());
        }
        let known = recovered.openings.values().next_back().copied();
        let replayed = recovered.replay(&home).unwrap_or_else(|error| {
            fault.get_or_insert(error.to_string());
            Replayed::default()
        });
        for (boot, micros) in replayed.offsets {
            if register.offsets.iter().all(|(known, _)| *known != boot) {
                register.offsets.push((boot, micros));
            }
        }

        let opening = Opening { number: next_opening(&recovered), id: random(), boot };
        let segment_size = (options.max_size / 32).clamp(*limits::SEGMENT.start(), *limits::SEGMENT.end());
        let segment_size = segment_size.next_multiple_of(4096);
        begin_books(&mut recovered, opening.number, segment_size);
        let books = recovered.books;
        let openings = still_named(recovered.openings, &books, opening);
        let boots: Vec<[u8; 16]> = openings.iter().map(|o| o.boot).collect();
        let offsets: HashMap<_, _> = register.offsets.into_iter().filter(|(boot, _)| boots.contains(boot)).collect();

        let by_bucket = books.iter().enumerate().map(|(i, b)| (b.bucket.clone(), i)).collect();
        let state = State {
            books,
            by_bucket,
            opening,
            openings,
            offsets,
            segment_size,
            tail: None,
            tail_stale: false,
            tick: recovered.tick,
            told: false,
            way: Way::default(),
            fault: None,
            closed: false,
        };
        let dead_letters = DeadLetters::open(&home, &mut recovered.report);
        recovered.report.given_up = home.bound_aside(options.max_size);
        let committer = Committer {
            home,
            files: recovered.files.into_iter().enumerate().collect(),
            segment_size,
            checkpoints: 0,
            next_tail: replayed.numbers.iter().max().map_or(1, |last| last + 1),
            old_tails: replayed.numbers,
            register: None,
            known,
        };
        let shared = Arc::new(Shared::new(options, state, Some(committer)));
        if let Some(committer) = &shared.committer {
            let mut committer = committer.lock().unwrap_or_else(PoisonError::into_inner);
            committer.renew_tail(&shared);
        }
        if let Some(error) = &fault {
            shared.lock().fault = Some(Fault { error: error.clone(), failures: 1 });
        }
        recovered.report.fault = fault;
        Ok((Self { shared, dead_letters }, recovered.report))
    }

    /// Syncs the record of this opening, and the last commit before it. What the disk refuses comes back in words; it is
    /// tried again with each commit.
    pub fn record_opening(&self) -> Option<String> {
        let committer = self.shared.committer.as_ref()?;
        let mut committer = committer.lock().unwrap_or_else(PoisonError::into_inner);
        let error = committer.record_opening(&self.shared).err()?.to_string();
        self.shared.lock().fault.get_or_insert(Fault { error: error.clone(), failures: 1 });
        Some(error)
    }
}

/// Later than whatever any file speaks of: the next reading must be behind every cursor.
fn next_opening(recovered: &Recovered) -> u32 {
    let cursors = recovered.books.iter().flat_map(|book| book.cursors.iter().map(|cursor| cursor.at.opening));
    let streams = recovered.books.iter().flat_map(|book| book.streams.iter().map(|stream| stream.mark.opening));
    let seen = recovered.openings.keys().copied().chain(cursors).chain(streams);
    seen.max().map_or(1, |last| last + 1)
}

/// Lets the books that were read back go on in a new opening, and reports what they hold.
fn begin_books(recovered: &mut Recovered, opening: u32, segment_size: u64) {
    for book in &mut recovered.books {
        book.segment_size = segment_size;
        recovered.report.lost += book.cursors.iter().map(|c| c.lost_at_start).sum::<u64>();
        book.take_stock();
        recovered.report.from_tail += book.pending.len() as u64;
        recovered.report.readings += book.between(book.owed_after(), Mark::END);
        book.last = Mark { opening, count: 0 };
        book.seen = book.last;
    }
}

/// The openings that are kept, the new one behind them. One that no reading belongs to any more is forgotten; the last few
/// stay, to know a tail by.
fn still_named(known: BTreeMap<u32, Opening>, books: &[Book], new: Opening) -> Vec<Opening> {
    const STAY: u32 = 8;
    let on_disk = |book: &Book, n: u32| book.segments.iter().any(|s| s.runs.openings().any(|o| o == n));
    let in_memory = |book: &Book, n: u32| book.pending.iter().any(|p| p.mark.opening == n);
    let named = |n: u32| n + STAY > new.number || books.iter().any(|book| on_disk(book, n) || in_memory(book, n));
    known.into_values().filter(|opening| named(opening.number)).chain([new]).collect()
}

fn read_register(home: &Home, recovered: &mut Recovered, fault: &mut Option<String>) -> Register {
    match Register::read(&*home.disk, &home.spool) {
        Ok(Found::Whole(register)) => register,
        Ok(Found::Missing) => Register::default(),
        Ok(Found::Damaged) => {
            let path = Register::path(&home.spool);
            let place = home.set_aside(&path).unwrap_or(path);
            recovered.report.set_aside.push((place, "the register is damaged, or of a newer version".into()));
            Register::default()
        }
        Err(error) => {
            if error.kind() != std::io::ErrorKind::NotFound {
                fault.get_or_insert(error.to_string());
            }
            Register::default()
        }
    }
}

fn read_logs(home: &Home, recovered: &mut Recovered) -> std::io::Result<()> {
    let mut names = home.disk.names(&home.spool)?;
    names.sort_unstable();
    let mut result = Ok(());
    for name in names.iter().filter(|name| name.starts_with("log-")) {
        // One log that cannot be read costs that log.
        if let Err(error) = recovered.log(home, &home.spool.join(name)) {
            result = Err(error);
        }
    }
    result
}
