//! Writes the manual pages and the shell completions of `streamer` into a folder: `pages FOLDER`. They come from the
//! definition of the command line, so they cannot tell of a command that it does not have.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap_complete::Shell;

/// Where each shell of Debian looks, and what the file is called.
const COMPLETIONS: &[(Shell, &str)] = &[
    (Shell::Bash, "usr/share/bash-completion/completions/streamer"),
    (Shell::Zsh, "usr/share/zsh/vendor-completions/_streamer"),
    (Shell::Fish, "usr/share/fish/vendor_completions.d/streamer.fish"),
];

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("pages FOLDER"))?;
    let mut command = streamer_agent::command_line();
    for (shell, path) in COMPLETIONS {
        let mut page = Vec::new();
        clap_complete::generate(*shell, &mut command, "streamer", &mut page);
        write(&folder.join(path), &page)?;
    }
    let manual = folder.join("usr/share/man/man1");
    fs::create_dir_all(&manual)?;
    clap_mangen::generate_to(command, manual)
}

fn write(path: &Path, page: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, page)
}
