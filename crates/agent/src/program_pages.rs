//! The program's own pages. Reading a configuration and starting touches nearly all of them; most are never needed again,
//! and count as the agent's memory all the same. So they are let go of once the start is over: what is still needed
//! comes back by itself out of the page cache, a few dozen page faults in all, and the rest is the kernel's to use.
//!
//! This never touches a page that was written to: there is no second copy of those.

use std::ffi::c_void;
use std::fs;
use std::time::Duration;

use rustix::mm::{Advice, madvise};

/// When a start is over: every input has been read, and the first batches are on their way.
const STARTED: Duration = Duration::from_secs(10);

/// Lets go of the pages of what was done up to now, once it is over.
pub async fn let_go_after_start() {
    tokio::time::sleep(STARTED).await;
    let Ok(maps) = fs::read_to_string("/proc/self/maps") else { return };
    for (start, end) in maps.lines().filter_map(code) {
        #[expect(
            unsafe_code,
            reason = "code is mapped from its file and never written to, so what is let go of reads the same again"
        )]
        // Where the kernel does not want to, nothing is lost but some memory.
        let _ =
            unsafe { madvise(std::ptr::without_provenance_mut::<c_void>(start), end - start, Advice::LinuxDontNeed) };
    }
}

/// The addresses of a line of `maps` that holds code of a file: executable and not writable.
fn code(line: &str) -> Option<(usize, usize)> {
    let mut words = line.split_whitespace();
    let (range, rights) = (words.next()?, words.next()?);
    let file = words.nth(3)?;
    if rights != "r-xp" || !file.starts_with('/') {
        return None;
    }
    let (start, end) = range.split_once('-')?;
    let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
    (start < end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_out_of_files_is_let_go_of() {
        let line = |rights: &str, file: &str| format!("5591526e000-559152855000 {rights} 001e7000 fe:00 392 {file}");
        assert_eq!(code(&line("r-xp", "/usr/bin/streamer")), Some((0x559_1526_e000, 0x5591_5285_5000)));
        for (rights, file) in
            [("rw-p", "/usr/bin/streamer"), ("r--p", "/usr/bin/streamer"), ("r-xp", "[vdso]"), ("r-xp", "")]
        {
            assert_eq!(code(&line(rights, file)), None, "{rights} {file}");
        }
    }
}
