//! How a diagnostic looks: the message, file:line:column, the line with a caret, the cure. The only place that draws.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Element, Level, Renderer, Snippet, renderer::DecorStyle};

use super::{Diagnostic, Mark, Severity};

/// With or without colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Bare text.
    Plain,
    /// With the colours of a terminal.
    Coloured,
}

pub(super) fn diagnostic(diagnostic: &Diagnostic, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let snippets = snippets(&diagnostic.marks);
    let group = level.primary_title(diagnostic.message.as_str()).elements(snippets);
    let group = match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    };
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let mut text = renderer.decor_style(DecorStyle::Ascii).term_width(160).render(&[group]);
    text.push('\n');
    text
}

/// One snippet for each file, in the order in which the files are first named.
fn snippets(marks: &[Mark]) -> Vec<Element<'_>> {
    let mut files: Vec<&Mark> = Vec::new();
    for mark in marks {
        if !files.iter().any(|known| Arc::ptr_eq(&known.file, &mark.file)) {
            files.push(mark);
        }
    }
    let mut all = Vec::new();
    for first in files {
        let text = first.file.masked();
        let own = || marks.iter().enumerate().filter(|(_, mark)| Arc::ptr_eq(&mark.file, &first.file));
        // Only the lines from the first mark to the last are handed on: a long file costs no more than a short one.
        let lowest = own().map(|(_, mark)| mark.span.start).min().unwrap_or(0);
        let highest = own().map(|(_, mark)| mark.span.end).max().unwrap_or(0);
        let start = text[..lowest].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[highest..].find('\n').map_or(text.len(), |length| highest + length);
        let start = start + text[start..end].len() - text[start..end].trim_start_matches('\u{feff}').len();
        let snippet = Snippet::source(&text[start..end])
            .line_start(first.file.place(start).line)
            .path(first.file.path().to_string_lossy().into_owned())
            .annotations(own().map(|(at, mark)| {
                let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                let span = mark.span.start.saturating_sub(start)..mark.span.end.saturating_sub(start);
                let annotation = kind.span(span);
                if mark.label.is_empty() { annotation } else { annotation.label(mark.label.as_str()) }
            }));
        all.push(snippet.into());
    }
    all
}
