//! Whether a service can be reached, asked without an account: what a person wants to know before the first reading.

use std::path::Path;

use reqwest::header::DATE;
use streamer_reading::{Epoch, Secret};

use super::address::Address;
use super::{connection, http_date};
use crate::retry::Pace;

/// What answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// What time it is there, by its own clock.
    pub date: Option<Epoch>,
}

/// Asks the service which versions it speaks: one call without an access key, over TLS where the address says so.
///
/// # Errors
/// In words for a person: no connection, no trust, or something that answers and is no such service.
pub async fn reach(api_base: &str, ca_file: Option<&Path>) -> Result<Reached, String> {
    let address = Address::parse(api_base).map_err(|error| error.to_string())?;
    let client = connection::build(address.base(), ca_file, Pace::REAL)?;
    let asked = client.get(address.of("versions")).send().await;
    let mut response = asked.map_err(|error| connection::sentence(&error))?;
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(http_date::parse);
    let status = response.status().as_u16();
    // A list, and not the page that some networks put before everything.
    let body = response.chunk().await.map_err(|error| connection::sentence(&error))?.unwrap_or_default();
    match (status, body.first()) {
        (200, Some(b'[')) => Ok(Reached { date: date.and_then(|secs| Epoch::from_secs(secs).ok()) }),
        (500.., _) => Err(format!("the service answered {status}: it has a fault of its own; try again later")),
        _ => Err(format!(
            "something answered {status}, and it is not the service: does this network want a login in a browser first, or is \
             api_base another address?"
        )),
    }
}

/// Whether this has the form that the service gives its streaming keys.
pub fn is_streaming_key(key: &Secret) -> bool {
    let rest = key.expose().strip_prefix("ist_").unwrap_or_default();
    rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
