//! Memory and swap.

use crate::tree::{Tree, keys, number, refused};

const BOTH: &str = "collect = ['memory', 'swap']";

#[test]
fn no_swap_is_neither_full_nor_not_a_number() {
    let round = Tree::of("field/swap-none/root").first(BOTH);
    assert_eq!(number(&round, "memory_available_bytes"), Some(512_000_000.0));
    assert_eq!(number(&round, "memory_used_percent"), Some(47.274));
    assert_eq!(number(&round, "swap_total_bytes"), Some(0.0));
    assert_eq!(number(&round, "swap_used_bytes"), Some(0.0));
    assert_eq!(number(&round, "swap_used_percent"), None);
}

#[test]
fn what_is_available_is_left_out_where_the_kernel_does_not_know() {
    for tree in ["field/swap-none/root-zero", "field/swap-none/root-old"] {
        let round = Tree::of(tree).first(BOTH);
        assert_eq!(
            keys(&round),
            ["memory_total_bytes", "memory_free_bytes", "memory_cached_bytes", "swap_total_bytes", "swap_used_bytes"],
            "{tree}"
        );
        assert!(round.remarks().is_empty());
    }
}

#[test]
fn units_and_spacing_are_read_as_they_are_written() {
    let tree = Tree::empty();
    let text =
        "MemTotal:8 kB\nMemFree:\t  2\tkB\nMemAvailable : 4096 B\nCached:  3 pages\nSwapTotal:1 MB\r\nSwapFree: 512 KB";
    tree.file("proc/meminfo", text);
    let round = tree.first(BOTH);
    assert_eq!(
        round.lines(),
        [
            "memory_total_bytes 8192",
            "memory_available_bytes 4096",
            "memory_used_bytes 4096",
            "memory_used_percent 50",
            "memory_free_bytes 2048",
            "swap_total_bytes 1048576",
            "swap_used_bytes 524288",
            "swap_used_percent 50",
        ]
    );
}

#[test]
fn more_available_than_there_is_is_refused() {
    let tree = Tree::empty();
    tree.file("proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 200 kB\n");
    let round = tree.first(BOTH);
    assert_eq!(round.lines(), ["memory_total_bytes 102400"]);
    assert_eq!(refused(&round), [("memory_available_bytes", "range")]);
    // And more swap free than there is means that none is used.
    tree.file("proc/meminfo", "SwapTotal: 100 kB\nSwapFree: 200 kB\n");
    assert_eq!(number(&tree.first(BOTH), "swap_used_bytes"), Some(0.0));
}

#[test]
fn a_missing_file_is_silence_and_an_unreadable_one_a_remark() {
    let tree = Tree::empty();
    let round = tree.first(BOTH);
    assert!(round.is_empty() && round.remarks().is_empty());
    tree.unreadable("proc/meminfo");
    let round = tree.first("collect = ['memory']");
    assert!(round.is_empty());
    assert_eq!(round.remarks().len(), 1);
}
