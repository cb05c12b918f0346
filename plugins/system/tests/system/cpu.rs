//! Processor time: shares of the time between two reads.

use crate::tree::{Tree, keys, number};

const CPU: &str = "collect = ['cpu']";

fn stat(cores: &[(u32, &str)]) -> String {
    let lines: String = cores.iter().map(|(n, columns)| format!("cpu{n} {columns}\n")).collect();
    format!("cpu  0 0 0 0 0 0 0 0 0 0\n{lines}intr 5\nctxt 1\n")
}

#[test]
fn guests_are_not_counted_twice_and_iowait_may_go_back() {
    let tree = Tree::of("field/stat-guest-iowait/t0");
    let round = tree.second(CPU, 10.0, |tree| {
        tree.lay("field/stat-guest-iowait/t1");
    });
    // (100 + 20) of 1000; the ten that iowait lost count as none.
    assert_eq!(number(&round, "cpu_percent"), Some(12.0));
    assert_eq!(number(&round, "cpu_user_percent"), Some(10.0));
    assert_eq!(number(&round, "cpu_system_percent"), Some(2.0));
    assert_eq!(number(&round, "cpu_iowait_percent"), Some(0.0));
    assert_eq!(number(&round, "cpu_core0_percent"), Some(12.0));
}

/// Public reports of several collectors: on some virtual machines the stolen time goes back by hundreds of millions of ticks
/// a second (here by one of those amounts, and by three thousand millions, as 32 bits would wrap), then up again. They told
/// 100 % and more; the machines were idle.
#[test]
fn stolen_time_that_leaps_about_is_none() {
    let tree = Tree::empty();
    let line = |idle: u64, steal: u64| {
        format!("cpu  100 0 100 {idle} 0 0 0 {steal} 0 0\ncpu0 100 0 100 {idle} 0 0 0 {steal}\n")
    };
    tree.file("proc/stat", line(1000, 4_100_000_000));
    let mut input = tree.input(CPU);
    input.round();
    for (idle, steal) in [(1095, 3_267_542_567), (1190, 267_542_567), (1285, 1_100_000_000), (1380, u64::MAX - 4)] {
        tree.wait(1.0).file("proc/stat", line(idle, steal));
        let round = input.round();
        assert_eq!(number(&round, "cpu_percent"), Some(0.0), "{steal}");
        assert_eq!(number(&round, "cpu_steal_percent"), Some(0.0), "{steal}");
        assert_eq!(number(&round, "cpu_core0_percent"), Some(0.0), "{steal}");
    }
}

#[test]
fn the_first_round_knows_no_shares() {
    assert_eq!(keys(&Tree::of("vm/t0").first(CPU)), [""; 0]);
}

#[test]
fn a_core_that_goes_offline_shifts_no_number() {
    let tree = Tree::empty();
    tree.file("proc/stat", stat(&[(0, "10 0 0 90"), (1, "10 0 0 90"), (2, "10 0 0 90"), (3, "10 0 0 90")]));
    let mut input = tree.input(CPU);
    input.round();
    // Core 1 goes; the others were busy for 0, 50 and 100 per cent.
    tree.file("proc/stat", stat(&[(0, "10 0 0 190"), (2, "60 0 0 140"), (3, "110 0 0 90")]));
    let round = input.round();
    assert_eq!(number(&round, "cpu_core0_percent"), Some(0.0));
    assert_eq!(number(&round, "cpu_core1_percent"), None);
    assert_eq!(number(&round, "cpu_core2_percent"), Some(50.0));
    assert_eq!(number(&round, "cpu_core3_percent"), Some(100.0));
    // It comes back, out of order and with counters that start again: a share needs two reads in a row.
    tree.file("proc/stat", stat(&[(1, "1 0 0 9"), (3, "110 0 0 190"), (2, "60 0 0 240"), (0, "110 0 0 190")]));
    let round = input.round();
    assert_eq!(number(&round, "cpu_core0_percent"), Some(100.0));
    assert_eq!(number(&round, "cpu_core1_percent"), None);
    assert_eq!(number(&round, "cpu_core2_percent"), Some(0.0));
    tree.file("proc/stat", stat(&[(0, "110 0 0 290"), (1, "26 0 0 84"), (2, "61 0 0 241"), (3, "110 0 0 290")]));
    assert_eq!(number(&input.round(), "cpu_core1_percent"), Some(25.0));
}

