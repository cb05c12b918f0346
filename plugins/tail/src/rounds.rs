//! One round: what is there, what is new, what can be read on, what is gone.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use streamer_lines::{Format, Reader};
use streamer_plugin::clock::SinceBoot;
use streamer_plugin::{Outlet, State, Stop};

use crate::delivery::{Delivery, Stopped};
use crate::followed::{Ahead, Followed, Trouble, Went};
use crate::hints::Hints;
use crate::known::{Known, Memory};
use crate::options::Following;
use crate::place::Inode;
use crate::scan::{Beside, Scan, Seen, look, siblings};
use crate::source::Source;

/// What one read brings in at most, unless lines are longer.
const CHUNK: usize = 256 * 1024;
/// How many reads one file has in a round before the others have their turn.
const TURN: usize = 16;
/// How many files are held open. The others are opened when they have news, and found by their inode when renamed.
const OPEN: usize = 128;
/// How often it is time to forget what is long gone.
const TIDY: Duration = Duration::from_secs(600);

/// All that the listener knows while it runs.
pub struct Rounds<'o> {
    pub following: &'o Following,
    pub format: &'o Format,
    pub state: &'o State,
    pub out: Delivery<'o>,
    pub files: HashMap<Inode, Followed>,
    pub memory: Memory,
    pub beside: Beside,
    pub room: Vec<u8>,
    /// Nothing was known of any file at the start.
    pub fresh: bool,
    /// Files that could not be opened when they were first seen: whether that was at the start.
    pub denied: HashMap<PathBuf, bool>,
    /// What was in files that were cut off, and when that was noticed: a copy of it may turn up.
    pub cut: Vec<(Known, SinceBoot)>,
    pub started: bool,
    /// Whether the format reads lines under a head.
    pub has_head: bool,
    open: usize,
    /// Another round is due at once.
    pub again: bool,
    /// A file was renamed between looking and opening.
    pub stale: bool,
    /// The file that is read just now, which is not among the others for that time.
    pub visited: Option<Inode>,
    /// Logs of which an older file was not read to its end in this round: the younger ones wait, for order is kept.
    behind: HashSet<PathBuf>,
    /// Logs of which there is more than one file.
    pub turned: HashSet<PathBuf>,
    /// What was found beside a log that is older than the file for whose sake it was looked for.
    pub elders: Vec<Inode>,
    /// The number that was given to a file last.
    pub taken_up: u64,
    /// When it is time again to forget what is long gone.
    tidy: SinceBoot,
}

impl<'o> Rounds<'o> {
    pub fn new(
        following: &'o Following,
        format: &'o Format,
        state: &'o State,
        out: &'o Outlet,
        stop: &'o Stop,
    ) -> Self {
        Self {
            following,
            format,
            state,
            out: Delivery::new(out, stop, following.poll),
            files: HashMap::new(),
            memory: Memory::new(out, state),
            beside: Beside::default(),
            room: vec![0; CHUNK.max(following.longest + CHUNK / 4)],
            fresh: false,
            denied: HashMap::new(),
            cut: Vec::new(),
            started: false,
            has_head: format.reader().wants_head(),
            open: 0,
            again: false,
            stale: false,
            visited: None,
            behind: HashSet::new(),
            turned: HashSet::new(),
            taken_up: 0,
            elders: Vec::new(),
            tidy: out.clock().boot(),
        }
    }

    /// Whether a file is followed.
    pub fn follows(&self, inode: Inode) -> bool {
        self.files.contains_key(&inode) || self.visited == Some(inode)
    }

    pub fn now(&self) -> SinceBoot {
        self.out.outlet().clock().boot()
    }

