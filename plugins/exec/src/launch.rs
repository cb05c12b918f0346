//! Starts a program without copying this process.
//!
//! `fork` copies the page tables of the whole agent: 250 to 400 µs a run. `posix_spawn` does not, and cannot ask for the
//! parent-death signal or change the user. So this does what `posix_spawn` does, and those two besides: a child that
//! shares our memory while the calling thread is held, and that makes nothing but system calls until it becomes the
//! program.
//!
//! This is the one place of the crate with unsafe code. Between [`begin`] and `execve` nothing may allocate, lock, panic,
//! or write to memory that others read.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::ptr;

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions};

use crate::account::Account;

/// All that a new process needs, prepared.
#[derive(Debug)]
pub struct Plan<'p> {
    /// The file to execute; relative to the new working folder.
    pub program: &'p CStr,
    pub arguments: &'p [CString],
    pub environment: &'p [CString],
    /// One more variable, which is another one each time.
    pub mark: &'p CStr,
    pub folder: Option<&'p CStr>,
    pub account: Option<&'p Account>,
    /// The most address space, in bytes.
    pub memory: Option<u64>,
    pub stdin: BorrowedFd<'p>,
    pub stdout: BorrowedFd<'p>,
    pub stderr: BorrowedFd<'p>,
}

/// What a new process does before it becomes the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Come into being at all.
    Start,
    /// Get a session, its descriptors and its bounds.
    Prepare,
    /// Become another user.
    User,
    /// Go to its working folder.
    Folder,
    /// Become the program.
    Execute,
}

/// A process that did not become the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlaunched {
    pub step: Step,
    pub errno: Errno,
}

/// The stack on which a new process works until it becomes the program: a part of its parent's, who sleeps meanwhile. What
/// it calls is shallow.
#[repr(align(64))]
struct Stack([MaybeUninit<u8>; 32 * 1024]);

const FIRST_FREE: u32 = 3;

/// What the new process reads, in memory that it shares with the thread that waits for it.
struct Order<'p> {
    plan: &'p Plan<'p>,
    arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    parent: Option<Pid>,
    fault: Cell<Option<Unlaunched>>,
}

/// Starts the program; returns once it runs, or tells at which step it did not.
///
/// The process gets SIGKILL when the calling thread ends, so that thread must outlive it.
///
/// # Errors
/// [`Unlaunched`]; the failed process was reaped.
#[expect(
    unsafe_code,
    reason = "no safe call starts a process without copying this one and sets its parent-death signal"
)]
pub fn launch(plan: &Plan<'_>) -> Result<Pid, Unlaunched> {
    let order = Order {
        plan,
        arguments: pointers(plan.arguments, None),
        environment: pointers(plan.environment, Some(plan.mark)),
        parent: Some(rustix::process::getpid()),
        fault: Cell::new(None),
    };
    let mut stack = Stack([MaybeUninit::uninit(); 32 * 1024]);
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: CLONE_VFORK holds this thread until the child executes or exits, so `order` and `stack` outlive their use.
    // The stack grows down from its aligned end and belongs to nobody else. All signals are blocked meanwhile: no
    // handler of ours runs in the child, where it would act on our memory.
    let (number, errno) = unsafe {
        let top = stack.0.as_mut_ptr_range().end.cast::<c_void>();
        let mut all = std::mem::zeroed::<libc::sigset_t>();
        let mut before = std::mem::zeroed::<libc::sigset_t>();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let number = libc::clone(begin, top, flags, (&raw const order).cast::<c_void>().cast_mut());
        let errno = last_errno();
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut());
        (number, errno)
    };
    let Some(pid) = Pid::from_raw(number).filter(|_| number > 0) else {
        return Err(Unlaunched { step: Step::Start, errno });
    };
    match order.fault.get() {
        None => Ok(pid),
        Some(fault) => {
            while matches!(rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED), Err(Errno::INTR)) {}
            Err(fault)
        }
    }
}

