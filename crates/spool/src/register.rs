//! The register: the openings of this spool, and the clock offsets of its boots. Replaced as a whole, never changed.

use std::io;
use std::path::Path;

use crate::disk::{self, Disk};
use crate::frame::{self, Beginning, Chain, HEAD, LONGEST, PREAMBLE};
use crate::home::random;
use crate::item::{Decoder, Encoder, Item};
use crate::mark::Opening;

const NAME: &str = "register";

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Register {
    pub openings: Vec<Opening>,
    pub offsets: Vec<([u8; 16], i64)>,
}

/// What was found where the register should be.
#[derive(Debug)]
pub(crate) enum Found {
    Whole(Register),
    Missing,
    /// It is to be set aside.
    Damaged,
}

impl Register {
    pub fn read(disk: &dyn Disk, spool: &Path) -> io::Result<Found> {
        let file = match disk.open(&spool.join(NAME), false) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
            Err(error) => return Err(error),
        };
        let bytes = disk::read_up_to(&*file, 0, LONGEST)?;
        let Beginning::Ours(salt) = frame::beginning(&bytes) else { return Ok(Found::Damaged) };
        let Some(body) = Chain::new(salt).open(&bytes[PREAMBLE..]) else { return Ok(Found::Damaged) };
        let mut register = Self::default();
        let whole = Decoder::default().read(body, |item| match item {
            Item::Opening(opening) => register.openings.push(opening),
            Item::Offset(boot, micros) => register.offsets.push((boot, micros)),
            _ => {}
        });
        Ok(if whole.is_some() { Found::Whole(register) } else { Found::Damaged })
    }

    /// Puts it in the place of the old one. Synced when this returns `Ok`; after an error either may stand there.
    pub fn write(&self, disk: &dyn Disk, spool: &Path) -> io::Result<()> {
        let salt = random();
        let mut bytes = frame::preamble(salt).to_vec();
        bytes.extend_from_slice(&[0; HEAD]);
        let mut encoder = Encoder::default();
        self.openings.iter().for_each(|opening| encoder.opening(&mut bytes, opening));
        self.offsets.iter().for_each(|(boot, micros)| encoder.offset(&mut bytes, *boot, *micros));
        encoder.close(&mut bytes);
        Chain::new(salt).seal(&mut bytes, PREAMBLE);
        let new = spool.join("register.new");
        let file = disk.open(&new, true)?;
        disk::write_all(&*file, &bytes, 0)?;
        file.sync()?;
        disk.rename(&new, &spool.join(NAME))?;
        disk.sync_dir(spool)
    }

    pub fn path(spool: &Path) -> std::path::PathBuf {
        spool.join(NAME)
    }
}
