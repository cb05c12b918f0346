//! `${NAME}` and `${NAME:-default}` within texts, after parsing: a value can never become syntax. `$${` is a literal
//! `${`, and what a variable holds is not expanded again.

use crate::surroundings::Surroundings;

/// A text with its variables filled in.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    pub(super) text: String,
    /// The variables and what stands in their place.
    pub(super) used: Vec<(String, String)>,
    pub(super) faults: Vec<Unexpandable>,
}

/// A variable that came to nothing.
#[derive(Debug)]
pub(super) struct Unexpandable {
    /// As it is written: `${NAME}`.
    pub(super) part: String,
    pub(super) words: String,
    pub(super) help: String,
}

pub(super) fn expand(text: &str, around: &Surroundings<'_>) -> Expanded {
    let mut out = Expanded::default();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.text.push_str(&rest[..at - 1]);
            out.text.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        out.text.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find('}') else {
            out.fault(
                rest,
                "`${` has no `}` behind it".into(),
                "write `$${` where the text itself shall have `${`".into(),
            );
            return out;
        };
        out.variable(&rest[..=end], &rest[2..end], around);
        rest = &rest[end + 1..];
    }
    out.text.push_str(rest);
    out
}

impl Expanded {
    fn variable(&mut self, part: &str, inner: &str, around: &Surroundings<'_>) {
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        let first = name.chars().next();
        let valid = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !valid {
            let help = "there are `${NAME}` and `${NAME:-default}`; write `$${` where the text itself shall have `${`";
            return self.fault(part, format!("`{name}` is no name of an environment variable"), help.into());
        }
        let value = match (around.variable)(name).map(std::ffi::OsString::into_string) {
            Some(Ok(value)) if !value.is_empty() || default.is_none() => value,
            Some(Err(_)) => {
                return self.fault(
                    part,
                    format!("the environment variable {name} is not UTF-8"),
                    "set it to plain text".into(),
                );
            }
            // Empty counts as unset where there is a default, as in a shell.
            Some(Ok(_)) | None => match default {
                Some(default) => default.to_owned(),
                None if around.simulated => "simulated".to_owned(),
                None => {
                    let help = format!("set it, or give a default: `${{{name}:-...}}`");
                    return self.fault(part, format!("the environment variable {name} is not set"), help);
                }
            },
        };
        self.text.push_str(&value);
        self.used.push((name.to_owned(), value));
    }

    fn fault(&mut self, part: &str, words: String, help: String) {
        self.text.push_str(part);
        self.faults.push(Unexpandable { part: part.to_owned(), words, help });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, String> {
        let variable = |name: &str| match name {
            "A" => Some("one".into()),
            "EMPTY" => Some("".into()),
            "NESTED" => Some("${A}".into()),
            _ => None,
        };
        let around = Surroundings { variable: &variable, ..Surroundings::bare(&[]) };
        let expanded = expand(text, &around);
        match expanded.faults.first() {
            None => Ok(expanded.text),
            Some(fault) => Err(format!("{}: {}", fault.part, fault.words)),
        }
    }

    #[test]
    fn variables_defaults_and_literals() {
        for (text, expected) in [
            ("${A}", "one"),
            ("x${A}y${A}z", "xoneyonez"),
            ("${B:-two}", "two"),
            ("${B:-}", ""),
            ("${EMPTY:-two}", "two"),
            ("${EMPTY}", ""),
            ("${NESTED}", "${A}"),
            ("$${A}", "${A}"),
            ("$A 5$ $", "$A 5$ $"),
            ("$$${A}", "$${A}"),
            ("${B:-a:-b}", "a:-b"),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(expected), "{text}");
        }
        for (text, expected) in [
            ("a ${B} b", "${B}: the environment variable B is not set"),
            ("${A", "${A: `${` has no `}` behind it"),
            ("${}", "${}: `` is no name of an environment variable"),
            ("${1A}", "${1A}: `1A` is no name of an environment variable"),
        ] {
            assert_eq!(expanded(text), Err(expected.to_owned()), "{text}");
        }
    }
}
