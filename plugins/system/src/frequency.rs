//! Clocks of the processor, from cpufreq in sysfs.

use streamer_plugin::sysfs::entries;
use streamer_plugin::{Key, Readings, Site};

use crate::collector::Collector;
use crate::counter::{float, hundredths};
use crate::keys::key;
use crate::scan::{first, number};
use crate::source::{Buffer, Source, Told};

pub(crate) struct Frequency {
    fastest: Key,
    policies: Vec<Policy>,
    per_core: bool,
}

/// Cores that share one clock. The kernel numbers a policy by the first of them.
struct Policy {
    key: Key,
    source: Source,
}

impl Frequency {
    pub(crate) fn new(site: &Site, per_core: bool) -> Self {
        let policies = entries(&site.path("/sys/devices/system/cpu/cpufreq")).into_iter().filter_map(|(name, path)| {
            let core = number(name.strip_prefix("policy")?.as_bytes())?;
            let source = Source::new(path.join("scaling_cur_freq"));
            Some(Policy { key: key(format!("cpu_core{core}_frequency_mhz")), source })
        });
        Self { fastest: key("cpu_frequency_mhz"), policies: policies.collect(), per_core }
    }
}

impl Collector for Frequency {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
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
