//! The name of a map's member. Maps may have keys of any type; text, numbers, booleans and unit variants can be names.

use serde::Serialize;

/// The name, or none.
pub(super) fn of<T: Serialize + ?Sized>(key: &T) -> Option<String> {
    match serde_json::to_value(key).ok()? {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(flag) => Some(flag.to_string()),
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
    }
}
