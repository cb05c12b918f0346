//! Whatever stands in the file: no panic, and no reading whose bytes do not prove it.

use proptest::prelude::*;

use crate::tree::{Tree, crc, shown};

const ID: &str = "28-00000c0c0c0c";

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_make_their_own_temperature_or_none(bytes: [u8; 8], said in prop_oneof![Just(None), any::<i64>().prop_map(Some)]) {
        let raw = i64::from(i16::from_le_bytes([bytes[0], bytes[1]]));
        let tree = Tree::new();
        tree.file(&format!("{ID}/w1_slave"), shown(bytes, said.unwrap_or(raw * 1000 / 16)));
        let round = tree.first("");
        // What the kernel says counts for nothing where it cannot be.
        let possible = |said: i64| (-55_000..=125_000).contains(&said);
        let sure = said.is_none_or(|said| !possible(said)) && (-880..=2000).contains(&raw) && raw != 1360 && bytes != [0; 8];
        prop_assert_eq!(round.items().len(), usize::from(sure));
        if let Some(item) = round.items().first() {
            let degrees = item.value.as_f64().unwrap();
            prop_assert!((degrees * 16.0 - f64::from(i16::from_le_bytes([bytes[0], bytes[1]]))).abs() < 0.02, "{degrees}");
        }
        prop_assert_eq!(round.refused().len(), usize::from(!sure));
    }

    #[test]
    fn one_wrong_bit_is_found(bytes: [u8; 8], bit in 0_usize..64) {
        let mut wrong = bytes;
        wrong[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(crc(&bytes), crc(&wrong));
        let right = shown(bytes, 0);
        let hex = |bytes: [u8; 8]| bytes.iter().map(|byte| format!("{byte:02x} ")).collect::<String>();
        let tree = Tree::new();
        tree.file(&format!("{ID}/w1_slave"), right.replace(&hex(bytes), &hex(wrong)));
        let round = tree.first("");
        prop_assert_eq!(round.refused().iter().map(|r| r.cause).collect::<Vec<_>>(), ["crc"]);
    }

    #[test]
    fn any_text_is_refused(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let tree = Tree::new();
        tree.file(&format!("{ID}/w1_slave"), &text);
        prop_assert!(tree.first("").is_empty());
    }
}
