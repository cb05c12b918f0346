//! Pressure stall information.

use crate::tree::{Tree, keys, number, refused};

#[test]
fn one_remark_with_the_cure_where_it_is_switched_off() {
    let tree = Tree::of("field/psi-off/root");
    for resource in ["cpu", "io", "memory"] {
        tree.unreadable(&format!("proc/pressure/{resource}"));
    }
    let mut input = tree.input("collect = ['pressure', 'load']");
    let mut said = std::collections::HashSet::new();
    for _ in 0..20 {
        let round = input.round();
        assert_eq!(round.lines(), ["load1 0.1", "load5 0.2", "load15 0.3"]);
        assert_eq!(round.remarks().len(), 1);
        said.extend(round.remarks().iter().cloned());
    }
    // The same words each time, so that they are logged once.
    assert_eq!(said.len(), 1);
    assert!(said.iter().all(|(_, words)| words.contains("psi=1")));
}

#[test]
fn all_averages_as_the_kernel_tells_them() {
    let round = Tree::of("vm/t0").first("collect = ['pressure']");
    assert_eq!(round.items().len(), 18);
    assert_eq!(number(&round, "pressure_cpu_some_avg10_percent"), Some(25.56));
    assert_eq!(number(&round, "pressure_io_full_avg300_percent"), Some(0.66));
    assert_eq!(number(&round, "pressure_memory_full_avg60_percent"), Some(0.0));
}

#[test]
fn what_is_missing_in_part_is_left_out_in_part() {
    let tree = Tree::empty();
    // Before 5.13 the processor has no line for all tasks.
    tree.file("proc/pressure/cpu", "some avg10=1.50 avg60=nan avg300=101.00 total=5\nnew avg10=1.0\n");
    let round = tree.first("collect = ['pressure']");
    assert_eq!(round.lines(), ["pressure_cpu_some_avg10_percent 1.5"]);
    assert_eq!(
        refused(&round),
        [("pressure_cpu_some_avg60_percent", "range"), ("pressure_cpu_some_avg300_percent", "range")]
    );
    assert!(round.remarks().is_empty());
    let round = Tree::empty().first("collect = ['pressure']");
    assert_eq!(keys(&round), [""; 0]);
    assert_eq!(round.remarks().len(), 1);
}
