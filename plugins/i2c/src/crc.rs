//! The eight-bit checksums of sensors that answer commands.

/// CRC with the polynomial x⁸+x⁵+x⁴+1 (31h), most significant bit first.
pub(crate) fn crc8(start: u8, bytes: &[u8]) -> u8 {
    bytes.iter().fold(start, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x31 })
    })
}

/// A word as Sensirion's chips send it: two bytes and their checksum, which starts with FFh.
pub(crate) fn word(bytes: [u8; 3]) -> Option<u16> {
    let [high, low, crc] = bytes;
    (crc8(0xff, &[high, low]) == crc).then(|| u16::from_be_bytes([high, low]))
}

/// A word with its checksum, to be written.
pub(crate) fn with_crc(word: u16) -> [u8; 3] {
    let [high, low] = word.to_be_bytes();
    [high, low, crc8(0xff, &[high, low])]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Sensirion's datasheets, which give 92h as the checksum of BEEFh.
    #[test]
    fn the_checksum_of_beef() {
        assert_eq!(crc8(0xff, &[0xbe, 0xef]), 0x92);
        assert_eq!(word([0xbe, 0xef, 0x92]), Some(0xbeef));
        assert_eq!(word([0xbe, 0xef, 0x93]), None);
        assert_eq!(with_crc(0xbeef), [0xbe, 0xef, 0x92]);
    }
}