    /// Goes one round; whether there is more to read at once.
    pub fn go(&mut self, hints: &mut Hints) -> Result<bool, Stopped> {
        let scan = Scan::of(&self.following.files, &mut self.out);
        scan.folders.iter().for_each(|folder| hints.watch(folder));
        self.beside.begin_round();
        self.behind.clear();
        let there: HashMap<Inode, &Seen> = scan.files.iter().map(|seen| (seen.inode, seen)).collect();
        self.notice_renamed(&there);
        let inodes: HashSet<Inode> = there.keys().copied().collect();
        if !self.started {
            self.fresh = self.memory.all().next().is_none();
            self.take_up_known(&scan, &inodes)?;
        }
        // What was renamed comes first, for it is older; and if it was cut off before, a copy lies beside it.
        let mut busy = self.read_those(self.in_turn(|file| file.gone), &there, &inodes)?;
        for seen in &scan.files {
            if !self.follows(seen.inode) {
                if self.started && self.beside.knows(&seen.path) {
                    self.hunt(&seen.path, seen.inode, None, &inodes)?;
                }
                self.admit(seen)?;
            }
        }
        // What was rotated away unseen was found just now, and is older than what has its name.
        busy |= self.read_those(self.in_turn(|_| true), &there, &inodes)?;
        let alone = scan.files.iter().map(|seen| seen.inode);
        let alone = alone.filter(|inode| self.files.get(inode).is_some_and(|file| !self.turned.contains(&file.log)));
        busy |= self.read_those(alone.collect(), &there, &inodes)?;
        self.started = true;
        self.let_go();
        if !self.out.is_empty() {
            self.out.send(None)?;
        }
        Ok(busy || std::mem::take(&mut self.again))
    }

    /// What is to be kept for the next run.
    pub fn end(&mut self) {
        self.memory.keep(self.state);
    }

    /// Follows names to where the files went.
    fn notice_renamed(&mut self, there: &HashMap<Inode, &Seen>) {
        let now = self.now();
        self.turned.clear();
        for (inode, file) in &mut self.files {
            match there.get(inode) {
                Some(seen) => {
                    file.gone = false;
                    if file.path != seen.path {
                        file.path.clone_from(&seen.path);
                    }
                }
                None if !file.gone => (file.gone, file.news) = (true, now),
                None => {}
            }
            if file.gone || file.path != file.log {
                self.turned.insert(file.log.clone());
            }
        }
    }

    /// Reads on in those files that have news.
    fn read_those(
        &mut self,
        order: Vec<Inode>,
        there: &HashMap<Inode, &Seen>,
        inodes: &HashSet<Inode>,
    ) -> Result<bool, Stopped> {
        let mut busy = false;
        for inode in order {
            if self.files.get(&inode).is_some_and(|file| self.behind.contains(&file.log)) {
                continue;
            }
            let Some(mut file) = self.files.remove(&inode) else { continue };
            let seen = there.get(&inode).map(|seen| seen.look);
            self.visited = Some(inode);
            let read = self.visit(inode, &mut file, seen, inodes);
            self.visited = None;
            self.held_open(&mut file);
            if matches!(read, Ok(Visit::More | Visit::Later)) {
                self.behind.insert(file.log.clone());
            }
            if !matches!(read, Ok(Visit::Leave)) {
                self.files.insert(inode, file);
            }
            busy |= matches!(read?, Visit::More);
        }
        Ok(busy)
    }

