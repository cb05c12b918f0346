//! One thread of a running program, stopped in its tracks while all others go on: the real thing that a watchdog is for.

use std::fs;

use libc::{__WALL, PTRACE_DETACH, PTRACE_INTERRUPT, PTRACE_SEIZE, c_uint, pid_t, ptrace, waitpid};

/// A thread that stands still until this is dropped. To be dropped by the thread that made it, before the program ends.
pub struct HeldThread(pid_t);

impl HeldThread {
    /// Stops the thread of that name, once there is one.
    ///
    /// # Errors
    /// Where there is none, or the machine does not let a program be traced.
    pub fn hold(process: u32, name: &str) -> Result<Self, String> {
        let thread = number(process, name).ok_or_else(|| format!("process {process} has no thread {name:?}"))?;
        ask(PTRACE_SEIZE, thread)?;
        ask(PTRACE_INTERRUPT, thread)?;
        let mut status = 0;
        // SAFETY: `status` is ours, and outlives the call.
        #[expect(unsafe_code, reason = "no safe crate of ours traces a thread")]
        let stopped = unsafe { waitpid(thread, &raw mut status, __WALL) };
        if stopped == thread { Ok(Self(thread)) } else { Err(std::io::Error::last_os_error().to_string()) }
    }
}

impl Drop for HeldThread {
    fn drop(&mut self) {
        // A thread that is gone needs no letting go.
        let _ = ask(PTRACE_DETACH, self.0);
    }
}

fn ask(what: c_uint, thread: pid_t) -> Result<(), String> {
    let nothing = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: these requests neither read nor write memory of ours; their last two arguments are zero.
    #[expect(unsafe_code, reason = "no safe crate of ours traces a thread")]
    let done = unsafe { ptrace(what, thread, nothing, nothing) };
    if done == 0 { Ok(()) } else { Err(format!("the thread cannot be traced: {}", std::io::Error::last_os_error())) }
}

fn number(process: u32, name: &str) -> Option<pid_t> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten();
    let named = |path: &std::path::Path| fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == name);
    threads.map(|thread| thread.path()).find(|path| named(path))?.file_name()?.to_str()?.parse().ok()
}
