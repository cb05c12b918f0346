//! What serde says, in the words of somebody who writes a configuration; and which word was perhaps meant.

/// The known word nearest to `typed`, if one is near enough to be a slip of the finger.
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed = typed.to_lowercase();
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&typed, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= (word.chars().count().max(3) / 3).min(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

pub(super) fn did_you_mean<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    nearest(typed, known).map(|word| format!("did you mean `{word}`?"))
}

/// Turns a message of serde or of the TOML reader into ours: a sentence, and a cure where there is one. The value that
/// was found is left out where it may be a secret.
pub(super) fn translate(message: &str, secret: bool) -> (String, Option<String>) {
    let message = message.trim();
    for kind in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let Some((found, expected)) = message.strip_prefix(kind).and_then(|rest| rest.split_once(", expected ")) {
            let list = expected == "a sequence";
            let expected = plain(expected);
            if secret {
                return (format!("expected {expected}"), None);
            }
            let help = found.strip_prefix("string ").filter(|_| list).map(|text| {
                let words: Vec<&str> = text.trim_matches('"').split_whitespace().collect();
                format!("did you mean [\"{}\"]?", words.join("\", \""))
            });
            return (format!("expected {expected}, found {}", found_words(found)), help);
        }
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let names = quoted(rest);
        if let Some((typed, known)) = names.split_first() {
            let words = format!("`{typed}` is not one of {}", known.join(", "));
            return (words, did_you_mean(typed, known.iter().copied()));
        }
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let names = quoted(rest);
        if let Some((typed, known)) = names.split_first() {
            let help = did_you_mean(typed, known.iter().copied())
                .or_else(|| (!known.is_empty()).then(|| format!("known here: {}", known.join(", "))));
            return (format!("unknown key `{typed}`"), help);
        }
    }
    (message.to_owned(), None)
}

fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn plain(expected: &str) -> String {
    let range = |low: &str, high: &str| format!("a whole number from {low} to {high}");
    match expected {
        "u8" => range("0", "255"),
        "u16" => range("0", "65535"),
        "u32" => range("0", "4294967295"),
        "u64" | "usize" => "a whole number, not negative".into(),
        "i8" => range("-128", "127"),
        "i16" => range("-32768", "32767"),
        "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a string" | "string" => "text in quotes".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list in [ ]".into(),
        "a map" => "a table".into(),
        other if other.starts_with("struct ") => "a table".into(),
        other => other.into(),
    }
}

fn found_words(found: &str) -> String {
    let (kind, value) = found.split_once(' ').unwrap_or((found, ""));
    match kind {
        "string" => format!("the text {value}"),
        "integer" | "floating" => format!("the number {}", value.trim_start_matches("point ").trim_matches('`')),
        "boolean" => value.trim_matches('`').to_owned(),
        "sequence" => "a list".into(),
        "map" => "a table".into(),
        _ => found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_a_person_would() {
        let (words, _) = translate("invalid type: string \"x\", expected u16", false);
        assert_eq!(words, "expected a whole number from 0 to 65535, found the text \"x\"");
        let (words, _) = translate("invalid type: integer `12345`, expected a string", true);
        assert_eq!(words, "expected text in quotes");
        let (words, help) = translate("invalid type: string \"vcgencmd measure_temp\", expected a sequence", false);
        assert_eq!(words, "expected a list in [ ], found the text \"vcgencmd measure_temp\"");
        assert_eq!(help.unwrap(), "did you mean [\"vcgencmd\", \"measure_temp\"]?");
        let (words, help) = translate("unknown variant `egde`, expected one of `level`, `edge`, `count`", false);
        assert_eq!(words, "`egde` is not one of level, edge, count");
        assert_eq!(help.unwrap(), "did you mean `edge`?");
    }

    #[test]
    fn nearest_takes_slips_and_not_other_words() {
        assert_eq!(nearest("intervall", ["interval", "id"]), Some("interval"));
        assert_eq!(nearest("Bucket", ["bucket"]), Some("bucket"));
        assert_eq!(nearest("colour", ["interval", "id", "cron"]), None);
    }
}
