//! How a value stands in a cell: an integer, a real, a text, or for a boolean a blob of one byte. SQLite has no boolean
//! of its own, and a 0 or 1 could not be told from the integer.

use rusqlite::types::{ToSqlOutput, ValueRef};
use streamer_reading::{Finite, Text, Value};

const TRUE: &[u8] = &[1];
const FALSE: &[u8] = &[0];

/// The cell for `value`, borrowed from it.
pub(crate) fn cell(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Text(text) => ValueRef::Text(text.as_str().as_bytes()),
        Value::Bool(flag) => ValueRef::Blob(if *flag { TRUE } else { FALSE }),
        Value::Int(number) => ValueRef::Integer(*number),
        Value::Float(number) => ValueRef::Real(number.get()),
    })
}

/// The value in `cell`; `None` for what no store writes.
pub(crate) fn value(cell: ValueRef<'_>) -> Option<Value> {
    match cell {
        ValueRef::Integer(number) => Some(Value::Int(number)),
        ValueRef::Real(number) => Finite::new(number).ok().map(Value::Float),
        ValueRef::Text(text) => Text::new(std::str::from_utf8(text).ok()?).ok().map(Value::Text),
        ValueRef::Blob(flag) => Some(Value::Bool(flag == TRUE)),
        ValueRef::Null => None,
    }
}
