//! Which parts of a text may be secrets, so that no line of it is ever shown with them.
//!
//! It works on lines, not on parsed TOML: what is broken is shown most. Rather too much is hidden than too little. Every
//! character is replaced by one of the same length, so all places stay what they are.

use std::ops::Range;

use streamer_plugin::options::nearest;

use super::tokens::{Token, tokens};

/// Shorter texts are hidden where they stand and not everywhere: stars in the middle of words help nobody.
pub(super) const SHORTEST_SECRET: usize = 6;

/// Parts of a name that mean a secret.
const SECRET_PARTS: [&str; 12] = [
    "key",
    "apikey",
    "accesskey",
    "token",
    "password",
    "passwd",
    "passphrase",
    "pass",
    "secret",
    "credential",
    "bearer",
    "authorization",
];
/// Names that are secret even with a slip of the finger in them.
const SECRET_NAMES: [&str; 6] = ["access_key", "accesskey", "password", "passwd", "credential", "token"];

/// What an access key of Initial State begins with: one is known by itself, wherever it was pasted.
const ACCESS_KEY: &str = "ist_";
/// And how much follows at least; shorter words are names.
const SHORTEST_KEY: usize = 10;

/// A text with stars in it, and what they stand for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Masked {
    text: String,
    secrets: Vec<Range<usize>>,
}

impl Masked {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What was hidden and must not appear in any message either. What is only called `key` is hidden but no secret:
    /// a bucket, a door.
    pub(crate) fn secrets<'t>(&'t self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.secrets.iter().filter_map(|range| text.get(range.clone()))
    }
}

/// Whether an entry of this name is treated as a secret.
fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    name.split(['_', '-', '.']).any(|part| SECRET_PARTS.contains(&part) || part.ends_with("key"))
        || nearest(&name, SECRET_NAMES).is_some()
}

/// What a line leaves open for the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    /// A secret's value is still to come.
    Value,
    /// A secret within a text of several lines, until these quotes come.
    Text(&'static str),
    /// A secret within brackets, and how many of them are open.
    Brackets(usize),
}

struct Mask<'t> {
    text: &'t str,
    hidden: Vec<Range<usize>>,
    secrets: Vec<Range<usize>>,
    open: Open,
}

pub(crate) fn mask(text: &str) -> Masked {
    let mut mask = Mask { text, hidden: Vec::new(), secrets: Vec::new(), open: Open::Nothing };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        mask.line(start, end);
        start += line.len();
    }
    mask.access_keys();
    mask.everywhere();
    Masked { text: starred(text, &mask.hidden), secrets: mask.secrets }
}

