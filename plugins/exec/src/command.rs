//! A command made ready to be started over and over: its arguments, environment, folder, user and bounds.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use rustix::process::Pid;
use streamer_plugin::InputError;
use streamer_plugin::options::is_secret_name;
use streamer_plugin::reading::word;

use crate::account::Account;
use crate::failure;
use crate::launch::{Plan, Step, Unlaunched, launch};
use crate::orphans;
use crate::run::Run;

/// Where programs are looked for when no environment says so.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What the service manager told the agent is no affair of a command's.
const NOT_INHERITED: [&str; 6] =
    ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

/// What a configuration says of a command.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'w> {
    pub command: &'w [String],
    pub shell: Option<&'w str>,
    pub environment: &'w BTreeMap<String, String>,
    pub folder: Option<&'w Path>,
    pub user: Option<&'w str>,
    pub memory: Option<u64>,
}

/// A command, ready.
#[derive(Debug)]
pub struct Command {
    /// How it is called in messages, secrets masked.
    pub shown: String,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    /// Where a program without a slash in its name is looked for.
    path: OsString,
    folder: Option<CString>,
    account: Option<Account>,
    memory: Option<u64>,
    nothing: File,
}

impl Wish<'_> {
    /// The command line; a shell's text is the last of three words.
    fn line(&self) -> Vec<&str> {
        match self.shell {
            Some(text) => vec!["/bin/sh", "-c", text],
            None => self.command.iter().map(String::as_str).collect(),
        }
    }

    /// What a person recognises it by: the words of a shell's text, or the list, with secrets masked.
    fn words(&self) -> Vec<String> {
        let words: Vec<&str> = match self.shell {
            Some(text) => text.split_whitespace().collect(),
            None => self.line(),
        };
        let mut hidden = false;
        words
            .into_iter()
            .map(|text| {
                let hide = std::mem::take(&mut hidden);
                let (name, value) = text.split_once(['=', ':']).map_or((text, None), |(n, v)| (n, Some(v)));
                let secret = is_secret_name(name.trim_start_matches('-')) || name.eq_ignore_ascii_case("authorization");
                hidden = secret && value.is_none_or(|value| value.trim().is_empty());
                match value {
                    _ if hide => "***".to_owned(),
                    Some(value) if secret && !value.trim().is_empty() => format!("{name}=***"),
                    _ => text.to_owned(),
                }
            })
            .collect()
    }

    /// The command line made into a word: `vcgencmd-measure_volts`.
    pub fn natural_key(&self) -> String {
        let mut words = self.words();
        if let Some(first) = words.first_mut()
            && let Some(name) = Path::new(&*first).file_name()
        {
            *first = name.to_string_lossy().into_owned();
        }
        let named = words.iter().filter(|text| text.contains(char::is_alphanumeric));
        let parts: Vec<String> = named.map(|text| word(text).trim_matches('-').to_owned()).collect();
        if parts.is_empty() { String::new() } else { word(&parts.join("-")) }
    }

    fn shown(&self) -> String {
        const LONGEST: usize = 80;
        let whole = self.words().join(" ").replace(char::is_control, " ");
        match whole.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}...", &whole[..end]),
            None => whole,
        }
    }

    /// Makes the command ready.
    ///
    /// # Errors
    /// [`InputError::Misconfigured`] for what no system call takes, and for a user that is not there.
    pub fn ready(&self) -> Result<Command, InputError> {
        let shown = self.shown();
        let wrong = |words: String| InputError::misconfigured(words).of(&shown);
        let c_text = |text: &OsStr| {
            CString::new(text.as_bytes()).map_err(|_| wrong("a text for a program cannot hold a NUL character".into()))
        };
        let account = self.user.map(|user| account(user).map_err(wrong)).transpose()?;
        let mut variables: BTreeMap<OsString, OsString> = BTreeMap::new();
        variables.extend(std::env::vars_os().filter(|(name, _)| !NOT_INHERITED.iter().any(|other| name == other)));
        if let Some(account) = &account {
            variables.insert("HOME".into(), account.home.clone().into());
            variables.insert("USER".into(), account.name.clone().into());
            variables.insert("LOGNAME".into(), account.name.clone().into());
        }
        // Numbers with a point, messages that can be searched for.
        variables.insert("LC_ALL".into(), "C".into());
        variables.extend(self.environment.iter().map(|(name, value)| (name.into(), value.into())));
        let path = variables.get(OsStr::new("PATH")).cloned().unwrap_or_else(|| USUAL_PATH.into());
        let mut environment = Vec::with_capacity(variables.len() + 1);
        for (mut name, value) in variables {
            name.push("=");
            name.push(value);
            environment.push(c_text(&name)?);
        }
        Ok(Command {
            arguments: self.line().into_iter().map(|text| c_text(text.as_ref())).collect::<Result<_, _>>()?,
            environment,
            path,
            folder: self.folder.map(|folder| c_text(folder.as_os_str())).transpose()?,
            // An agent that is that user already has nothing to change, nor the right to.
            account: account.filter(|account| account.uid != rustix::process::geteuid()),
            memory: self.memory,
            nothing: File::open("/dev/null").map_err(|error| InputError::again(error).of("/dev/null"))?,
            shown,
        })
    }
}

fn account(user: &str) -> Result<Account, String> {
    let read = |file: &str| std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"));
    let (passwd, group) = (read("/etc/passwd")?, read("/etc/group").unwrap_or_default());
    Account::find(user, &passwd, &group)
        .ok_or_else(|| format!("no user {user:?} in /etc/passwd; make one (useradd), or leave `user` out"))
}

