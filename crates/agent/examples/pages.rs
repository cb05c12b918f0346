//! Writes the manual pages and the shell completions of `streamer` into a folder: `pages FOLDER`. They come from the
//! definition of the command line, so they cannot tell of a command that it does not have.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// Where each shell of Debian looks, and what the file is called.
const COMPLETIONS: &[(Shell, &str)] = &[
    (Shell::Bash, "usr/share/bash-completion/completions/streamer"),
    (Shell::Zsh, "usr/share/zsh/vendor-completions/_streamer"),
    (Shell::Fish, "usr/share/fish/vendor_completions.d/streamer.fish"),
];

/// Of the release, as its changelog has it.
const DATE: &str = "2026-11-28";
const SOURCE: &str = concat!("streamer ", env!("CARGO_PKG_VERSION"));
/// What holds for all commands, and what no definition of a command line tells.
const ABOUT: &str = include_str!("about.1");
const SEE: &str = ".SH \"SEE ALSO\"\n\\fBstreamer\\fR(1), which has the exit codes, the files and the environment\n";

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
    command.build();
    pages(&command, &manual)
}

/// The page of a command and those of the commands below it.
fn pages(command: &Command, folder: &Path) -> io::Result<()> {
    let below = command.get_subcommands().filter(|command| !command.is_hide_set());
    below.into_iter().try_for_each(|command| pages(command, folder))?;
    let page = Man::new(command.clone()).date(DATE).source(SOURCE).manual("Streamer");
    let mut text = Vec::new();
    page.render(&mut text)?;
    text.extend_from_slice(if command.get_name() == "streamer" { ABOUT.as_bytes() } else { SEE.as_bytes() });
    write(&folder.join(page.get_filename()), &text)
}

fn write(path: &Path, page: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, page)
}
