//! From a TOML table to typed options, or to every mistake in it, each with its place.
//!
//! serde stops at its first mistake. So the mistake is noted, the offending entry is taken out, and the table is read
//! again, until nothing is wrong any more; what is missing only because it was taken out is not complained about.

mod device;
mod fault;
mod fit;
mod given;
mod glob;
mod property;
mod quantity;
mod read;
mod secret;
mod table;
mod words;

pub use device::{Address, Pin};
pub use fault::{Fault, Faults};
pub use fit::misfit;
pub use glob::Glob;
pub use property::{Property, properties};
pub use quantity::{Period, Size};
pub use read::schema_of;
pub use secret::{SecretText, is_secret_name};
pub use table::Table;
pub use words::nearest;
