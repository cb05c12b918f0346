//! One mistake or remark, with the places it is about.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{File, Place, Style, render};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can be used, but somebody should look at it.
    Warning,
}

/// A stretch of a file that a diagnostic points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The file.
    pub file: Arc<File>,
    /// Byte range within it.
    pub span: Range<usize>,
    /// What is said beside the caret; may be empty.
    pub label: String,
}

impl Mark {
    /// File, line and column.
    pub fn place(&self) -> Place {
        self.file.place(self.span.start)
    }
}

/// One mistake or remark about a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, without a capital or a full stop.
    pub message: String,
    /// Where: the first is the place itself, others belong to it. None for what is in no file.
    pub marks: Vec<Mark>,
    /// What to do, where that can be said.
    pub help: Option<String>,
}

impl Diagnostic {
    /// File, line and column of the first mark.
    pub fn place(&self) -> Option<Place> {
        self.marks.first().map(Mark::place)
    }

    /// The message with its lines, carets and cure. No secret is in it.
    pub fn render(&self, style: Style) -> String {
        render::diagnostic(self, style)
    }
}

/// All that is wrong with a configuration, at once. Warnings are among it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Diagnostic>);

impl Mistakes {
    /// Every diagnostic, with an empty line between them.
    pub fn render(&self, style: Style) -> String {
        let all: Vec<_> = self.0.iter().map(|diagnostic| diagnostic.render(style)).collect();
        all.join("\n")
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Style::Plain))
    }
}

impl std::error::Error for Mistakes {}
