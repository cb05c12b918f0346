//! The public surface of the crate that authors of inputs build on, as one text that is compared: it never changes by
//! accident. Read from the sources, so that it needs no other compiler than the usual.
//!
//! Told is what is written `pub`, with the variants of enums, the methods of traits and which traits are implemented.
//! `UPDATE_EXPECTED=1 cargo xtask tidy` writes it anew.

use std::path::Path;

use crate::tidy::Finding;
use crate::tidy::source::Source;

const CRATE: &str = "crates/plugin/src/";
const KEPT: &str = "crates/plugin/SURFACE.txt";

/// Compares the surface with the kept one.
pub fn check(root: &Path, sources: &[Source]) -> Vec<Finding> {
    let mut files: Vec<&Source> = sources
        .iter()
        .filter(|source| source.is_below(CRATE) && source.path.extension().is_some_and(|kind| kind == "rs"))
        .collect();
    files.sort_by_key(|source| &source.path);
    let now: String = files.into_iter().map(of).collect();
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        return match std::fs::write(root.join(KEPT), now) {
            Ok(()) => Vec::new(),
            Err(error) => vec![Finding::new(KEPT, error.to_string())],
        };
    }
    let kept = std::fs::read_to_string(root.join(KEPT)).unwrap_or_default();
    let mut findings = Vec::new();
    let mut differ = |from: &str, other: &str, word: &str| {
        for line in from.lines().filter(|line| !other.lines().any(|known| known == *line)) {
            let message = format!(
                "what authors of inputs build on has {word}: `{}`; where that is meant: UPDATE_EXPECTED=1 cargo xtask tidy",
                line.trim()
            );
            findings.push(Finding::new(KEPT, message));
        }
    };
    differ(&now, &kept, "something new");
    differ(&kept, &now, "lost something");
    if findings.is_empty() && now != kept {
        findings.push(Finding::new(KEPT, "its order is another one: UPDATE_EXPECTED=1 cargo xtask tidy"));
    }
    findings
}

/// The surface of one file.
fn of(source: &Source) -> String {
    let mut code = String::new();
    for (_, line) in source.outside_tests(&source.code) {
        code.push_str(line);
        code.push('\n');
    }
    let mut text = String::new();
    items(&code, Inside::Module, 1, &mut text);
    if text.is_empty() { text } else { format!("{}\n{text}", source.path.display()) }
}

/// What is around an item.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Module,
    /// Everything in it is public.
    Trait,
    /// The same, between commas.
    Enum,
    /// Only what says so is public, between commas.
    Struct,
    /// Only what says so is public.
    Impl,
}

fn items(code: &str, inside: Inside, depth: usize, text: &mut String) {
    let mut rest = code;
    while let Some((head, body, after)) = next(rest, matches!(inside, Inside::Enum | Inside::Struct)) {
        rest = after;
        let head = head.split_whitespace().collect::<Vec<_>>().join(" ");
        let word = head.strip_prefix("pub ").unwrap_or(&head);
        let shown = match inside {
            Inside::Trait | Inside::Enum => !head.is_empty(),
            _ if word.starts_with("impl") => word.split_once(" for ").is_some_and(|(_, of)| is_public(code, of)),
            _ => head.starts_with("pub ") || word.starts_with("macro_rules! options"),
        };
        // What an own `impl` has stands below it only where it is public.
        let mut within = String::new();
        let of = match (word.split([' ', '<']).next(), inside) {
            (Some("trait"), _) if shown => Some(Inside::Trait),
            (Some("enum"), _) if shown => Some(Inside::Enum),
            (Some("struct"), _) if shown => Some(Inside::Struct),
            (Some("impl"), _) if !shown => Some(Inside::Impl),
            (Some("mod"), _) if shown => Some(Inside::Module),
            (_, Inside::Enum) => Some(Inside::Enum),
            _ => None,
        };
        if let Some(of) = of {
            items(body, of, depth + 1, &mut within);
        }
        if shown || !within.is_empty() {
            text.push_str(&"    ".repeat(depth));
            text.push_str(word);
            text.push('\n');
            text.push_str(&within);
        }
    }
}

/// Whether the type is declared here for everybody.
fn is_public(code: &str, of: &str) -> bool {
    let name = of.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    ["struct", "enum"].iter().any(|kind| code.contains(&format!("pub {kind} {name}")))
}

/// The next item: what it is called, what stands in its braces, and what follows it. Attributes are passed over.
fn next(code: &str, commas: bool) -> Option<(&str, &str, &str)> {
    let mut code = code.trim_start();
    while let Some(attribute) = code.strip_prefix("#[").or_else(|| code.strip_prefix("#![")) {
        code = attribute[closing(attribute, '[', ']')?..].trim_start();
    }
    if code.is_empty() {
        return None;
    }
    let mut depth = 0_i32;
    let mut value = None;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '<' if value.is_none() => depth += 1,
            '>' if value.is_none() && !code[..at].ends_with(['-', '=']) => depth -= 1,
            // What a constant is, or a default, is no part of the surface.
            '=' if depth == 0 && value.is_none() && !code[at..].starts_with("=>") => value = Some(at),
            '{' if depth == 0 && value.is_none() && !code[..at].trim_start().starts_with("pub use") => {
                let inner = &code[at + 1..];
                let end = closing(inner, '{', '}')?;
                let after = inner[end..].strip_prefix(',').unwrap_or(&inner[end..]);
                return Some((code[..at].trim_end(), &inner[..end - 1], after));
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return Some((&code[..value.unwrap_or(at)], "", &code[at + 1..])),
            ',' if depth == 0 && commas => return Some((&code[..value.unwrap_or(at)], "", &code[at + 1..])),
            _ => {}
        }
    }
    Some((&code[..value.unwrap_or(code.len())], "", ""))
}

/// Behind the bracket that closes the one before `code`.
fn closing(code: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 1_i32;
    for (at, c) in code.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public_and_nothing_else() {
        let code = "//! Doc.\nuse x::y;\nimpl Clone for Own { fn clone(&self) -> Self { x } }\npub use a::{B, C};\nmod hidden;\n\
                    /// Doc.\n#[derive(Debug)]\npub struct S<T: Fn(u8) -> u8> { /// Doc.\n pub a: Vec<(u8, u8)>, b: u8 }\n\
                    impl S<u8> { pub fn new(a: u8) -> Self { Self { a } } fn own(&self) {} }\n\
                    impl Clone for S<u8> { fn clone(&self) -> Self { x } }\n\
                    pub enum E { One, Two { at: u8 }, Three(String) }\n\
                    pub trait T { fn f(&self); fn g(&self) -> bool { false } }\n\
                    pub const N: [&str; 2] = [\"a\", \"b\"];\npub(crate) fn own() {}\nfn private() { let a = 1; }\n";
        let source = Source::new(Path::new("crates/plugin/src/x.rs"), code.to_owned());
        let expected = "crates/plugin/src/x.rs\n    use a::{B, C}\n    struct S<T: Fn(u8) -> u8>\n        a: Vec<(u8, u8)>\n    \
                        impl S<u8>\n        fn new(a: u8) -> Self\n    impl Clone for S<u8>\n    enum E\n        One\n        \
                        Two\n            at: u8\n        Three(String)\n    trait T\n        fn f(&self)\n        \
                        fn g(&self) -> bool\n    const N: [&str; 2]\n";
        assert_eq!(of(&source), expected);
    }
}
