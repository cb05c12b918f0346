//! Every key that this input makes, with its unit: the one table, from which the reference is written too.
//!
//! A key once published stays. No ending here is the end of another, so that no mount and no interface, whatever it is
//! called, can make a key that belongs to another one.

use streamer_plugin::reading::{limits, word};
use streamer_plugin::{Key, Made};

const fn made(key: &'static str, unit: &'static str, about: &'static str) -> Made {
    Made { key, unit, about }
}

/// The table. Words in capitals stand for what is found on the machine.
pub const MADE: &[Made] = &[
    made("cpu_percent", "%", "time that all cores together were busy (neither idle nor waiting for disks)"),
    made("cpu_user_percent", "%", "of it in programs, niced ones and guests of a virtual machine among them"),
    made("cpu_system_percent", "%", "of it in the kernel, interrupts among it"),
    made("cpu_iowait_percent", "%", "idle time with a disk being waited for; not part of busy"),
    made("cpu_steal_percent", "%", "time that the hypervisor gave to others; part of busy"),
    made("cpu_coreN_percent", "%", "the same as `cpu_percent` for the core with that number"),
    made("cpu_frequency_mhz", "MHz", "the clock of the fastest core at this moment"),
    made("cpu_coreN_frequency_mhz", "MHz", "the clock of core N and those that share it, where not all share one"),
    made("memory_total_bytes", "bytes", "memory that the kernel manages"),
    made("memory_available_bytes", "bytes", "what programs can still get without swapping"),
    made("memory_used_bytes", "bytes", "total without available"),
    made("memory_used_percent", "%", "used of total"),
    made("memory_free_bytes", "bytes", "what nobody uses for anything"),
    made("memory_cached_bytes", "bytes", "buffers, page cache and reclaimable slabs, as `free` adds them"),
    made("swap_total_bytes", "bytes", "size of all swap; 0 where there is none"),
    made("swap_used_bytes", "bytes", "used of it"),
    made("swap_used_percent", "%", "used of it; left out where there is none"),
    made("load1", "", "tasks that ran or waited, averaged over one minute"),
    made("load5", "", "over five minutes"),
    made("load15", "", "over fifteen minutes"),
    made("uptime_seconds", "s", "since the machine started"),
    made(
        "pressure_RESOURCE_some_avg10_percent",
        "%",
        "time in which some task waited for cpu, memory or io, last 10 s",
    ),
    made("pressure_RESOURCE_some_avg60_percent", "%", "last minute"),
    made("pressure_RESOURCE_some_avg300_percent", "%", "last five minutes"),
    made("pressure_RESOURCE_full_avg10_percent", "%", "time in which all tasks waited at once, last 10 s"),
    made("pressure_RESOURCE_full_avg60_percent", "%", "last minute"),
    made("pressure_RESOURCE_full_avg300_percent", "%", "last five minutes"),
    made("disk_MOUNT_total_bytes", "bytes", "size of the file system"),
    made("disk_MOUNT_used_bytes", "bytes", "used of it"),
    made("disk_MOUNT_available_bytes", "bytes", "what programs without privileges can still write"),
    made("disk_MOUNT_used_percent", "%", "used of used and available, as `df` has it"),
    made("disk_MOUNT_inodes_percent", "%", "used of all inodes, where the file system has a fixed number of them"),
    made("disk_MOUNT_read_bytes_per_s", "bytes/s", "read from the device below"),
    made("disk_MOUNT_write_bytes_per_s", "bytes/s", "written to it"),
    made("disk_MOUNT_reads_per_s", "1/s", "read requests that were finished"),
    made("disk_MOUNT_writes_per_s", "1/s", "write requests that were finished"),
    made("disk_MOUNT_busy_percent", "%", "time in which the device had something to do"),
    made("net_INTERFACE_rx_bytes_per_s", "bytes/s", "received"),
    made("net_INTERFACE_tx_bytes_per_s", "bytes/s", "sent"),
    made("net_INTERFACE_rx_packets_per_s", "1/s", "packets received"),
    made("net_INTERFACE_tx_packets_per_s", "1/s", "packets sent"),
    made("net_INTERFACE_errors_per_s", "1/s", "errors, both directions"),
    made("net_INTERFACE_drops_per_s", "1/s", "packets dropped, both directions"),
    made("wifi_INTERFACE_signal_dbm", "dBm", "signal level; -30 is beside the access point, -80 hardly works"),
    made("wifi_INTERFACE_noise_dbm", "dBm", "noise level, where the driver knows it"),
    made("wifi_INTERFACE_quality", "", "link quality as the driver counts it, mostly of 70"),
    made("temperature_SENSOR", "°C", "a thermal zone by its type, or a hwmon sensor by chip, device and label"),
    made("throttle_undervoltage", "", "the Pi's supply is below 4.63 V now"),
    made("throttle_frequency_capped", "", "the Pi's cores are held below their full clock now"),
    made("throttle_throttled", "", "the Pi slows down now"),
    made("throttle_temperature_limited", "", "the Pi's soft temperature limit holds now"),
    made("throttle_undervoltage_occurred", "", "the same at any time since the start, as the firmware remembers it"),
    made("throttle_frequency_capped_occurred", "", "likewise"),
    made("throttle_throttled_occurred", "", "likewise"),
    made("throttle_temperature_limited_occurred", "", "likewise"),
    made("processes_count", "", "processes that exist"),
    made("process_topN_name", "", "name of the process with the N-th most processor time since the last read"),
    made("process_topN_cpu_percent", "%", "its share of one core; all of that name together"),
    made("process_topN_memory_bytes", "bytes", "its resident memory; all of that name together"),
    made("process_NAME_count", "", "processes of that name, 0 where none runs"),
    made("process_NAME_cpu_percent", "%", "their share of one core"),
    made("process_NAME_memory_bytes", "bytes", "their resident memory"),
];

