//! The running machine against what other programs say of it. Each figure is taken between two runs of the other
//! program and must lie between theirs; a busy machine gets many attempts, for its figures move meanwhile.

use std::process::Command;

use crate::tree::{Below, keys, number};

/// What a program prints, or none where it is not there; then the test says so.
fn printed(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").output();
    match output {
        Ok(output) if output.status.success() => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => {
            eprintln!("skipped: {program} failed: {}", String::from_utf8_lossy(&output.stderr));
            None
        }
        Err(error) => {
            eprintln!("skipped: no {program}: {error}");
            None
        }
    }
}

/// Takes `theirs`, ours and `theirs` again until each of ours lies between, give or take `slack`.
fn agree(collect: &str, wanted: &[&str], slack: &[f64], theirs: impl Fn() -> Option<Vec<f64>>) {
    let (mut input, _bench) = Below::live(collect);
    let mut last = String::new();
    for _ in 0..200 {
        let Some(before) = theirs() else { return };
        let round = input.round();
        let Some(after) = theirs() else { return };
        let ours: Vec<f64> =
            wanted.iter().map(|key| number(&round, key).unwrap_or_else(|| panic!("no {key}"))).collect();
        let fits = (0..ours.len())
            .all(|i| ours[i] >= before[i].min(after[i]) - slack[i] && ours[i] <= before[i].max(after[i]) + slack[i]);
        if fits {
            return;
        }
        last = format!("{before:?} {ours:?} {after:?}");
    }
    panic!("{wanted:?} never agreed, at last {last}");
}

fn numbers(line: &str) -> Vec<f64> {
    line.split_whitespace().filter_map(|word| word.trim_end_matches(',').parse().ok()).collect()
}

#[test]
fn memory_as_free_tells_it() {
    let keys = ["memory_total_bytes", "memory_free_bytes", "memory_cached_bytes", "memory_available_bytes"];
    agree("collect = ['memory']", &keys, &[0.0, 4e6, 4e6, 4e6], || {
        let text = printed("free", &["-b", "-w"])?;
        // total used free shared buffers cache available
        let all = numbers(text.lines().find(|line| line.starts_with("Mem:"))?);
        Some(vec![all[0], all[2], all[4] + all[5], all[6]])
    });
    agree("collect = ['swap']", &["swap_total_bytes", "swap_used_bytes"], &[0.0, 4e6], || {
        let text = printed("free", &["-b"])?;
        let all = numbers(text.lines().find(|line| line.starts_with("Swap:"))?);
        Some(vec![all[0], all[1]])
    });
}

#[test]
fn space_as_df_tells_it() {
    let wanted =
        ["disk_root_total_bytes", "disk_root_used_bytes", "disk_root_available_bytes", "disk_root_used_percent"];
    // df rounds per cents up.
    agree("collect = ['disk_space']", &wanted, &[0.0, 1e6, 1e6, 1.0], || {
        let text = printed("df", &["-B1", "--output=size,used,avail,pcent", "/"])?;
        Some(numbers(&text.lines().nth(1)?.replace('%', "")))
    });
}

#[test]
fn load_and_uptime_as_uptime_tells_them() {
    agree("collect = ['load']", &["load1", "load5", "load15"], &[0.0; 3], || {
        let text = printed("uptime", &[])?;
        Some(numbers(text.rsplit_once(':')?.1))
    });
    agree("collect = ['uptime']", &["uptime_seconds"], &[60.0], || {
        let text = printed("uptime", &["-p"])?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let unit = |pair: &[&str]| {
            let of = [("week", 604_800.0), ("day", 86_400.0), ("hour", 3600.0), ("minute", 60.0)];
            let seconds = of.iter().find(|(name, _)| pair[1].starts_with(name))?.1;
            Some(pair[0].parse::<f64>().ok()? * seconds)
        };
        Some(vec![words[1..].chunks_exact(2).filter_map(unit).sum()])
    });
}

#[test]
fn everything_at_once_on_the_running_machine() {
    let everything = "collect = ['cpu', 'memory', 'swap', 'load', 'disk', 'network', 'temperature', 'uptime', 'pressure', \
                      'throttle', 'wifi', 'frequency', 'processes']";
    let (mut input, bench) = Below::live(everything);
    let first = input.round();
    assert!(number(&first, "memory_total_bytes").is_some() && number(&first, "load1").is_some());
    assert_eq!(number(&first, "cpu_percent"), None);
    // The kernel counts processor time in hundredths of a second: wait until some have passed.
    bench.hand.advance(std::time::Duration::from_secs(60));
    let second = (0..10_000).map(|_| input.round()).find(|round| number(round, "cpu_percent").is_some());
    let second = second.expect("the processor's time stands still");
    assert!(keys(&second).contains(&"processes_count"));
}

#[test]
fn processes_by_name_and_by_rank() {
    let mut child = Command::new("sleep").arg("600").spawn().expect("sleep");
    let (mut input, bench) = Below::live("collect = []\nprocesses = { top = 2, names = ['sleep', 'no such program'] }");
    let first = input.round();
    assert!(number(&first, "process_sleep_count").is_some_and(|count| count >= 1.0));
    assert!(number(&first, "process_sleep_memory_bytes").is_some_and(|bytes| bytes > 0.0));
    assert_eq!(number(&first, "process_no_such_program_count"), Some(0.0));
    assert!(!keys(&first).iter().any(|key| key.contains("_top")), "busy is a difference");
    bench.hand.advance(std::time::Duration::from_secs(5));
    let second = input.round();
    assert!(keys(&second).contains(&"process_top2_name"), "{:?}", keys(&second));
    assert!(second.remarks().iter().any(|(_, words)| words.contains("30 s")), "every five seconds is dear");
    bench.hand.advance(std::time::Duration::from_secs(60));
    assert!(input.round().remarks().is_empty());
    child.kill().expect("our own child");
    child.wait().expect("our own child");
}
