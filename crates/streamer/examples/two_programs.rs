//! Two programs, or two machines, in one bucket: the same bucket key, and keys that begin with the host's name.
//!
//! `cargo run --example two_programs -- kitchen` on one of them, with another word on the other; without a word the
//! host's own name is taken.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = match std::env::args().nth(1) {
        Some(word) => word,
        None => std::fs::read_to_string("/proc/sys/kernel/hostname")?.trim().to_owned(),
    };
    let streamer = streamer::Streamer::builder()
        .access_key("YourAccessKey")
        .bucket_name("All my machines")
        .bucket_key("all_my_machines")
        .build()?;
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load: f64 = load.split(' ').next().unwrap_or_default().parse()?;
    streamer.log(format!("{host}_load"), load)?;
    streamer.log_object(Some(&host), &std::collections::BTreeMap::from([("started", true)]))?;
    streamer.close()?;
    Ok(())
}
