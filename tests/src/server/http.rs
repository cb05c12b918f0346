//! HTTP/1.1 as the server needs it: one request read, one answer written.
//!
//! Written by hand so that it shares nothing with the client's HTTP. It knows bytes, not the Events API.

use std::io;

use super::wire::Wire;

/// The head of a request may have this many bytes.
const HEAD_LIMIT: usize = 64 * 1024;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The query's parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers in order; names as they came.
    pub headers: Vec<(String, String)>,
    /// The body, or what is wrong with it.
    pub body: Body,
}

/// What stood behind the head.
#[derive(Debug, Clone)]
pub enum Body {
    /// The bytes, perhaps none.
    Whole(Vec<u8>),
    /// Larger than the limit: read and thrown away. So many bytes.
    TooLarge(usize),
    /// No `Content-Length`: the service is only documented with one.
    Unmeasured,
}

impl Request {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The first parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the next request; `None` when the peer closed between two requests.
///
/// # Errors
/// What the connection says, and `InvalidData` for bytes that are no request.
pub async fn read_request(wire: &mut Wire, body_limit: usize) -> io::Result<Option<Request>> {
    let head_end = loop {
        if let Some(end) = find(&wire.pending, b"\r\n\r\n") {
            break end;
        }
        if wire.pending.len() > HEAD_LIMIT {
            return Err(nonsense("the head is larger than 64 KiB"));
        }
        if wire.fill().await? == 0 {
            return if wire.pending.is_empty() { Ok(None) } else { Err(nonsense("closed within the head")) };
        }
    };
    let rest = wire.pending.split_off(head_end + 4);
    let head =
        String::from_utf8(std::mem::replace(&mut wire.pending, rest)).map_err(|_| nonsense("the head is no UTF-8"))?;
    let mut request = parse_head(&head)?;
    request.body = match request.header("content-length").map(str::parse::<usize>) {
        Some(Ok(length)) => {
            if request.header("expect").is_some_and(|e| e.eq_ignore_ascii_case("100-continue")) {
                wire.write(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            }
            read_body(wire, length, body_limit).await?
        }
        Some(Err(_)) => return Err(nonsense("Content-Length is no number")),
        None if request.header("transfer-encoding").is_some() => Body::Unmeasured,
        None => Body::Whole(Vec::new()),
    };
    Ok(Some(request))
}

async fn read_body(wire: &mut Wire, length: usize, limit: usize) -> io::Result<Body> {
    let mut left = length;
    let mut body = Vec::new();
    loop {
        let take = left.min(wire.pending.len());
        left -= take;
        {
            let taken = wire.pending.drain(..take);
            if length <= limit {
                body.extend(taken);
            }
        }
        if left == 0 {
            return Ok(if length <= limit { Body::Whole(body) } else { Body::TooLarge(length) });
        }
        if wire.fill().await? == 0 {
            return Err(nonsense("closed within the body"));
        }
    }
}

fn parse_head(head: &str) -> io::Result<Request> {
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
        (first.next(), first.next(), first.next(), first.next())
    else {
        return Err(nonsense("no request line"));
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = query.split('&').filter(|p| !p.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    });
    let mut headers = Vec::new();
    for line in lines.filter(|l| !l.is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(|| nonsense("a header without a colon"))?;
        if name.is_empty() || name.contains([' ', '\t']) {
            return Err(nonsense("a blank in a header's name"));
        }
        headers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
    let query = query.collect();
    Ok(Request { method: method.to_owned(), path: path.to_owned(), query, headers, body: Body::Whole(Vec::new()) })
}

/// Undoes the per cent encoding of a query.
fn decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next().unwrap_or(b'?'), bytes.next().unwrap_or(b'?')];
                std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok()).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

fn nonsense(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// An answer before it is bytes.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers besides `Date` and `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// An answer without a body.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// The same with a body of this type.
    #[must_use]
    pub fn with_body(mut self, kind: &str, body: impl Into<String>) -> Self {
        self.headers.push(("Content-Type", kind.to_owned()));
        self.body = body.into();
        self
    }

    /// The same with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The bytes that go over the wire; `date` is the server's own.
    pub fn bytes(&self, date: f64) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\nDate: {}\r\n", self.status, reason(self.status), http_date(date));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        // 204 has no body, and a length of it would be an error of ours.
        if self.status != 204 {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        head.push_str(&self.body);
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Whatever",
    }
}

/// `Wed, 25 Nov 2026 04:04:16 GMT`, the form of `Date` and of one kind of `Retry-After`.
pub fn http_date(unix: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a date of our own time, whole seconds")]
    let secs = unix.floor() as i64;
    let (days, second) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    // Days to civil date, counted from 1 March of year 0 so that the leap day is a year's last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, year) = if month_from_march < 10 {
        (month_from_march + 3, era * 400 + year_of_era)
    } else {
        (month_from_march - 9, era * 400 + year_of_era + 1)
    };
    let name = |list: &'static str, index: i64| {
        let at = usize::try_from(index).unwrap_or(0) * 3;
        &list[at..at + 3]
    };
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        name("ThuFriSatSunMonTueWed", days.rem_euclid(7)),
        name("JanFebMarAprMayJunJulAugSepOctNovDec", month - 1),
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_http_writes_them() {
        assert_eq!(http_date(0.0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(1_582_934_399.9), "Fri, 28 Feb 2020 23:59:59 GMT");
        assert_eq!(http_date(1_582_934_400.0), "Sat, 29 Feb 2020 00:00:00 GMT");
        assert_eq!(http_date(1_795_579_456.0), "Wed, 25 Nov 2026 04:04:16 GMT");
    }

    #[test]
    fn a_query_is_decoded() {
        let head = parse_head("GET /api/events?a=1%202&b=x+y HTTP/1.1\r\nHost: h\r\nX-Is: v \r\n\r\n").unwrap();
        assert_eq!(head.parameter("a"), Some("1 2"));
        assert_eq!(head.parameter("b"), Some("x y"));
        assert_eq!(head.header("x-iS"), Some("v"));
        assert!(parse_head("hello\r\n\r\n").is_err());
    }
}
