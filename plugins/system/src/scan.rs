//! Lines, words and numbers as the kernel writes them, out of bytes: nothing is copied and nothing is guessed. What is
//! not wholly a number is none.

/// The lines of a text, without their ends.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| *b == b'\n').filter(|line| !line.is_empty())
}

/// The words of a line, between any number of blanks and tabs.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| matches!(b, b' ' | b'\t' | b'\r')).filter(|word| !word.is_empty())
}

/// The first number of a small file.
pub(crate) fn first(text: &[u8]) -> &[u8] {
    lines(text).next().and_then(|line| words(line).next()).unwrap_or_default()
}

/// A counter: digits and nothing else, up to 2^64 - 1.
pub(crate) fn number(word: &[u8]) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0_u64, |sum, b| {
        if !b.is_ascii_digit() {
            return None;
        }
        sum.checked_mul(10)?.checked_add(u64::from(b - b'0'))
    })
}

/// An integer with an optional sign.
pub(crate) fn integer(word: &[u8]) -> Option<i64> {
    match word.strip_prefix(b"-") {
        Some(digits) => number(digits).and_then(|n| i64::try_from(n).ok()).map(|n| -n),
        None => number(word).and_then(|n| i64::try_from(n).ok()),
    }
}

/// A number with an optional sign and an optional fraction. The point may stand at its end, as in /proc/net/wireless.
pub(crate) fn decimal(word: &[u8]) -> Option<f64> {
    let plain = word.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    if plain { std::str::from_utf8(word).ok()?.parse().ok() } else { None }
}

/// As many numbers from the start of `words` as there are, at most `N`; the rest stays 0. Tells how many there were.
pub(crate) fn numbers<'t, const N: usize>(words: impl Iterator<Item = &'t [u8]>) -> ([u64; N], usize) {
    let mut all = [0; N];
    let mut count = 0;
    for (place, word) in all.iter_mut().zip(words) {
        let Some(number) = number(word) else { break };
        *place = number;
        count += 1;
    }
    (all, count)
}

/// Bytes as text that can be told apart from every other: what is not UTF-8 is written out.
pub(crate) fn shown(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_wholly_a_number_is_none() {
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        for wrong in [&b""[..], b"-1", b"1.5", b"18446744073709551616", b"0x10", b"12a"] {
            assert_eq!(number(wrong), None, "{}", shown(wrong));
        }
        assert_eq!(integer(b"-5250"), Some(-5250));
        assert_eq!(integer(b"--5"), None);
        assert_eq!(decimal(b"-52."), Some(-52.0));
        for wrong in [&b"nan"[..], b"inf", b"1e5", b"", b"."] {
            assert_eq!(decimal(wrong), None, "{}", shown(wrong));
        }
        assert_eq!(numbers::<4>(words(b"  1 2\t3 x 5")), ([1, 2, 3, 0], 3));
        assert_ne!(shown(b"caf\xe9"), shown(b"caf\xe8"));
    }
}
