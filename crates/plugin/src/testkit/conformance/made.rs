//! Whether a key is one of those that a kind says it makes.

use crate::options::Glob;

/// Whether a key is one that a kind says it makes, where parts in capitals stand for anything.
pub fn is_made(made: &str, key: &str) -> bool {
    let mut pattern = String::new();
    let mut letters = made.chars().peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_ascii_uppercase() {
            pattern.push(letter);
            continue;
        }
        pattern.push('*');
        let mut rest = letters.clone();
        while rest.peek().is_some_and(|next| next.is_ascii_uppercase() || *next == '_') {
            // A blank of a name belongs to it only where another capital follows.
            if rest.next() != Some('_') {
                letters = rest.clone();
            }
        }
    }
    Glob::new(pattern).matches(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_parts_that_depend_on_the_device() {
        assert!(is_made("net_NAME_rx", "net_eth0_rx"));
        assert!(!is_made("net_NAME_rx", "net_eth0_tx"));
        assert!(is_made("EXIT_CODE", "code"));
        assert!(is_made("temperature", "temperature") && !is_made("temperature", "temperatures"));
    }
}