impl Command {
    /// Starts the command as the first process of `run`, with its output and its messages going to these two.
    ///
    /// # Errors
    /// [`InputError::Misconfigured`] with the cure, [`InputError::Again`] where only the moment is wrong.
    pub fn start(
        &self,
        run: &Run,
        stdin: Option<&OwnedFd>,
        stdout: BorrowedFd<'_>,
        stderr: BorrowedFd<'_>,
    ) -> Result<Pid, InputError> {
        let program = self.program()?;
        let mark = run.mark();
        let plan = Plan {
            program: &program,
            arguments: &self.arguments,
            environment: &self.environment,
            mark: &mark,
            folder: self.folder.as_deref(),
            account: self.account.as_ref(),
            memory: self.memory,
            stdin: stdin.map_or(self.nothing.as_fd(), OwnedFd::as_fd),
            stdout,
            stderr,
        };
        let starting = orphans::starting();
        let launched = launch(&plan);
        if let Ok(pid) = launched {
            run.led_by(pid);
        }
        drop(starting);
        launched.map_err(|unlaunched| self.unlaunched(unlaunched, Path::new(OsStr::from_bytes(program.as_bytes()))))
    }

    /// Whether its program can be found now.
    ///
    /// # Errors
    /// As [`Command::start`].
    pub fn is_there(&self) -> Result<(), InputError> {
        let program = self.program()?;
        let program = Path::new(OsStr::from_bytes(program.as_bytes()));
        let folder = self.folder.as_ref().map(|folder| Path::new(OsStr::from_bytes(folder.as_bytes())));
        let there = folder.map_or_else(|| program.to_owned(), |folder| folder.join(program));
        rustix::fs::access(&there, Access::EXEC_OK)
            .map_err(|errno| failure::not_executed(errno, program, folder).of(&self.shown))
    }

    /// The user it runs as, where that is another one.
    pub fn user(&self) -> Option<&str> {
        self.account.as_ref().map(|account| account.name.as_str())
    }

    fn name(&self) -> &OsStr {
        self.arguments.first().map_or(OsStr::new(""), |name| OsStr::from_bytes(name.as_bytes()))
    }

    /// The file to execute: as it is written if there is a slash in it, else the first of that name on the path.
    fn program(&self) -> Result<CString, InputError> {
        let name = self.name();
        if name.as_bytes().contains(&b'/') {
            return Ok(self.arguments.first().cloned().unwrap_or_default());
        }
        let mut forbidden = None;
        for folder in std::env::split_paths(&self.path) {
            let file = folder.join(name);
            if !file.is_file() {
                continue;
            }
            if rustix::fs::access(&file, Access::EXEC_OK).is_ok() {
                return CString::new(file.as_os_str().as_bytes()).map_err(InputError::misconfigured);
            }
            forbidden.get_or_insert(file);
        }
        let words = match forbidden {
            Some(file) => failure::not_executable(&file),
            None => format!(
                "there is no such program in {}; install it, or give its whole path",
                self.path.to_string_lossy()
            ),
        };
        Err(InputError::misconfigured(words).of(&self.shown))
    }

    fn unlaunched(&self, unlaunched: Unlaunched, program: &Path) -> InputError {
        let folder = self.folder.as_ref().map(|folder| PathBuf::from(OsStr::from_bytes(folder.as_bytes())));
        let error = match unlaunched.step {
            Step::Execute => failure::not_executed(unlaunched.errno, program, folder.as_deref()),
            Step::Folder => failure::no_folder(unlaunched.errno, &folder.unwrap_or_default()),
            Step::User => failure::not_that_user(unlaunched.errno, self.user().unwrap_or_default()),
            Step::Start | Step::Prepare => failure::not_started(unlaunched.errno),
        };
        error.of(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(command: &[&str]) -> String {
        let command: Vec<String> = command.iter().map(|&text| text.to_owned()).collect();
        wish(&command, None).natural_key()
    }

    fn wish<'w>(command: &'w [String], shell: Option<&'w str>) -> Wish<'w> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        Wish { command, shell, environment: &NONE, folder: None, user: None, memory: None }
    }

    #[test]
    fn an_id_is_the_command_line_as_a_word() {
        assert_eq!(key(&["vcgencmd", "measure_volts"]), "vcgencmd-measure_volts");
        assert_eq!(key(&["./vcgencmd", "measure_temp"]), "vcgencmd-measure_temp");
        assert_eq!(key(&["/usr/bin/sensors", "-j"]), "sensors-j");
        assert_eq!(key(&["cat", "/proc/load avg", "|"]), "cat-proc_load_avg");
        assert_eq!(wish(&[], Some("df / | tail -1")).natural_key(), "df-tail-1");
        assert_eq!(key(&["curl", "--token=abc", "-H", "Authorization: x", "x"]), "curl-token-H-Authorization-x");
        assert!(key(&["x", &"y".repeat(300)]).chars().count() <= 100);
    }

    #[test]
    fn secrets_are_not_shown() {
        let command: Vec<String> =
            ["curl", "--password", "hunter2", "--token=abc", "-H", "Authorization: Bearer x", "u"]
                .map(String::from)
                .into();
        assert_eq!(wish(&command, None).shown(), "curl --password *** --token=*** -H Authorization=*** u");
        assert_eq!(wish(&[], Some("API_KEY=abc curl x")).shown(), "API_KEY=*** curl x");
    }
}
