//! Pressure stall, from /proc/pressure. Raspberry Pi kernels are built with it and leave it switched off: then the files
//! are there, and reading them is an error.

use std::io;

use streamer_plugin::{Key, Readings, Site};

use crate::collector::Collector;
use crate::keys::key;
use crate::scan::{decimal, lines, words};
use crate::source::{Buffer, Source, Told};

const RESOURCES: [&str; 3] = ["cpu", "memory", "io"];
const AVERAGES: [&str; 3] = ["avg10", "avg60", "avg300"];

pub(crate) struct Pressure {
    resources: Vec<Resource>,
}

struct Resource {
    source: Source,
    some: [Key; 3],
    full: [Key; 3],
}

impl Pressure {
    pub(crate) fn new(site: &Site) -> Self {
        let resource = |name: &&str| {
            let keys = |who: &str| AVERAGES.map(|average| key(format!("pressure_{name}_{who}_{average}_percent")));
            let source = Source::new(site.path(format!("/proc/pressure/{name}")));
            Resource { source, some: keys("some"), full: keys("full") }
        };
        Self { resources: RESOURCES.iter().map(resource).collect() }
    }
}

impl Resource {
    fn put(&self, text: &[u8], out: &mut Readings) {
        for line in lines(text) {
            let mut words = words(line);
            let keys = match words.next() {
                Some(b"some") => &self.some,
                Some(b"full") => &self.full,
                _ => continue,
            };
            for word in words {
                let Some(equals) = word.iter().position(|b| *b == b'=') else { continue };
                let (name, value) = (&word[..equals], &word[equals + 1..]);
                let Some(place) = AVERAGES.iter().position(|average| average.as_bytes() == name) else { continue };
                match decimal(value) {
                    Some(share) if (0.0..=100.0).contains(&share) => out.put(&keys[place], share),
                    _ => out.refuse(keys[place].as_str(), "range", "a pressure is 0 to 100 per cent"),
                }
            }
        }
    }
}

impl Collector for Pressure {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        let mut unreadable: Option<io::Error> = None;
        let mut missing = 0;
        for resource in &mut self.resources {
            match resource.source.read(buffer) {
                Told::Text => resource.put(buffer.text(), out),
                Told::Nothing => missing += 1,
                Told::Unreadable(error) => unreadable = unreadable.or(Some(error)),
            }
        }
        // One sentence for all three, and always the same one: it is one switch.
        if let Some(error) = unreadable {
            let cure =
                "add psi=1 to the kernel command line (on a Raspberry Pi /boot/firmware/cmdline.txt) and restart";
            out.remark("pressure", format_args!("/proc/pressure cannot be read ({error}): {cure}"));
        } else if missing == self.resources.len() {
            out.remark(
                "pressure",
                "there is no /proc/pressure: this kernel was built without pressure stall information",
            );
        }
    }
}
