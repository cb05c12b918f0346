//! Who asks, and for what: keys, versions, buckets, as strictly as the service's documents allow. It stores nothing.
//!
//! Every rule has a word, and that word is what a report counts and a refusal's body names.

use super::event::Members;
use super::http::{Body, Request};

/// Characters in a key, a bucket key and a bucket's name.
pub const NAME_CHARS: usize = 250;
const VERSIONS: [[u32; 3]; 4] = [[0, 0, 1], [0, 0, 2], [0, 0, 3], [0, 0, 4]];

/// Why a request is not accepted: the status it gets and the rule's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The status code.
    pub status: u16,
    /// The rule.
    pub rule: &'static str,
}

/// The refusal of a request by this rule.
///
/// # Errors
/// Always.
pub fn refused<T>(status: u16, rule: &'static str) -> Result<T, Refused> {
    Err(Refused { status, rule })
}

/// Whose request it is: the access key and, for events, the bucket key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// The account.
    pub access_key: String,
    /// The bucket in it.
    pub bucket_key: String,
}

/// The access key, in the header or the query.
///
/// # Errors
/// 401 where it is missing, empty or malformed.
pub fn access_key(request: &Request) -> Result<String, Refused> {
    match request.header("X-IS-AccessKey").or_else(|| request.parameter("accessKey")) {
        None | Some("") => refused(401, "access_key_missing"),
        Some(key) if key.chars().any(|c| !c.is_ascii_graphic() || c == '#') => refused(401, "access_key_malformed"),
        Some(key) => Ok(key.to_owned()),
    }
}

/// The bucket key of a request for events.
///
/// # Errors
/// 400 with the rule that it breaks.
pub fn bucket_key(request: &Request) -> Result<String, Refused> {
    match request.header("X-IS-BucketKey").or_else(|| request.parameter("bucketKey")) {
        None => refused(400, "bucket_key_missing"),
        Some(key) => check_bucket_key(key),
    }
}

fn check_bucket_key(key: &str) -> Result<String, Refused> {
    if key.is_empty() {
        refused(400, "bucket_key_empty")
    } else if key.chars().count() > NAME_CHARS {
        refused(400, "bucket_key_too_long")
    } else if key.contains([':', '"', '\'']) || !key.is_ascii() {
        refused(400, "bucket_key_character")
    } else {
        Ok(key.to_owned())
    }
}

/// `Accept-Version` against the four versions there are; without it the newest answers.
///
/// # Errors
/// 400 for a range that holds none of them.
pub fn version(request: &Request) -> Result<(), Refused> {
    let Some(range) = request.header("Accept-Version") else { return Ok(()) };
    let digits = range.trim_start_matches(['<', '>', '=', '~', '^', 'v', ' ']);
    let relation = range[..range.len() - digits.len()].trim();
    let parts: Option<Vec<u32>> = if matches!(digits, "" | "*" | "x") {
        Some(Vec::new())
    } else {
        digits.split('.').map(|p| p.parse().ok()).collect()
    };
    let Some(parts) = parts.filter(|p| p.len() <= 3) else { return refused(400, "accept_version") };
    let holds = VERSIONS.iter().any(|version| {
        let order = version[..parts.len()].cmp(&parts[..]);
        match relation {
            "<=" => order.is_le(),
            "<" => order.is_lt(),
            ">=" => order.is_ge(),
            ">" => order.is_gt(),
            // `~0` and `^0.0.1` alike keep what is left of the last given part.
            "~" | "^" => {
                order.is_ge() && version[..parts.len().saturating_sub(1)] == parts[..parts.len().saturating_sub(1)]
            }
            _ => order.is_eq(),
        }
    });
    if holds { Ok(()) } else { refused(400, "accept_version") }
}

/// The JSON body, if the request carries one as it should.
///
/// # Errors
/// The rule that is broken.
pub fn json(request: &Request) -> Result<&str, Refused> {
    let body = match &request.body {
        Body::Whole(bytes) => bytes,
        Body::TooLarge(_) => return refused(413, "body_too_large"),
        Body::Unmeasured => return refused(411, "content_length_missing"),
    };
    let kind = request.header("Content-Type").unwrap_or_default().to_ascii_lowercase().replace(' ', "");
    if kind != "application/json" && kind != "application/json;charset=utf-8" {
        return refused(400, "content_type");
    }
    std::str::from_utf8(body).or_else(|_| refused(400, "utf8"))
}

/// A bucket's key and name from `POST /api/buckets`.
///
/// # Errors
/// The rule that is broken.
pub fn bucket(request: &Request) -> Result<(String, String), Refused> {
    let (key, name) = if matches!(&request.body, Body::Whole(body) if body.is_empty()) {
        let of = |name| request.parameter(name).map(str::to_owned);
        (of("bucketKey"), of("bucketName"))
    } else {
        let object: Members = serde_json::from_str(json(request)?).or_else(|_| refused(400, "json"))?;
        let text = |name: &str| match object.0.iter().find(|(n, _)| n == name) {
            Some((_, raw)) => {
                serde_json::from_str::<String>(raw.get()).map(Some).or_else(|_| refused(400, "bucket_member"))
            }
            None => Ok(None),
        };
        if object.0.iter().any(|(name, _)| !matches!(name.as_str(), "bucketKey" | "bucketName" | "tags")) {
            return refused(400, "member_unknown");
        }
        (text("bucketKey")?, text("bucketName")?)
    };
    let Some(key) = key else { return refused(400, "bucket_key_missing") };
    let name = name.unwrap_or_default();
    if name.chars().count() > NAME_CHARS {
        return refused(400, "bucket_name_too_long");
    }
    Ok((check_bucket_key(&key)?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_that_clients_in_the_field_send() {
        let asked = |range: &str| {
            let headers = vec![("Accept-Version".to_owned(), range.to_owned())];
            let (method, path) = ("GET".to_owned(), "/".to_owned());
            version(&Request { method, path, query: Vec::new(), headers, body: Body::Unmeasured }).is_ok()
        };
        for fine in ["~0", "0.0.1", "0.0.4", "<=0.0.4", "~0.0.1", "*"] {
            assert!(asked(fine), "{fine}");
        }
        for wrong in ["1.0.0", "0.0.5", ">0.0.4", "~1", "newest"] {
            assert!(!asked(wrong), "{wrong}");
        }
    }
}
