//! A number that stays the same as long as an input's table says the same: whatever the order of its keys, its comments
//! and its place. The same on every machine, so it can be kept.

use streamer_plugin::options::Table;
use toml::de::{DeTable, DeValue};

/// FNV-1a, 64 bits.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    const START: Self = Self(0xcbf2_9ce4_8422_2325);

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// A tag and a length before each text, so that no two contents run into each other.
    fn text(&mut self, tag: u8, text: &str) {
        self.bytes(&[tag]);
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
    }

    fn table(&mut self, table: &DeTable<'_>) {
        self.text(b't', &table.len().to_string());
        // In the order of their names, as tables keep their entries.
        for (key, value) in table {
            self.text(b'k', key.get_ref());
            self.value(value.get_ref());
        }
    }

    fn value(&mut self, value: &DeValue<'_>) {
        match value {
            DeValue::String(text) => self.text(b's', text),
            DeValue::Integer(number) => self.text(number.radix().to_le_bytes()[0], number.as_str()),
            DeValue::Float(number) => self.text(b'f', number.as_str()),
            DeValue::Boolean(flag) => self.text(b'b', if *flag { "1" } else { "0" }),
            DeValue::Datetime(time) => self.text(b'd', &time.to_string()),
            DeValue::Array(items) => {
                self.text(b'a', &items.len().to_string());
                items.iter().for_each(|item| self.value(item.get_ref()));
            }
            DeValue::Table(table) => self.table(table),
        }
    }
}

/// Of all that stands in a table.
pub(super) fn of(table: &Table<'_>) -> u64 {
    let mut hash = Hash::START;
    for name in table.keys() {
        hash.text(b'k', name);
        if let Some(value) = table.get(name) {
            hash.value(value.get_ref());
        }
    }
    hash.0
}

/// Of a table and of what else the input depends on.
pub(super) fn together<'w>(table: u64, words: impl IntoIterator<Item = &'w str>) -> u64 {
    let mut hash = Hash(table);
    words.into_iter().for_each(|word| hash.text(b'w', word));
    hash.0
}
