//! The answers of other drivers that `oracles/` keeps, as chips and options.

use std::path::Path;

use serde_json::Value;

/// One file of answers.
pub struct Kept {
    /// The file's name.
    pub name: String,
    /// Options, the selector included.
    pub options: String,
    /// The chip as it is described, with `$0` and so on for its data.
    pub chip: String,
    /// All of the file.
    pub oracle: Value,
}

impl Kept {
    /// The lengths of the data in bytes.
    pub fn lengths(&self) -> Vec<usize> {
        self.oracle["cases"][0][0].as_array().unwrap().iter().map(|part| part.as_str().unwrap().len() / 2).collect()
    }

    /// The chip with the data of a case.
    pub fn with(&self, case: &Value) -> String {
        let mut text = self.chip.clone();
        for (i, part) in case[0].as_array().unwrap().iter().enumerate() {
            let hex = part.as_str().unwrap();
            let spaced: Vec<&str> = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]).collect();
            text = text.replace(&format!("${i}"), &spaced.join(" "));
        }
        text
    }

    /// A chip all of whose values are as near as they get to the middle of what its datasheet says, or a little above.
    pub fn usual(&self) -> Option<String> {
        let keys = self.oracle["keys"].as_array().unwrap();
        let off = |(key, answer): (&Value, &Value)| {
            let (low, high) = (key["low"].as_f64().unwrap(), key["high"].as_f64().unwrap());
            let answer = answer.as_f64().unwrap_or(f64::MAX);
            ((answer - low) / (high - low) - 0.55).abs()
        };
        let worst = |case: &&Value| keys.iter().zip(case[1].as_array().unwrap()).map(off).fold(0.0, f64::max);
        let cases = self.oracle["cases"].as_array().unwrap();
        cases.iter().min_by(|a, b| worst(a).total_cmp(&worst(b))).map(|case| self.with(case))
    }

    /// A chip all of whose values are within what its datasheet says.
    pub fn good(&self) -> Option<String> {
        let keys = self.oracle["keys"].as_array().unwrap();
        let within = |(key, answer): (&Value, &Value)| {
            let bound = |name: &str| key[name].as_f64().unwrap();
            answer.as_f64().is_some_and(|answer| (bound("low")..=bound("high")).contains(&answer))
        };
        let cases = self.oracle["cases"].as_array().unwrap();
        let good = cases.iter().find(|case| keys.iter().zip(case[1].as_array().unwrap()).all(within));
        good.map(|case| self.with(case))
    }
}

/// Every file, by name.
pub fn kept() -> Vec<Kept> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracles");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let read = |file: std::path::PathBuf| {
        let oracle: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let word = |name: &str| oracle[name].as_str().unwrap().to_owned();
        let chip: Vec<&str> = oracle["chip"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        Kept {
            name: file.file_stem().unwrap().to_string_lossy().into_owned(),
            options: format!("sensor = '{}'\n{}", word("sensor"), word("options")),
            chip: chip.join("\n"),
            oracle,
        }
    };
    files.into_iter().map(read).collect()
}
