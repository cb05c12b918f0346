//! A machine that is emulated: a real kernel with real drivers, and the real program in it.
//!
//! What it sees from outside is what a board sees: its power is cut, its clock begins in 1970, its sensors change. What
//! the program makes of that is judged by what arrives in a bucket outside, never by the guest's own word alone.

mod console;
mod hand;
mod machine;
mod modules;
mod ramdisk;

pub use console::{Console, Said};
pub use hand::Hand;
pub use machine::{Clock, Machine, Setup};
pub use modules::Modules;
pub use ramdisk::{Contents, ramdisk};

use std::time::Duration;

/// As long as anything may take in an emulated machine that shares its processor with others. It ends what is hopeless;
/// whoever waits for something goes on as soon as that is there.
pub const PATIENCE: Duration = Duration::from_secs(300);