impl Mask<'_> {
    fn line(&mut self, mut start: usize, end: usize) {
        if let Open::Text(quotes) = self.open {
            match self.text[start..end].find(quotes) {
                None => return self.hide(start..end, true),
                Some(at) => self.hide(start..start + at, true),
            }
            start = start + self.text[start..end].find(quotes).unwrap_or(0) + quotes.len();
            self.open = Open::Brackets(0);
        }
        let line = tokens(&self.text[start..end]);
        let found = match self.open {
            Open::Nothing => secret_of(&self.text[start..end], &line),
            _ => Some(Secret { name: None, behind: 0, real: true }),
        };
        if let Some(secret) = found {
            self.secret_line(start, end, &line, secret);
        }
    }

    /// Hides what may be a value: every text in quotes, and behind the secret's name all else that is no name.
    fn secret_line(&mut self, start: usize, end: usize, line: &[Token], secret: Secret) {
        let Secret { name, real, .. } = secret;
        let code = line.iter().any(|token| !matches!(token, Token::Comment));
        if self.open != Open::Nothing && !code {
            return;
        }
        let mut depth = if let Open::Brackets(depth) = self.open { depth } else { 0 };
        let mut last = '=';
        let mut value = false;
        let mut unfinished = None;
        for (at, token) in line.iter().enumerate() {
            let behind = at >= secret.behind;
            match token {
                Token::Text { range, quotes, closed } => {
                    let range = start + range.start..start + range.end;
                    if !is_variable(&self.text[range.clone()]) && Some(at) != name {
                        self.hide(range, real);
                    }
                    value |= behind;
                    if !closed && quotes.len() == 3 {
                        unfinished = Some(*quotes);
                    }
                }
                Token::Word(range) => {
                    let named = matches!(last, '{' | ',') && matches!(line.get(at + 1), Some(Token::Sign('=' | '.')));
                    if behind && !named {
                        self.hide(start + range.start..start + range.end, real);
                        value = true;
                    }
                    last = 'w';
                }
                Token::Sign(sign) => {
                    match sign {
                        '[' | '{' if behind => depth += 1,
                        ']' | '}' if behind => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    last = *sign;
                }
                Token::Comment => last = '#',
            }
        }
        let header = self.text[start..end].trim_start().starts_with('[') && name.is_some();
        self.open = match unfinished {
            Some(quotes) => Open::Text(quotes),
            None if depth > 0 => Open::Brackets(depth),
            None if !value && !header && matches!(line.last(), Some(Token::Sign('=' | '?' | ':') | Token::Word(_))) => {
                Open::Value
            }
            None => Open::Nothing,
        };
    }

    fn access_keys(&mut self) {
        for (at, _) in self.text.match_indices(ACCESS_KEY) {
            let behind = &self.text[at + ACCESS_KEY.len()..];
            let long = behind.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(behind.len());
            if long >= SHORTEST_KEY && !self.text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                self.hide(at..at + ACCESS_KEY.len() + long, true);
            }
        }
    }

    /// What is a secret on one line is one on every other.
    fn everywhere(&mut self) {
        let mut known: Vec<&str> = self.secrets.iter().filter_map(|range| self.text.get(range.clone())).collect();
        known.retain(|secret| secret.len() >= SHORTEST_SECRET);
        known.sort_unstable();
        known.dedup();
        for secret in known {
            self.hidden.extend(self.text.match_indices(secret).map(|(at, _)| at..at + secret.len()));
        }
        self.hidden.sort_unstable_by_key(|range| (range.start, range.end));
    }

    fn hide(&mut self, range: Range<usize>, real: bool) {
        if real && !range.is_empty() {
            self.secrets.push(range.clone());
        }
        self.hidden.push(range);
    }
}

/// A secret on a line.
#[derive(Clone, Copy)]
struct Secret {
    /// The token that is its name, where one is.
    name: Option<usize>,
    /// The first token that may be its value.
    behind: usize,
    /// Whether it is called more than just `key`.
    real: bool,
}

/// The first secret on a line, if there is one.
fn secret_of(line: &str, all: &[Token]) -> Option<Secret> {
    let header = line.trim_start().starts_with('[');
    let mut comment = false;
    let mut found: Option<Secret> = None;
    for (at, token) in all.iter().enumerate() {
        let given = matches!(all.get(at + 1), Some(Token::Sign('=' | ':' | '?')));
        let secret = match token {
            Token::Comment => {
                comment = true;
                continue;
            }
            Token::Word(range) if given || !(header || comment) => named(&line[range.clone()], at),
            // A name may stand in quotes; a text may be the option `--token`, or hold `password=...` itself.
            Token::Text { range, .. } => {
                let text = &line[range.clone()];
                let option = text.trim_start_matches('-');
                let own = if at == 0 || given || option != text { named(option, at) } else { None };
                own.or_else(|| holds_secret(text).then_some(Secret { name: None, behind: at, real: true }))
            }
            Token::Word(_) | Token::Sign(_) => None,
        };
        let Some(secret) = secret else { continue };
        let first = found.unwrap_or(secret);
        found = Some(Secret { real: first.real || secret.real, ..first });
    }
    found
}

fn named(word: &str, at: usize) -> Option<Secret> {
    is_secret(word).then(|| Secret { name: Some(at), behind: at + 1, real: !word.eq_ignore_ascii_case("key") })
}

