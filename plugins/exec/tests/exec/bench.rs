//! What all tests here stand on: a bench, an input that is asked with little time, and a look at other processes.

use std::time::Duration;

use streamer_exec::PLUGIN;
use streamer_plugin::clock::{Clock, Zone};
use streamer_plugin::testkit::Bench;
use streamer_plugin::{Drive, InputError, Readings, Sampler, Site, State};

/// One round of an input: its readings, refusals as `cause key`, and remarks.
pub struct Round {
    pub lines: Vec<String>,
    pub refused: Vec<String>,
    pub remarks: Vec<String>,
    pub epochs: Vec<String>,
    pub error: Option<InputError>,
}

impl Round {
    pub fn error(&self) -> &str {
        self.error.as_ref().map_or("", |error| error.words())
    }
}

/// Builds a sampler on the real clock.
pub fn sampler(toml: &str) -> Box<dyn Sampler> {
    let options = Bench::new("/").options(&PLUGIN, toml).unwrap_or_else(|error| panic!("{error}"));
    let site = Site::new("exec", "/", Clock::system(), Zone::utc(), State::none());
    match options.build(&site).unwrap().drive {
        Drive::Sampled(sampler) => sampler,
        Drive::Listening(_) => panic!("a listener"),
    }
}

/// Asks once.
pub fn ask(sampler: &mut dyn Sampler, time: Duration) -> Round {
    let mut out = Readings::new(&Clock::system(), time);
    let error = sampler.sample(&mut out).err();
    let began = out.began();
    Round {
        lines: out.lines(),
        refused: out.refused().iter().map(|r| format!("{} {}", r.cause, r.key).trim_end().to_owned()).collect(),
        remarks: out.remarks().iter().map(|(_, words)| words.clone()).collect(),
        epochs: out
            .items()
            .iter()
            .map(|item| item.when.epoch(began))
            .map(|epoch| if epoch == began.wall { "now".to_owned() } else { epoch.to_string() })
            .collect(),
        error,
    }
}

/// Builds and asks once, with plenty of time.
pub fn run(toml: &str) -> Round {
    ask(&mut *sampler(toml), Duration::from_secs(60))
}

/// Waits until something is so; a minute is enough for everything here.
#[track_caller]
pub fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not come about within a minute: {what}");
}

/// Processes of the machine, dead ones too, whose command line holds `text`.
pub fn processes_with(text: &str) -> Vec<i32> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ").contains(text)
    })
    .collect()
}

/// Dead children of this process that nobody reaped.
pub fn zombies() -> Vec<i32> {
    let me = std::process::id().to_string();
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields.first() == Some(&"Z") && fields.get(1) == Some(&me.as_str())
    })
    .collect()
}
