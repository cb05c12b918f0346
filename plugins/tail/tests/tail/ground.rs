//! A folder, a tail over it that is started and stopped, and what it said.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use streamer_plugin::testkit::{Bench, Mortal, Recorder};
use streamer_plugin::{Outlet, Sink, Stop, Stopper};
use streamer_tail::PLUGIN;

/// A folder for logs, one for the state, and a recorder whose places outlive each run.
pub struct Ground {
    pub folder: tempfile::TempDir,
    state: tempfile::TempDir,
    pub bench: Bench,
    pub heard: Arc<Recorder>,
    options: String,
}

/// A tail at work.
pub struct Running {
    stopper: Stopper,
    thread: std::thread::JoinHandle<()>,
}

impl Running {
    pub fn stop(self) {
        self.stopper.stop();
        self.thread.join().expect("the tail panicked");
    }
}

impl Ground {
    /// A ground whose tail follows `files`, a list of globs below the folder, with more options.
    pub fn new(files: &[&str], more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::within(folder, files, more)
    }

    /// The same in a folder that was made before.
    pub fn within(folder: tempfile::TempDir, files: &[&str], more: &str) -> Self {
        let state = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = files.iter().map(|file| folder.path().join(file)).collect();
        let poll = if more.contains("poll") { "" } else { "poll = \"3ms\"\n" };
        let options = format!("files = {files:?}\n{poll}{more}");
        let bench = Bench::new("/").with_state(state.path());
        Self { folder, state, bench, heard: Arc::default(), options }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        self.open(name).write_all(text.as_ref()).unwrap();
    }

    /// A file that a writer holds open for appending.
    pub fn open(&self, name: &str) -> File {
        OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap()
    }

    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// What logrotate's copytruncate does.
    pub fn copy_and_truncate(&self, from: &str, to: &str) {
        fs::copy(self.path(from), self.path(to)).unwrap();
        OpenOptions::new().write(true).open(self.path(from)).unwrap().set_len(0).unwrap();
    }

    pub fn start(&self) -> Running {
        self.start_into(self.heard.clone())
    }

    /// Starts a tail that is killed after `sends` batches.
    pub fn start_fragile(&self, sends: usize) -> Running {
        self.start_into(Arc::new(Mortal::new(self.heard.clone(), sends)))
    }

    fn start_into(&self, sink: Arc<dyn Sink>) -> Running {
        let input = self.bench.build(&PLUGIN, &self.options).unwrap();
        let mut listener = input.into_listener().unwrap();
        let (stop, stopper) = Stop::new().unwrap();
        let outlet = Outlet::new(sink, self.bench.clock().clone(), stop.clone());
        let thread = std::thread::spawn(move || listener.listen(&outlet, &stop).unwrap());
        Running { stopper, thread }
    }

    /// Waits until so many readings are there in all.
    pub fn wait(&self, count: usize) -> Vec<String> {
        self.heard.wait_for(count)
    }

    /// The streams and how far they are.
    pub fn places(&self) -> Vec<(String, u64)> {
        self.heard.positions()
    }

    /// Runs until so many readings are there in all, and a little longer: until nothing is left to read.
    pub fn run(&self, count: usize) -> Vec<String> {
        let running = self.start();
        self.wait(count);
        running.stop();
        self.heard.lines()
    }

    /// The readings in order of their text, for files that are read side by side.
    pub fn sorted(&self) -> Vec<String> {
        let mut lines = self.heard.lines();
        lines.sort();
        lines
    }

    /// How often something was counted.
    pub fn counted(&self, cause: &str) -> usize {
        self.heard.refused().iter().filter(|(_, counted)| *counted == cause).count()
    }

    /// Waits until something was counted so often; panics after a generous minute.
    pub fn wait_counted(&self, cause: &str, times: usize) {
        self.wait_until(&format!("{cause} counted {times} times"), || self.counted(cause) >= times);
    }

    /// Waits until something is so; panics after a generous minute.
    pub fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        for _ in 0..30_000 {
            if is_so() {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("waited for {what}: {:?} {:?} {:?}", self.heard.lines(), self.heard.refused(), self.places());
    }

    pub fn inode(&self, name: &str) -> u64 {
        std::os::unix::fs::MetadataExt::ino(&fs::metadata(self.path(name)).unwrap())
    }

    /// What the input keeps beside the places.
    pub fn state(&self) -> &Path {
        self.state.path()
    }
}

/// `line one`, `line two`, as the recorder spells them.
pub fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| format!("line {text}")).collect()
}
