//! Whether this boot's clock was synchronised, as the kernel and systemd's time service tell it. It never sets anything.

use std::path::Path;

/// systemd-timesyncd touches this file, in a folder that every boot starts empty, whenever it has set the clock.
const TIMESYNC: &str = "/run/systemd/timesync/synchronized";

/// Room behind the structure, should the running libc or kernel know a longer one than the one compiled in.
#[repr(C)]
struct Roomy {
    timex: libc::timex,
    spare: [u8; 256],
}

pub(crate) fn now() -> bool {
    kernel().is_some_and(|synchronised| synchronised) || Path::new(TIMESYNC).exists()
}

/// What the kernel says; none where it does not answer, as in some containers.
#[expect(unsafe_code, reason = "no safe crate reads the state of the kernel's clock, and no file tells it")]
fn kernel() -> Option<bool> {
    // SAFETY: all fields are integers, for which zero is a value; `modes` of zero makes the call read only.
    let mut state: Roomy = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a whole `timex` that outlives the call, and the call writes nothing else.
    let answer = unsafe { libc::adjtimex(&raw mut state.timex) };
    // The flag alone counts: the answer is an error also for a clock that a daemon keeps but that lost its pulse.
    (answer >= 0).then_some(state.timex.status & libc::STA_UNSYNC == 0)
}