/// Where the new process begins. It ends when this returns.
#[expect(unsafe_code, reason = "the C library hands over an untyped pointer")]
extern "C" fn begin(order: *mut c_void) -> c_int {
    // SAFETY: it is the `Order` of `launch`, which is held while this runs.
    let order = unsafe { &*order.cast::<Order<'_>>() };
    order.fault.set(Some(order.carry_out()));
    127
}

impl Order<'_> {
    /// Does everything, up to becoming the program; returns only where that failed.
    fn carry_out(&self) -> Unlaunched {
        match self.prepare() {
            Ok(()) => Unlaunched { step: Step::Execute, errno: self.execute() },
            Err(unlaunched) => unlaunched,
        }
    }

    fn prepare(&self) -> Result<(), Unlaunched> {
        let at = |step| move |errno| Unlaunched { step, errno };
        let plan = self.plan;
        rustix::process::setsid().map_err(at(Step::Prepare))?;
        rustix::stdio::dup2_stdin(plan.stdin).map_err(at(Step::Prepare))?;
        rustix::stdio::dup2_stdout(plan.stdout).map_err(at(Step::Prepare))?;
        rustix::stdio::dup2_stderr(plan.stderr).map_err(at(Step::Prepare))?;
        close_the_rest();
        if let Some(most) = plan.memory {
            let bound = Rlimit { current: Some(most), maximum: Some(most) };
            rustix::process::setrlimit(Resource::As, bound).map_err(at(Step::Prepare))?;
        }
        if let Some(account) = plan.account {
            // These change the one thread that calls them, unlike the C library's: this process has no other.
            rustix::thread::set_thread_groups(&account.groups).map_err(at(Step::User))?;
            rustix::thread::set_thread_res_gid(account.gid, account.gid, account.gid).map_err(at(Step::User))?;
            rustix::thread::set_thread_res_uid(account.uid, account.uid, account.uid).map_err(at(Step::User))?;
        }
        if let Some(folder) = plan.folder {
            rustix::process::chdir(folder).map_err(at(Step::Folder))?;
        }
        // A change of user clears it, so it comes behind that. A parent that died before it was set is no parent any more.
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(at(Step::Prepare))?;
        if rustix::process::getppid() != self.parent {
            return Err(Unlaunched { step: Step::Start, errno: Errno::SRCH });
        }
        usual_signals();
        Ok(())
    }

    #[expect(unsafe_code, reason = "no safe call becomes another program")]
    fn execute(&self) -> Errno {
        // SAFETY: all three are C strings, and lists of them that end with a null pointer.
        unsafe {
            libc::execve(self.plan.program.as_ptr(), self.arguments.as_ptr(), self.environment.as_ptr());
        }
        last_errno()
    }
}

/// Nothing of ours stays open in the program, also what somebody opened without saying so. A kernel before 5.11 does not
/// know the call; ours are marked one by one anyway.
#[expect(unsafe_code, reason = "no safe crate has this system call")]
fn close_the_rest() {
    // SAFETY: the flag only marks descriptors of this process, whose table is its own.
    unsafe {
        libc::syscall(libc::SYS_close_range, FIRST_FREE, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
}

/// All signals as a program expects them: none blocked, none ignored, none handled by code of ours.
#[expect(unsafe_code, reason = "no safe call resets a signal")]
fn usual_signals() {
    // SAFETY: the default action needs no code, and this process has handlers of its own to set: they are not shared.
    unsafe {
        let mut usual = std::mem::zeroed::<libc::sigaction>();
        usual.sa_sigaction = libc::SIG_DFL;
        for signal in 1..=libc::SIGRTMAX() {
            libc::sigaction(signal, &raw const usual, ptr::null_mut());
        }
        let mut none = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
    }
}

fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

fn pointers(texts: &[CString], last: Option<&CStr>) -> Vec<*const c_char> {
    let texts = texts.iter().map(CString::as_c_str).chain(last);
    texts.map(CStr::as_ptr).chain([ptr::null()]).collect()
}
