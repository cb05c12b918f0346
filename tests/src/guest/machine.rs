//! One emulated machine from power-on to power-off. Its power is cut by ending the emulator: what the guest had not given
//! to its disk is gone, what it had is kept.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::PATIENCE;
use super::console::Console;
use super::hand::Hand;
use crate::eventually;

/// What the guest's clock shows at power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The time.
    Right,
    /// The first minute of 1970, as on a board without a battery.
    Unset,
}

/// How a machine is made.
pub struct Setup {
    /// The emulator.
    pub emulator: String,
    /// Its arguments for this board and its devices, such as `-M q35`.
    pub board: Vec<String>,
    /// The kernel.
    pub kernel: PathBuf,
    /// What the kernel is told of the board, where the emulator does not tell it.
    pub device_tree: Option<PathBuf>,
    /// What the kernel is told.
    pub append: String,
    /// The first file system.
    pub ramdisk: PathBuf,
    /// A disk that outlives the guest.
    pub disk: Option<PathBuf>,
}

/// A machine under power.
pub struct Machine {
    emulator: Child,
    /// A shell in the guest.
    pub console: Console,
    /// What moves the world around it.
    pub hand: Hand,
    _sockets: TempDir,
}

impl Machine {
    /// Puts it under power and waits for its shell.
    ///
    /// # Errors
    /// What the emulator or the guest said at last.
    pub fn start(setup: &Setup, clock: Clock) -> Result<Self, String> {
        let sockets = tempfile::tempdir().map_err(|error| error.to_string())?;
        let socket = sockets.path().join("console");
        let mut command = Command::new(&setup.emulator);
        command.args(&setup.board).arg("-kernel").arg(&setup.kernel).arg("-initrd").arg(&setup.ramdisk);
        command.args(["-append", &setup.append, "-display", "none", "-monitor", "none", "-no-reboot"]);
        command.arg("-chardev").arg(format!("socket,id=console,path={},server=on,wait=on", socket.display()));
        command.args(["-serial", "chardev:console"]).args(Hand::arguments(sockets.path()));
        if let Some(tree) = &setup.device_tree {
            command.arg("-dtb").arg(tree);
        }
        if clock == Clock::Unset {
            command.args(["-rtc", "base=1970-01-01T00:00:05"]);
        }
        if let Some(disk) = &setup.disk {
            command.arg("-drive").arg(format!("file={},format=raw,if=virtio,cache=writeback", disk.display()));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut emulator = command.spawn().map_err(|error| format!("{}: {error}", setup.emulator))?;
        let met = Console::at(&socket).and_then(|console| Ok((console, Hand::at(sockets.path())?)));
        let (console, hand) = match met {
            Ok(met) => met,
            Err(why) => {
                // It may have ended by itself, which is why nobody was met.
                let _ = emulator.kill();
                let said = emulator.wait_with_output().map_err(|error| error.to_string())?;
                return Err(format!("{why}: {}", String::from_utf8_lossy(&said.stderr)));
            }
        };
        let mut machine = Self { emulator, console, hand, _sockets: sockets };
        machine.console.hears("the guest is up", 0)?;
        // The shell greets before it takes its first command, and that is no command's output.
        machine.run("true")?;
        Ok(machine)
    }

    /// Runs a command in the guest to its end, and takes what it prints where it ends well.
    ///
    /// # Errors
    /// What it printed where it does not end well, or in time.
    pub fn run(&mut self, command: &str) -> Result<String, String> {
        let said = self.console.runs(command)?;
        if said.code == 0 { Ok(said.text) } else { Err(format!("`{command}` ended with {}: {}", said.code, said.text)) }
    }

    /// Asks a command in the guest again and again until its output satisfies.
    ///
    /// # Errors
    /// With the last output, where it never does.
    pub fn until(&mut self, command: &str, satisfied: impl Fn(&str) -> bool) -> Result<String, String> {
        let mut last = Ok(String::new());
        let asked = eventually(PATIENCE, || {
            last = self.console.runs(command).map(|said| said.text);
            // A console that is dead is not asked again.
            let done = last.as_ref().map_or(true, |said| satisfied(said));
            if !done {
                // Who is asked without a pause comes to nothing else.
                std::thread::sleep(Duration::from_millis(250));
            }
            done.then_some(())
        });
        let said = last?;
        if asked.is_some() { Ok(said) } else { Err(format!("`{command}` still says: {said}")) }
    }

    /// Cuts the power.
    pub fn cut(self) {
        drop(self);
    }
}

impl Drop for Machine {
    #[expect(
        clippy::print_stderr,
        reason = "why it ended is known to nobody else, and explains what was waited for in vain"
    )]
    fn drop(&mut self) {
        if let Ok(Some(status)) = self.emulator.try_wait() {
            eprintln!("the machine ended by itself ({status}); at last: {}", self.console.last());
        }
        // Both fail only where it ended by itself.
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
    }
}
