//! The files of one configuration. They are laid end to end, so that a byte range alone says which file it is in.
//!
//! A file never shows its text: whoever prints a line of it gets the masked one.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::Mark;
use super::mask::{Masked, mask};

/// One file of a configuration.
pub struct File {
    path: PathBuf,
    text: String,
    /// Made when a line is to be shown for the first time.
    masked: OnceLock<Masked>,
    /// Where each line starts, counted when a place is to be named for the first time.
    lines: OnceLock<Vec<usize>>,
    /// Whether every user of the machine may read it.
    world_readable: bool,
    base: usize,
}

/// Where something stands: shown as `streamer.toml:12:3`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

impl File {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The text as it is, secrets and all: for the parser alone.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text with stars for whatever may be a secret; every place in it is the same.
    pub(crate) fn masked(&self) -> &str {
        self.mask().text()
    }

    fn mask(&self) -> &Masked {
        self.masked.get_or_init(|| mask(&self.text))
    }

    pub(crate) fn is_world_readable(&self) -> bool {
        self.world_readable
    }

    /// What must be added to a place in this file to make it a place in all files.
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    /// The line and column of a byte of this file.
    pub(crate) fn place(&self, at: usize) -> Place {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let starts = self.lines.get_or_init(|| {
            std::iter::once(0).chain(self.text.match_indices('\n').map(|(newline, _)| newline + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= at);
        let before = &self.text[starts[line - 1]..at];
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        Place { file: self.path.clone(), line, column }
    }
}

/// The same file of the same configuration.
impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.base == other.base && self.path == other.path
    }
}

impl Eq for File {}

/// Its name: the text may hold a key.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({})", self.path.display())
    }
}

/// All files of one configuration, in the order in which they count.
#[derive(Debug, Clone, Default)]
pub struct Files(Vec<Arc<File>>);

impl Files {
    /// A configuration of one text, for tests and for what is built in.
    pub fn text(name: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let mut files = Self::default();
        files.push(name.into(), text.into(), false);
        files
    }

    /// Puts another file behind the others.
    pub fn push(&mut self, path: impl Into<PathBuf>, text: impl Into<String>, world_readable: bool) {
        // One byte between files, so that the end of one is not the start of the next.
        let base = self.0.last().map_or(0, |last| last.base + last.text.len() + 1);
        let text = text.into();
        self.0.push(Arc::new(File {
            path: path.into(),
            text,
            masked: OnceLock::new(),
            lines: OnceLock::new(),
            world_readable,
            base,
        }));
    }

    /// The paths, as they were named.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|file| file.path.as_path())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<File>> {
        self.0.iter()
    }

    /// The file that a place in all files is in, and the range within it.
    pub(crate) fn locate(&self, span: &Range<usize>) -> Option<(&Arc<File>, Range<usize>)> {
        let file = self.0.get(self.0.partition_point(|file| file.base <= span.start).checked_sub(1)?)?;
        let within = |at: usize| at.saturating_sub(file.base).min(file.text.len());
        Some((file, within(span.start)..within(span.end)))
    }

    /// The secrets that stand in the files themselves.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|file| file.mask().secrets(&file.text))
    }

    /// A stretch of a file, to be pointed at.
    pub(crate) fn mark(&self, span: &Range<usize>, label: impl Into<String>) -> Option<Mark> {
        let (file, span) = self.locate(span)?;
        Some(Mark { file: file.clone(), span, label: label.into() })
    }

    /// The place of a part of a text, where the text stands in the file as it is; else of the whole text in its quotes.
    pub(crate) fn within(&self, span: &Range<usize>, text: &str, part: Option<Range<usize>>) -> Range<usize> {
        let quoted = self.locate(span).map(|(file, own)| &file.text()[own]);
        match (part, quoted) {
            (Some(part), Some(quoted))
                if quoted.len() == text.len() + 2 && quoted.get(1..quoted.len() - 1) == Some(text) =>
            {
                span.start + 1 + part.start..span.start + 1 + part.end
            }
            _ => span.clone(),
        }
    }

    /// File, line and column of the start of a stretch.
    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        self.mark(span, "").map_or(Place { file: PathBuf::new(), line: 0, column: 0 }, |mark| mark.place())
    }
}
