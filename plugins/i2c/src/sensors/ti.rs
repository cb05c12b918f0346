//! The two identity registers of Texas Instruments' newer chips: the device's number and the maker's.

use streamer_plugin::InputError;

use crate::chip::Chip;

const DEVICE: u8 = 0xff;
const MAKER: u8 = 0xfe;

/// Refuses a chip whose device number, without its lowest `revision` bits, is not one of `devices`. The device comes first: to
/// some chips of other makers the maker's register is the command to start anew.
pub(crate) fn expect(chip: &mut Chip, name: &str, devices: &[u32], revision: u32) -> Result<(), InputError> {
    let found = chip.word(DEVICE)?;
    chip.expect(name, devices, (found >> revision).into())?;
    let maker = chip.word(MAKER)?;
    chip.expect(name, &[0x5449], maker.into())
}
