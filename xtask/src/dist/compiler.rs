//! What builds the program for a processor: cargo alone for this machine's own, the cross tools for all others.

use std::path::PathBuf;

use crate::debian::Debian;
use crate::dist::cross::Cross;
use crate::dist::target::Target;
use crate::size::release_program;
use crate::workspace::Workspace;

/// A compiler that can be had here.
pub struct Compiler<'w> {
    workspace: &'w Workspace,
    target: &'w Target,
    cross: Option<Cross>,
}

impl<'w> Compiler<'w> {
    /// Fetches what is missing; from then on nothing is fetched any more.
    ///
    /// # Errors
    /// What cannot be had here, in words for a `skipped`.
    pub fn fetch(
        workspace: &'w Workspace,
        target: &'w Target,
        debian: &Result<Debian, String>,
    ) -> Result<Self, String> {
        let cross = if target.is_native() {
            None
        } else {
            Some(Cross::fetch(workspace, debian.as_ref().map_err(Clone::clone)?, target)?)
        };
        Ok(Self { workspace, target, cross })
    }

    /// Builds the program as it is shipped, and tells where it lies.
    ///
    /// # Errors
    /// What cargo says.
    pub fn program(&self) -> Result<PathBuf, String> {
        match &self.cross {
            None => release_program(self.workspace),
            Some(cross) => cross.build(self.workspace, self.target),
        }
    }
}
