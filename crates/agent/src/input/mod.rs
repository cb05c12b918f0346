//! One configured input, for as long as the configuration names it: how it is, and the way its readings take.

mod cell;
mod health;
mod intake;
mod rate;

pub use cell::{Cell, Outcome};
pub use intake::{Intake, reached};
pub use rate::Rate;
