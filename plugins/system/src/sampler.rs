//! The input itself: the collectors that were asked for, one after the other, with one buffer for all.

use streamer_plugin::{InputError, Readings, Sampler, Site};

use crate::collector::Collector;
use crate::cpu::Cpu;
use crate::disk::Disk;
use crate::frequency::Frequency;
use crate::load::Load;
use crate::memory::Memory;
use crate::network::Network;
use crate::options::{Collect, SystemOptions};
use crate::pressure::Pressure;
use crate::processes::Busiest;
use crate::source::Buffer;
use crate::swap::Swap;
use crate::temperature::Temperature;
use crate::throttle::Throttle;
use crate::uptime::Uptime;
use crate::wifi::Wifi;

pub(crate) struct System {
    collectors: Vec<Box<dyn Collector>>,
    buffer: Buffer,
    makes_rates: bool,
}

impl System {
    /// The collectors stand in an order of their own: rates first, because they are counted from the moment the round
    /// began, and what may take its time last.
    pub(crate) fn new(site: &Site, options: &SystemOptions) -> Self {
        let asked = |what| options.asks_for(what);
        let mut collectors: Vec<Box<dyn Collector>> = Vec::new();
        if asked(Collect::Cpu) {
            collectors.push(Box::new(Cpu::new(site, options.per_core)));
        }
        if asked(Collect::Network) {
            collectors.push(Box::new(Network::new(site, &options.include_interfaces, &options.exclude_interfaces)));
        }
        if asked(Collect::Memory) {
            collectors.push(Box::new(Memory::new(site)));
        }
        if asked(Collect::Swap) {
            collectors.push(Box::new(Swap::new(site)));
        }
        if asked(Collect::Load) {
            collectors.push(Box::new(Load::new(site)));
        }
        if asked(Collect::Uptime) {
            collectors.push(Box::new(Uptime::new(site)));
        }
        if asked(Collect::Pressure) {
            collectors.push(Box::new(Pressure::new(site)));
        }
        if asked(Collect::Wifi) {
            collectors.push(Box::new(Wifi::new(site)));
        }
        if asked(Collect::Frequency) {
            collectors.push(Box::new(Frequency::new(site, options.per_core)));
        }
        if asked(Collect::Throttle) {
            collectors.push(Box::new(Throttle::new(site)));
        }
        if let Some(disk) = Disk::new(site, options) {
            collectors.push(Box::new(disk));
        }
        if asked(Collect::Temperature) {
            collectors.push(Box::new(Temperature::new(site)));
        }
        if let Some(which) = options.processes() {
            collectors.push(Box::new(Busiest::new(site, which)));
        }
        Self { collectors, buffer: Buffer::new(), makes_rates: options.makes_rates() }
    }
}

impl Sampler for System {
    fn sample(&mut self, out: &mut Readings) -> Result<(), InputError> {
        for collector in &mut self.collectors {
            collector.collect(&mut self.buffer, out);
        }
        Ok(())
    }

    fn makes_rates(&self) -> bool {
        self.makes_rates
    }
}
