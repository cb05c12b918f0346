//! Space and traffic of every mounted file system: one table of mounts for both.

use std::path::PathBuf;

use streamer_plugin::{Readings, Site};

use crate::collector::Collector;
use crate::disk_io::DiskIo;
use crate::mounts::Mounts;
use crate::options::{Collect, SystemOptions};
use crate::source::Buffer;
use crate::space::Space;

pub(crate) struct Disk {
    root: PathBuf,
    mounts: Mounts,
    space: Option<Space>,
    io: Option<DiskIo>,
}

impl Disk {
    /// Space, traffic or both, as the options ask; none where they ask for neither.
    pub(crate) fn new(site: &Site, options: &SystemOptions) -> Option<Self> {
        let both = options.asks_for(Collect::Disk);
        let space =
            (both || options.asks_for(Collect::DiskSpace)).then(|| Space::new(site.root(), options.mount_timeout.0));
        let io = (both || options.asks_for(Collect::DiskIo)).then(|| DiskIo::new(site));
        let mounts = Mounts::new(site, &options.include_mounts, &options.exclude_mounts);
        (space.is_some() || io.is_some()).then(|| Self { root: site.root().to_owned(), mounts, space, io })
    }
}

impl Collector for Disk {
    fn collect(&mut self, buffer: &mut Buffer, out: &mut Readings) {
        if let Some(mounts) = self.mounts.changed(buffer, out) {
            if let Some(space) = &mut self.space {
                space.take(&mounts, &self.root);
            }
            if let Some(io) = &mut self.io {
                io.take(&mounts);
            }
        }
        // Rates first: they are counted from the moment the round began.
        if let Some(io) = &mut self.io {
            io.collect(buffer, out);
        }
        if let Some(space) = &mut self.space {
            space.collect(out);
        }
    }
}
