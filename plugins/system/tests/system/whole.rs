//! The whole input on the recorded machine, and that a fault costs its own keys only.

use crate::tree::{Tree, number};

const ALL: &str = "collect = ['cpu', 'memory', 'swap', 'load', 'disk', 'network', 'temperature', 'uptime', 'pressure']";

#[test]
fn the_recorded_machine_counted_by_hand() {
    let tree = Tree::of("vm/t0");
    let round = tree.second(ALL, 2.0, |tree| {
        tree.lay("vm/t1");
    });
    for (key, value) in [
        // 353 user, 30 system, 4 soft interrupts, 15 iowait and nothing idle, of 402.
        ("cpu_percent", 96.268),
        ("cpu_user_percent", 87.81),
        ("cpu_system_percent", 8.457),
        ("cpu_iowait_percent", 3.731),
        ("cpu_core0_percent", 92.537),
        ("cpu_core1_percent", 100.0),
        ("memory_total_bytes", 25_276_510_208.0),
        ("uptime_seconds", 3305.0),
        // vda: 1 read of 8 sectors, 5017 writes of 303,560 sectors, 220 ms busy.
        ("disk_root_read_bytes_per_s", 2048.0),
        ("disk_root_write_bytes_per_s", 77_711_360.0),
        ("disk_root_writes_per_s", 2508.5),
        ("disk_root_busy_percent", 11.0),
        ("net_eth0_rx_bytes_per_s", 0.0),
    ] {
        assert_eq!(number(&round, key), Some(value), "{key}");
    }
    assert!(round.remarks().is_empty(), "{:?}", round.remarks());
}

#[test]
fn one_file_after_another_may_be_missing_unreadable_or_nonsense() {
    let files = ["stat", "meminfo", "loadavg", "uptime", "net/dev", "diskstats", "self/mountinfo", "pressure/io"];
    let whole = Tree::of("vm/t0").second(ALL, 1.0, |tree| {
        tree.lay("vm/t1");
    });
    for file in files {
        let path = format!("proc/{file}");
        for fault in ["missing", "unreadable", "nonsense"] {
            let tree = Tree::of("vm/t0");
            let mut input = tree.input(ALL);
            input.round();
            tree.wait(1.0).lay("vm/t1").remove(&path);
            match fault {
                "missing" => {}
                "unreadable" => drop(tree.unreadable(&path)),
                _ => drop(tree.file(&path, b"\xff\xfe: :\n\n1 2\tcpu \x00 99999999999999999999999 -\n")),
            }
            let round = input.round();
            assert!(!round.is_empty() && round.items().len() <= whole.items().len(), "{file} {fault}");
            assert!(round.items().iter().all(|item| whole.items().iter().any(|w| w.key == item.key)), "{file} {fault}");
            assert_eq!(
                round.remarks().len(),
                usize::from(fault == "unreadable"),
                "{file} {fault}: {:?}",
                round.remarks()
            );
        }
    }
}