    fn visit(
        &mut self,
        inode: Inode,
        file: &mut Followed,
        seen: Option<(u64, i128)>,
        inodes: &HashSet<Inode>,
    ) -> Result<Visit, Stopped> {
        let now = self.now();
        let open = |file: &Followed| file.source.as_ref().and_then(Source::metadata).as_ref().map(look);
        let is_packed = matches!(file.source, Some(Source::Packed(_)));
        let Some(new) = open(file).or(seen).or(is_packed.then_some(file.look)) else {
            return self.seek(inode, file);
        };
        let changed = new != file.look;
        if changed {
            file.news = now;
        }
        let mut visit = Visit::Rest;
        if changed || !file.sure {
            file.sure = !changed;
            let lost = file.look.0.saturating_sub(file.read_to());
            file.look = new;
            if file.source.is_none() && !self.open(inode, file) {
                file.sure = false;
                return Ok(Visit::Rest);
            }
            if file.read_to() == 0 && !file.original && new.0 > 0 {
                let silent = now.since(file.news) >= self.following.silence;
                if !self.settle_copy(file, silent)? {
                    file.sure = false;
                    return Ok(Visit::Rest);
                }
            }
            visit = self.read(inode, file, lost, inodes)?;
        }
        let silent = now.since(file.news);
        if file.holds() && silent >= self.following.patience && visit == Visit::Rest {
            self.of_reading(file, |file, out| file.flush(out))?;
        }
        if silent >= self.following.silence && visit == Visit::Rest {
            if file.is_unfinished() {
                let words = "ends with a line that has no end; it is read once the end is there";
                self.out.count_once(file.path.display(), "unfinished", words);
            }
            if file.gone {
                self.leave(file);
                return Ok(Visit::Leave);
            }
        }
        Ok(visit)
    }

    /// Reads on in one file, for as long as its turn lasts.
    fn read(
        &mut self,
        inode: Inode,
        file: &mut Followed,
        lost: u64,
        inodes: &HashSet<Inode>,
    ) -> Result<Visit, Stopped> {
        for _ in 0..TURN {
            let mut room = std::mem::take(&mut self.room);
            let longest = self.following.longest;
            let ahead = self.of_reading(file, |file, _| Ok(file.look_ahead(&mut room)?));
            self.room = room;
            let Some(ahead) = ahead? else { return Ok(Visit::Rest) };
            if matches!(ahead, Ahead::CutOff) {
                // Copies of what was in it were looked for, and are read first.
                self.begin_anew(inode, file, lost, inodes)?;
                break;
            }
            // What it brought stays in the room, unless older files were found: then it is read again.
            if let Some(wait) = self.older_first(inode, file, &ahead, inodes)? {
                file.sure = false;
                return Ok(wait);
            }
            let room = std::mem::take(&mut self.room);
            let went = self.of_reading(file, |file, out| file.read_on(&room, &ahead, longest, out));
            self.room = room;
            self.keep_head(file);
            match went? {
                None | Some(Went::ToTheEnd) => return Ok(Visit::Rest),
                Some(Went::On) => {}
            }
        }
        file.sure = false;
        Ok(Visit::More)
    }

