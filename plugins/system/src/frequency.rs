//! Clocks of the processor, from cpufreq in sysfs. A core that is switched on later brings its clock with it.

use std::path::PathBuf;
use std::time::Duration;

use streamer_plugin::clock::SinceBoot;
use streamer_plugin::sysfs::entries;
use streamer_plugin::{Key, Readings, Site};

use crate::collector::Collector;
use crate::counter::{float, hundredths};
use crate::keys::key;
use crate::scan::{first, number};
use crate::source::{Buffer, Source, Told};

/// How often it is looked whether cores came.
const LOOK: Duration = Duration::from_secs(60);

pub(crate) struct Frequency {
    folder: PathBuf,
    fastest: Key,
    policies: Vec<Policy>,
    per_core: bool,
    look_at: SinceBoot,
}

/// Cores that share one clock. The kernel numbers a policy by the first of them.
struct Policy {
    key: Key,
    source: Source,
}

impl Frequency {
    pub(crate) fn new(site: &Site, per_core: bool) -> Self {
        let folder = site.path("/sys/devices/system/cpu/cpufreq");
        Self { folder, fastest: key("cpu_frequency_mhz"), policies: Vec::new(), per_core, look_at: SinceBoot::ZERO }
    }

    fn look(&mut self) {
        for (name, path) in entries(&self.folder) {
            let number = |name: &str| number(name.strip_prefix("policy")?.as_bytes());
            let Some(core) = number(&name) else { continue };
            let file = path.join("scaling_cur_freq");
            if self.policies.iter().all(|policy| policy.source.path() != file) {
                let key = key(format!("cpu_core{core}_frequency_mhz"));
                self.policies.push(Policy { key, source: Source::new(file) });
            }
        }
    }
}

impl Collector for Frequency {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        if out.began().boot >= self.look_at {
            self.look();
            self.look_at = out.began().boot.plus(LOOK);
        }
        if self.policies.is_empty() {
            out.remark("frequency", "there is no /sys/devices/system/cpu/cpufreq: this kernel does not set the clock");
        }
        let each = self.per_core && self.policies.len() > 1;
        let mut fastest: f64 = 0.0;
        for policy in &mut self.policies {
            let megahertz = match policy.source.read(buffer) {
                Told::Text => number(first(buffer.text())).map(|kilohertz| hundredths(float(kilohertz) / 1000.0)),
                Told::Nothing => None,
                Told::Unreadable(error) => {
                    out.remark(
                        "frequency",
                        format_args!("{} cannot be read ({error})", policy.source.path().display()),
                    );
                    None
                }
            };
            let Some(megahertz) = megahertz.filter(|m| *m > 0.0) else { continue };
            fastest = fastest.max(megahertz);
            if each {
                out.put(&policy.key, megahertz);
            }
        }
        if fastest > 0.0 {
            out.put(&self.fastest, fastest);
        }
    }
}