#[test]
fn a_core_that_comes_or_goes_does_not_falsify_the_sum() {
    let tree = Tree::empty();
    let stat = |all: &str, cores: &str| format!("cpu  {all}\n{cores}intr 1\n");
    tree.file("proc/stat", stat("200 0 0 2000 9", "cpu0 100 0 0 900 4\ncpu1 100 0 0 1100 5\n"));
    let mut input = tree.input("collect = ['cpu']\nper_core = false");
    input.round();
    // The idle time of core 1 leaves the sum with it: taken as it stands, nobody would have been idle.
    tree.file("proc/stat", stat("210 0 0 990 4", "cpu0 110 0 0 990 4\n"));
    assert_eq!(number(&input.round(), "cpu_percent"), Some(10.0));
    // And comes back with it: taken as it stands, nobody would have worked.
    tree.file("proc/stat", stat("250 0 0 2200 9", "cpu0 150 0 0 1050 4\ncpu1 100 0 0 1150 5\n"));
    assert_eq!(number(&input.round(), "cpu_percent"), Some(40.0));
    tree.file("proc/stat", stat("300 0 0 2350 9", "cpu0 150 0 0 1150 4\ncpu1 150 0 0 1200 5\n"));
    assert_eq!(number(&input.round(), "cpu_percent"), Some(25.0));
}

#[test]
fn parts_never_add_up_to_more_than_the_time() {
    let tree = Tree::empty();
    // Thirds, a column at the end of 32 bits, and one of them going back by a little.
    tree.file("proc/stat", "cpu 10 0 10 4294967290 10 0 0 10\n");
    let round = tree.second("collect = ['cpu']", 1.0, |tree| {
        tree.file("proc/stat", "cpu 15 0 15 0 9 0 0 15\n");
    });
    let parts =
        ["user", "system", "iowait", "steal"].map(|part| number(&round, &format!("cpu_{part}_percent")).unwrap());
    // 5 + 5 + 5 busy and 6 idle, over the end.
    assert_eq!(parts, [23.809, 23.809, 0.0, 23.809]);
    assert_eq!(number(&round, "cpu_percent"), Some(71.428));
}

#[test]
fn columns_that_a_kernel_does_not_have_make_no_keys() {
    // Four columns (2.4), seven (2.6.0), and ten.
    for (columns, keys_then) in [(4, 3), (7, 4), (10, 5)] {
        let line = |n: u64| (0..columns).map(|c| (n * (c + 1)).to_string()).collect::<Vec<_>>().join(" ");
        let tree = Tree::empty();
        tree.file("proc/stat", format!("cpu  {}\nintr 1\n", line(10)));
        let round = tree.second("collect = ['cpu']\nper_core = false", 1.0, |tree| {
            tree.file("proc/stat", format!("cpu  {}\nintr 1\n", line(20)));
        });
        assert_eq!(keys(&round).len(), keys_then, "{columns} columns: {:?}", keys(&round));
    }
}

#[test]
fn very_long_lines_of_interrupts_and_many_cores_are_no_trouble() {
    let many: Vec<(u32, String)> = (0..300).map(|n| (n, format!("{n} 0 0 1000 0 0 0 0 0 0"))).collect();
    let later: Vec<(u32, String)> = (0..300).map(|n| (n, format!("{} 0 0 1075 0 0 0 0 0 0", n + 25))).collect();
    let text = |cores: &[(u32, String)]| {
        let cores: Vec<(u32, &str)> = cores.iter().map(|(n, c)| (*n, c.as_str())).collect();
        stat(&cores).replace("intr 5", &format!("intr 5{}", " 0".repeat(50_000)))
    };
    let tree = Tree::empty();
    tree.file("proc/stat", text(&many));
    let round = tree.second(CPU, 1.0, |tree| {
        tree.file("proc/stat", text(&later));
    });
    assert_eq!(round.items().len(), 300);
    assert!(round.items().iter().all(|item| item.value.as_f64() == Some(25.0)));
}

#[test]
fn nonsense_costs_its_line_only() {
    let tree = Tree::empty();
    tree.file("proc/stat", "cpu\ncpu0 a b c d\ncpux 1 2 3 4\ncpu99999999999 1 2 3 4\ncpu7 0 0 0 100\n\n");
    let round = tree.second(CPU, 1.0, |tree| {
        tree.file("proc/stat", "cpu \ncpu0 1\ncpu-1 1 2 3 4\ncpu7 50 0 0 150\n");
    });
    assert_eq!(round.lines(), ["cpu_core7_percent 50"]);
}

#[test]
fn a_file_that_is_empty_for_a_moment_loses_nothing() {
    let tree = Tree::of("vm/t0");
    let mut input = tree.input(CPU);
    input.round();
    tree.file("proc/stat", "");
    assert!(input.round().is_empty());
    tree.lay("vm/t1");
    // (353 + 30 + 4) of 402, counted by hand from the two files.
    assert_eq!(number(&input.round(), "cpu_percent"), Some(96.268));
}
