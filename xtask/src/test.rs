//! `cargo xtask test`: the one command of the README. The program first, for some tests run it; then every test.

use crate::step;
use crate::workspace::Workspace;

/// Builds the program and runs all tests; further words go to `cargo test`.
///
/// # Errors
/// What failed.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), String> {
    closing_lines(workspace, arguments).map(|_| ())
}

/// The same; gives back the lines with which each suite closed.
///
/// # Errors
/// What failed.
pub fn closing_lines(workspace: &Workspace, arguments: &[String]) -> Result<Vec<String>, String> {
    // With the examples, which need what the tests need: so each crate is built once for both.
    step::run(step::command("cargo build --workspace --exclude xtask --bins --examples").current_dir(&workspace.root))?;
    let mut command = step::command("cargo test --workspace --no-fail-fast");
    let mut closing = Vec::new();
    let ended = step::lines(command.args(arguments).current_dir(&workspace.root), |line| {
        println!("{line}");
        if line.starts_with("test result:") {
            closing.push(line);
        }
    });
    println!("{}", total(&closing));
    ended.map(|()| closing)
}

/// One line for all suites together.
fn total(closing: &[String]) -> String {
    let count = |word: &str| -> u64 {
        let of = |line: &String| {
            line.split([';', '.']).find_map(|part| part.trim().strip_suffix(word)?.trim().parse::<u64>().ok())
        };
        closing.iter().filter_map(of).sum()
    };
    format!(
        "in all: {} passed, {} failed, {} ignored, in {} suites",
        count("passed"),
        count("failed"),
        count("ignored"),
        closing.len()
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_suites_are_added_up() {
        let lines = [
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 37 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2.10s",
        ];
        assert_eq!(super::total(&lines.map(str::to_owned)), "in all: 42 passed, 2 failed, 1 ignored, in 2 suites");
    }
}
