//! Where the Events API is: scheme, host and port, as people write it and as it is called.

/// An address that calls can be made to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address(String);

/// An address that cannot be called. The text is not repeated: people paste keys into the wrong place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("api_base must be https://HOST or https://HOST:PORT (the service's own is https://groker.init.st)")]
pub struct AddressError;

impl Address {
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("https", text.trim()));
        let rest = rest.trim_end_matches('/');
        let rest = rest.strip_suffix("/api").unwrap_or(rest);
        let scheme = scheme.to_ascii_lowercase();
        let known = scheme == "https" || scheme == "http";
        let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
        if !known || authority.is_empty() || authority.contains('@') || rest.contains(['?', '#']) {
            return Err(AddressError);
        }
        let base = format!("{scheme}://{rest}");
        match reqwest::Url::parse(&base) {
            Ok(url) if url.host_str().is_some_and(|host| !host.is_empty()) => Ok(Self(base)),
            _ => Err(AddressError),
        }
    }

    pub fn base(&self) -> &str {
        &self.0
    }

    pub fn of(&self, path: &str) -> String {
        format!("{}/api/{path}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write_it() {
        for text in
            ["https://groker.init.st", "https://groker.init.st/", "groker.init.st/api", " HTTPS://groker.init.st/api/ "]
        {
            assert_eq!(Address::parse(text).unwrap().of("events"), "https://groker.init.st/api/events", "{text}");
        }
        assert_eq!(Address::parse("http://127.0.0.1:8080/proxy").unwrap().of("x"), "http://127.0.0.1:8080/proxy/api/x");
        assert_eq!(Address::parse("http://[::1]:80").unwrap().base(), "http://[::1]:80");
        for text in ["", "ftp://x", "https://", "https://key@host", "https://host?accessKey=x", "http://a b"] {
            assert_eq!(Address::parse(text), Err(AddressError), "{text}");
        }
    }
}