/// A key made of words. Over 100 characters it is cut, with a hash of the whole at its end.
pub(crate) fn key(name: impl AsRef<str>) -> Key {
    let name = name.as_ref();
    let cut = if name.chars().count() > limits::KEY_CHARS_SAFE { Some(word(name)) } else { None };
    Key::new(cut.as_deref().unwrap_or(name)).expect("words hold no control character and are not empty")
}

/// The keys `PREFIX_NAME_ENDING` of one mount or interface. Where that is too long the name is cut, so that the ending
/// still tells what it is.
pub(crate) fn family<const N: usize>(prefix: &str, name: &str, endings: [&str; N]) -> [Key; N] {
    endings.map(|ending| {
        let whole = format!("{prefix}_{name}_{ending}");
        if whole.chars().count() <= limits::KEY_CHARS_SAFE {
            return key(whole);
        }
        let cut = word(&whole);
        let (_, hash) = cut.rsplit_once('_').unwrap_or_default();
        let room = limits::KEY_CHARS_SAFE.saturating_sub(hash.len() + ending.len() + 2);
        let head: String = whole.chars().take(room).collect();
        key(format!("{}_{hash}_{ending}", head.trim_end_matches('_')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as it stands in the reference.
    fn reference() -> String {
        let head = "| key | unit | what it tells |\n|---|---|---|\n".to_owned();
        MADE.iter().fold(head, |text, m| format!("{text}| `{}` | {} | {} |\n", m.key, m.unit, m.about))
    }

    #[test]
    fn the_reference_is_this_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/KEYS.md");
        if std::env::var_os("STREAMER_WRITE_REFERENCE").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), reference(), "write it: STREAMER_WRITE_REFERENCE=1");
    }

    #[test]
    fn no_ending_is_the_end_of_another() {
        for capital in ["MOUNT_", "INTERFACE_", "NAME_"] {
            let endings: Vec<(&str, &str)> = MADE.iter().filter_map(|m| m.key.split_once(capital)).collect();
            for (prefix, one) in &endings {
                for (other_prefix, other) in &endings {
                    let meets = prefix == other_prefix && one != other && one.ends_with(&format!("_{other}"));
                    assert!(!meets, "{one} ends with {other}");
                }
            }
        }
    }

    #[test]
    fn a_long_name_makes_a_key_that_everybody_takes() {
        let keys = family("disk", &"x".repeat(100), ["total_bytes", "used_bytes"]);
        assert!(keys.iter().all(|k| k.as_str().chars().count() == 100));
        assert!(keys[0].as_str().ends_with("_total_bytes") && keys[1].as_str().ends_with("_used_bytes"));
        assert_ne!(keys[0], family("disk", &format!("{}y", "x".repeat(99)), ["total_bytes"])[0]);
    }
}
