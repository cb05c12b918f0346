//! The durable logs between inputs and outputs.
