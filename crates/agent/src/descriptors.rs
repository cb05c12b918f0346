//! Room for descriptors: an input with a thread and a child of its own holds half a dozen of them, so the 1024 that a
//! program is given at its start would end at 200 inputs.
//!
//! This only ever raises what is permitted, and never beyond what the administrator allows.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for a thousand inputs. Commands inherit it, and some close every descriptor that they may have: so no more.
const ENOUGH: u64 = 8192;

/// Lets this process, and what it starts, have as many descriptors as a thousand inputs need.
pub fn make_room() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    if current.is_some_and(|current| current < wanted) {
        // Without it fewer inputs can be open at once, and the log says so when that happens.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}
