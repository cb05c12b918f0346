//! Where things stand in the files, what is wrong there, and how it is shown without showing a secret.

mod diagnostic;
mod file;
mod findings;
mod mask;
mod render;
mod tokens;

pub use diagnostic::{Diagnostic, Mark, Mistakes, Severity};
pub use file::{File, Files, Place};
pub(crate) use findings::{Findings, Span};
pub use render::Style;