    /// Does something with a file; trouble with it is counted once, and it is tried again in the next round.
    fn of_reading<T>(
        &mut self,
        file: &mut Followed,
        act: impl FnOnce(&mut Followed, &mut Delivery<'o>) -> Result<T, Trouble>,
    ) -> Result<Option<T>, Stopped> {
        match act(file, &mut self.out) {
            Ok(done) => Ok(Some(done)),
            Err(Trouble::Stopped) => Err(Stopped),
            Err(Trouble::Io(error)) => {
                file.sure = false;
                self.out.count_once(file.path.display(), "unreadable", &format!("cannot be read: {error}"));
                Ok(None)
            }
        }
    }

    /// A file was cut off. What was in it may lie beside it, in a copy that is read on first.
    fn begin_anew(
        &mut self,
        inode: Inode,
        file: &mut Followed,
        lost: u64,
        inodes: &HashSet<Inode>,
    ) -> Result<(), Stopped> {
        self.again = true;
        let (stream, name, place) = file.begin_anew();
        let known = Known { stream, name, place };
        let now = self.now();
        if !known.name.is_empty() {
            self.memory.park(known.clone());
            self.cut.push((known.clone(), now));
        }
        self.hunt_before(inode, file, inodes)?;
        let is_copied = self.memory.all().all(|left| left.name != known.name);
        if lost > 0 && !is_copied {
            let words = "was cut off before all of it was read, and no copy of it was found";
            self.out.count(file.path.display(), "lost_at_source", 1, words);
        }
        self.keep_place(file)
    }

    /// A file that is gone and was not open is looked for by its inode.
    fn seek(&mut self, inode: Inode, file: &mut Followed) -> Result<Visit, Stopped> {
        let found = siblings(&file.log).into_iter().find(|sibling| sibling.seen.inode == inode);
        if let Some(sibling) = found {
            file.path = sibling.seen.path;
            if self.open(inode, file) {
                file.sure = false;
                return Ok(Visit::More);
            }
        }
        if file.look.0 > file.read_to() {
            let words = "was deleted before all of it was read";
            self.out.count(file.path.display(), "lost_at_source", 1, words);
        }
        self.leave(file);
        Ok(Visit::Leave)
    }

    /// Opens a file that is followed; false where that is not possible now, or where another file has its name.
    pub fn open(&mut self, inode: Inode, file: &mut Followed) -> bool {
        match Source::open(&file.path) {
            Ok(source) if source.metadata().is_some_and(|found| found.is_file() && Inode::of(&found) == inode) => {
                file.source = Some(source);
                self.open += 1;
                true
            }
            Ok(_) => false,
            Err(error) => {
                self.denied(&file.path, &error);
                false
            }
        }
    }

    pub fn denied(&mut self, path: &Path, error: &std::io::Error) {
        match error.kind() {
            std::io::ErrorKind::NotFound => {}
            std::io::ErrorKind::PermissionDenied => self.out.count_once(
                path.display(),
                "no_permission",
                "may not be read; add the agent's user to the file's group, often `adm`",
            ),
            _ => self.out.count_once(path.display(), "unreadable", &format!("cannot be opened: {error}")),
        }
    }

    /// Keeps within the bound of open files. One that is gone is kept open, for its name may be gone as well.
    fn held_open(&mut self, file: &mut Followed) {
        if self.open > OPEN && !file.gone && matches!(file.source, Some(Source::Plain(_))) {
            file.source = None;
            self.open -= 1;
        }
    }

    pub fn opened(&mut self) {
        self.open += 1;
    }

    /// A file that was gone has been silent for long enough.
    fn leave(&mut self, file: &mut Followed) {
        if let Some(source) = file.source.take() {
            self.open = self.open.saturating_sub(1);
            let known = Known { stream: file.stream().clone(), name: file.name().to_owned(), place: file.place() };
            let deleted = source.metadata().is_some_and(|found| std::os::unix::fs::MetadataExt::nlink(&found) == 0);
            // Who unpacks may find its content once more.
            if deleted && !self.following.unpack { self.memory.end(&known) } else { self.memory.park(known) }
        } else {
            let known = Known { stream: file.stream().clone(), name: file.name().to_owned(), place: file.place() };
            self.memory.park(known);
        }
    }

    /// Forgets what is settled and will not come back.
    fn let_go(&mut self) {
        let (now, silence) = (self.now(), self.following.silence);
        let (memory, out) = (&mut self.memory, self.out.outlet());
        self.cut.retain(|(known, since)| {
            let wait = now.since(*since) < silence;
            if !wait && memory.all().any(|left| left.name == known.name) {
                memory.take_one(&known.name);
                memory.end(known);
            }
            wait
        });
        let in_use = |name: &str| self.files.values().any(|file| file.name() == name);
        memory.forget_ended(out, in_use);
        if now >= self.tidy {
            self.tidy = now.plus(TIDY);
            memory.forget_old(out, self.following.keep);
        }
    }

    /// A reader for a file that comes behind others by the same path: it knows their head.
    pub fn reader(&self, log: &Path) -> Option<Reader> {
        let before = self.files.values().filter(|file| file.log == log).max_by_key(|file| file.number)?;
        let mut reader = before.reader.clone();
        reader.restart();
        Some(reader)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Nothing more to do now.
    Rest,
    /// There is more to read.
    More,
    /// There is more to read, but not at once.
    Later,
    /// The file is left for good.
    Leave,
}