/// Whether a text has something like `password=` or `X-Key:` in it, or is an address with a password.
fn holds_secret(text: &str) -> bool {
    if text.split_once("://").is_some_and(|(_, rest)| rest.contains('@')) {
        return true;
    }
    let before = text.match_indices(['=', ':']).map(|(at, _)| text[..at].trim_end());
    before.filter_map(|part| part.rsplit([' ', '&', ';', '?', '"', '\'']).next()).any(is_secret)
}

/// `${NAME}` alone is no secret, and is what a person needs to see.
fn is_variable(text: &str) -> bool {
    text.strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// The text with every character in the ranges, which are in order, replaced by one of as many bytes; and those of the control characters
/// that the renderer lets through, for a terminal would obey them.
fn starred(text: &str, hidden: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut next = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        while let Some(range) = hidden.get(next).filter(|range| range.start <= at) {
            end = end.max(range.end);
            next += 1;
        }
        let inside = at < end;
        out.push(match c.len_utf8() {
            2 if c.is_control() => '¤',
            _ if !inside || c == '\n' || c == '\r' => c,
            1 => '*',
            2 => '¤',
            3 => '•',
            _ => '🞄',
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        mask(text).text().to_owned()
    }

    #[test]
    fn values_of_secrets_are_hidden_whatever_is_broken() {
        for text in [
            "access_key = \"KEY\"",
            "access_key = \"KEY\" oops",
            "access_key = KEY",
            "access_key = KEY==",
            "access_key = 'KEY",
            "access_key = \"KEY # no end",
            "access_key ? \"KEY\"",
            "access_key \"KEY\"",
            "access_key =\n  \"KEY\"",
            "access_key = [\n  # really\n  \"KEY\",\n  'KEY' ]",
            "access_key = \"\"\"\nKEY\nKEY\"\"\"",
            "access_key = '''KEY",
            "access_kee = \"KEY\"",
            "AccessKey: KEY",
            "\"access_key\" = \"KEY\"",
            "# access_key = \"KEY\"",
            "x = { access_key = \"KEY\", api_base = \"KEY\" }",
            "x = { api_base = \"KEY\", access_key = KEY }",
            "outputs.a.access_key = \"KEY\"",
            "[outputs] access_key = \"KEY\"",
            "password='KEY', user = 'KEY'",
            "command = [\"curl\", \"-H\", \"X-IS-AccessKey: KEY\"]",
            "command = [\"x\", \"--token\", \"KEY\"]",
            "shell = \"API_TOKEN=KEY curl x\"",
            "key = \"KEY\"",
            "api_base = \"https://me:KEY@example.org\"",
        ] {
            let shown = shown(text);
            assert!(!shown.contains("KEY"), "{text}\n{shown}");
            assert_eq!(shown.len(), text.len());
        }
    }

    #[test]
    fn an_access_key_is_known_by_itself() {
        for text in [
            "ist_KEYKEYKEY123",
            "[outputs.initial_state.ist_KEYKEYKEY123]",
            "type = \"ist_KEYKEYKEY123\"",
            "x = 1 # ist_KEYKEYKEY123",
        ] {
            let shown = shown(text);
            assert!(!shown.contains("KEY"), "{shown}");
        }
        for name in ["ist_kitchen", "list_ABCDEFGHIJKL = 1"] {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn the_rest_stays_readable() {
        for text in [
            "access_key = \"${IS_ACCESS_KEY}\"",
            "access_key = \"\"",
            "format = \"key_value\"",
            "[outputs.token]\npath = \"x\"",
            "interval = \"10s\" # the key to it all",
            "access_key = \"\"\napi_base = \"https://example.org\"",
            "monkey = 5\n".trim_start_matches("monkey = 5\n"),
        ] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("x = { access_key = \"ÄÖ\", max = 1 }"), "x = { access_key = \"¤¤\", max = * }");
    }

    proptest! {
        #[test]
        fn nothing_changes_its_place(text in "(access_key|key|[a-z]{1,4}|[=\\[\\]{}#,\"' \n\t]|é|€|𝄞|\"\"\"){0,40}") {
            let shown = shown(&text);
            prop_assert_eq!(shown.len(), text.len());
            prop_assert!(shown.char_indices().map(|(at, _)| at).eq(text.char_indices().map(|(at, _)| at)));
        }
    }
}
