//! What went wrong with a command, in one line, with the cure where there is one.

use std::fmt::Display;
use std::path::Path;

use rustix::io::Errno;
use streamer_plugin::InputError;

use crate::child::Status;

/// The file is there and may not be executed.
pub fn not_executable(file: &Path) -> String {
    if std::fs::metadata(file).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied) {
        return format!(
            "{} lies in a folder that the agent's user may not enter (namei -l {0} shows which); put it elsewhere, such \
             as /usr/local/bin",
            file.display()
        );
    }
    format!("{} may not be executed; make it executable: chmod +x {0}", file.display())
}

/// The last step failed: the process could not become the program.
pub fn not_executed(errno: Errno, program: &Path, folder: Option<&Path>) -> InputError {
    let file = folder.map_or_else(|| program.to_owned(), |folder| folder.join(program));
    let shown = file.display();
    InputError::misconfigured(match errno {
        Errno::NOENT if file.exists() => {
            format!("{shown} is there, but what runs it is not: the program in its #! line, or its loader")
        }
        Errno::NOENT | Errno::NOTDIR => format!("there is no {shown}; install it, or give its whole path"),
        Errno::ACCESS if file.is_dir() => format!("{shown} is a folder; give a program in it"),
        Errno::ACCESS | Errno::PERM => not_executable(&file),
        Errno::NOEXEC => format!(
            "{shown} is no program for this machine; a script begins with a line such as #!/bin/sh, or is given to its shell: command = [\"sh\", \"{shown}\"]"
        ),
        // Somebody writes it at this moment; or there is no memory for it.
        Errno::TXTBSY | Errno::NOMEM | Errno::AGAIN | Errno::MFILE | Errno::NFILE | Errno::IO => {
            return InputError::again(format_args!("{shown} could not be started: {errno}"));
        }
        _ => format!("{shown} could not be started: {errno}"),
    })
}

/// The working folder is none.
pub fn no_folder(errno: Errno, folder: &Path) -> InputError {
    InputError::misconfigured(format_args!("its working folder `cwd` = {folder:?} cannot be entered: {errno}"))
}

/// The agent may not run anything as that user.
pub fn not_that_user(errno: Errno, user: &str) -> InputError {
    InputError::misconfigured(match errno {
        Errno::PERM => {
            format!("only an agent of root may run it as {user}; leave `user` out, or use sudo -n -u {user}")
        }
        _ => format!("it cannot be run as {user}: {errno}"),
    })
}

/// There could be no process.
pub fn not_started(errno: Errno) -> InputError {
    InputError::again(match errno {
        Errno::AGAIN => "no more processes are allowed here (see ulimit -u and TasksMax)".to_owned(),
        Errno::NOMEM => "there is no memory for another process".to_owned(),
        Errno::PERM => "`memory` is more than the agent itself may have".to_owned(),
        _ => format!("no process for it: {errno}"),
    })
}

/// Ended in a way that is a failure: how, its last words, and what they suggest.
pub fn ended(command: impl Display, status: Status, words: Option<&str>, memory: Option<u64>) -> InputError {
    let mut text = format!("{command}: {status}");
    if let Some(words) = words {
        text.push_str(": ");
        text.push_str(words);
    }
    if let Some(cure) = cure(status, words.unwrap_or_default(), memory) {
        text.push_str("; ");
        text.push_str(cure);
    }
    InputError::again(text)
}

fn cure(status: Status, words: &str, memory: Option<u64>) -> Option<&'static str> {
    let says = |text: &str| words.contains(text);
    if says("VCHI initialization failed") || says("/dev/vcio") || says("/dev/vchiq") {
        return Some("its user must be in the group video: sudo usermod -aG video USER, then restart the agent");
    }
    if says("/dev/gpiochip") || says("/dev/gpiomem") {
        return Some("its user must be in the group gpio: sudo usermod -aG gpio USER, then restart the agent");
    }
    if says("/dev/i2c") {
        return Some("its user must be in the group i2c: sudo usermod -aG i2c USER, then restart the agent");
    }
    if memory.is_some() && (says("emory") || matches!(status, Status::Killed(6 | 7 | 9 | 11))) {
        return Some("perhaps `memory` is too little for it");
    }
    match status {
        Status::Exited(126) => Some("its shell may not execute the program"),
        Status::Exited(127) => Some("its shell, or its loader, did not find the program or a library"),
        Status::Killed(9) => Some("somebody killed it, perhaps the kernel for want of memory"),
        _ if says("a password is required") => Some("sudo asks nobody here: allow it with NOPASSWD"),
        _ if says("ermission denied") => Some("its user may not do that; give `user`, or a group"),
        _ => None,
    }
}
