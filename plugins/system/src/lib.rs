//! The system's own metrics: processor, memory, disks, network, temperatures, and what a Raspberry Pi complains of.
//!
//! Each collector is one file, reads /proc and /sys below the input's root with parsers of its own, and costs its own
//! keys only when something is missing:
//!
//! - A rate or a share of time is the difference of two reads: the first round brings what can be seen at once, the
//!   second one everything. Counters may wrap and start again.
//! - A file that is not there leaves out its keys. One that is there and cannot be read is remarked upon once, with the
//!   cure. Neither is ever a 0.
//! - Keys are made from names of mounts, interfaces and sensors that stay the same after the next start, never from the
//!   numbers that the kernel gives as it finds things.
//!
//! This crate calls no program, opens no device, and changes nothing.
//!
//! ```toml
//! [[inputs.system]]
//! interval = "5s"
//! collect = ["cpu", "memory", "disk", "network", "load", "temperature", "throttle"]
//! exclude_mounts = ["/boot*"]
//! ```
//!
//! # Keys
#![doc = include_str!("../KEYS.md")]

mod apart;
mod collector;
mod counter;
mod cpu;
mod disk;
mod disk_io;
mod frequency;
mod interface;
mod keys;
mod load;
mod meminfo;
mod memory;
mod mountinfo;
mod mounts;
mod network;
mod options;
mod pressure;
mod processes;
mod sampler;
mod scan;
mod sensors;
mod source;
mod space;
mod swap;
mod temperature;
mod throttle;
mod uptime;
mod wifi;

use streamer_plugin::{Kind, Plugin};

pub use keys::MADE;
pub use options::SystemOptions;

/// `[[inputs.system]]`.
pub const PLUGIN: Plugin = Plugin::new(
    "system",
    "processor, memory, disks, network, temperatures and the like",
    &[Kind::of::<SystemOptions>("").makes(MADE)],
);
