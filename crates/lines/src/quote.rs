//! Quoted texts of log lines, where a backslash stands before a quote, before itself, or for a control character.

use memchr::memchr2;

/// Reads the text whose opening quote stands at `at`, decodes it behind `into`, and tells where it ends in `text`.
///
/// A backslash before anything else is a backslash: people write `"C:\log"`. None if the text has no end.
pub(crate) fn read(text: &str, at: usize, into: &mut String) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.get(at)?;
    let mut at = at + 1;
    loop {
        let stop = at + memchr2(quote, b'\\', bytes.get(at..)?)?;
        into.push_str(&text[at..stop]);
        if bytes[stop] == quote {
            return Some(stop + 1);
        }
        at = stop + 2;
        match bytes.get(stop + 1)? {
            b'n' => into.push('\n'),
            b't' => into.push('\t'),
            b'r' => into.push('\r'),
            byte if *byte == quote || *byte == b'\\' => into.push((*byte).into()),
            _ => {
                into.push('\\');
                at = stop + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_few() {
        let read = |text| {
            let mut into = String::new();
            read(text, 0, &mut into).map(|end| (into, end))
        };
        assert_eq!(read(r#""wet \"mud\"" x"#), Some(("wet \"mud\"".into(), 13)));
        assert_eq!(read(r#""C:\Log\\x\ü""#), Some(("C:\\Log\\x\\ü".into(), 14)));
        assert_eq!(read("'it\\'s'"), Some(("it's".into(), 7)));
        assert_eq!(read(r#""no end\"#), None);
        assert_eq!(read(r#""no end\""#), None);
    }
}
