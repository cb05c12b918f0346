//! What a program was built without, and what is said to somebody who asks for it.

use crate::place::{Findings, Span};
use crate::surroundings::Surroundings;

/// Whether `name`, an input or an output as `what` says, was left out of this program; then that is told.
pub(crate) fn is_left_out(
    what: &str,
    name: &str,
    span: &Span,
    around: &Surroundings<'_>,
    findings: &mut Findings<'_>,
) -> bool {
    let left_out = around.left_out.contains(&name);
    if left_out {
        findings.error(span, format!("this program was built without the {what} `{name}`")).help =
            Some(format!("take a program that has it, or build one with the cargo feature `{name}` of streamer-agent"));
    }
    left_out
}
