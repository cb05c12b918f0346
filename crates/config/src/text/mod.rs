//! What is written about the configuration, made from the option types and their doc comments: schema, samples, reference.

mod property;
mod reference;
mod sample;
mod schema;

pub use reference::reference;
pub use sample::{every_key, starter};
pub use schema::schema;
