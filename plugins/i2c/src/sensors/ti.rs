//! The two identity registers of Texas Instruments' newer chips: the device's number and the maker's.

use streamer_plugin::InputError;

use crate::chip::Chip;

const DEVICE: u8 = 0xff;
const MAKER: u8 = 0xfe;

/// Refuses a chip whose device number, without its lowest `revision` bits, is not `device`. The device comes first: to
/// some chips of other makers the maker's register is the command to start anew.
pub(crate) fn expect(chip: &mut Chip, name: &str, device: u16, revision: u32) -> Result<(), InputError> {
    let found = chip.word(DEVICE)?;
    chip.expect(name, &[device.into()], (found >> revision).into())?;
    let maker = chip.word(MAKER)?;
    chip.expect(name, &[0x5449], maker.into())
}
