//! Load, uptime, wireless signal and clocks of the processor.

use crate::tree::{Tree, keys, number, refused};

#[test]
fn loads_of_any_size_and_nothing_that_is_no_load() {
    let tree = Tree::empty();
    for (text, lines) in [
        ("0.00 0.01 0.05 1/100 5\n", vec!["load1 0", "load5 0.01", "load15 0.05"]),
        ("231.70 1024.00 99.99 900/4000 5\n", vec!["load1 231.7", "load5 1024", "load15 99.99"]),
        ("nan 1.00 -1.00 1/1 1\n", vec!["load5 1"]),
        ("", vec![]),
    ] {
        tree.file("proc/loadavg", text);
        assert_eq!(tree.first("collect = ['load']").lines(), lines, "{text}");
    }
}

#[test]
fn uptime_in_whole_seconds_and_none_of_a_century() {
    let tree = Tree::empty();
    for (text, line) in [
        ("3303.37 4853.35\n", Some("uptime_seconds 3303")),
        ("0.00 0.00\n", Some("uptime_seconds 0")),
        ("18446744073709551615.00 1.0\n", None),
        ("-5.00 1.0\n", None),
        ("soon\n", None),
    ] {
        tree.file("proc/uptime", text);
        let round = tree.first("collect = ['uptime']");
        assert_eq!(round.lines().first().map(String::as_str), line, "{text}");
        assert_eq!(refused(&round).len(), usize::from(line.is_none()), "{text}");
    }
}

#[test]
fn signal_where_the_driver_knows_it() {
    let head = "Inter-| sta-|   Quality        |   Discarded\n face | tus | link level noise |  nwid  crypt\n";
    let tree = Tree::empty();
    tree.file(
        "proc/net/wireless",
        format!("{head} wlan0: 0000   58.  -52.  -256        0  0\nwlan1:0000 30 204 161 0 0\n"),
    );
    let mut input = tree.input("collect = ['wifi']");
    assert_eq!(input.round().lines(), ["wifi_wlan0_quality 58", "wifi_wlan0_signal_dbm -52", "wifi_wlan1_quality 30"]);
    // It goes out of range, and another comes.
    tree.file("proc/net/wireless", format!("{head} wlan0: 0000   0.  -256.  -256  0\n wlx00: 0000 70. -30. -92. 0\n"));
    assert_eq!(
        input.round().lines(),
        ["wifi_wlan0_quality 0", "wifi_wlx00_quality 70", "wifi_wlx00_signal_dbm -30", "wifi_wlx00_noise_dbm -92"]
    );
    tree.file("proc/net/wireless", head);
    assert_eq!(keys(&input.round()), [""; 0]);
}

/// Core 4 of a machine was switched off at the start and on later; the number in the name is the core's.
#[test]
fn a_core_that_is_switched_on_later_shows_its_clock_within_a_minute() {
    let tree = Tree::empty();
    let file = |core: u32| format!("sys/devices/system/cpu/cpufreq/policy{core}/scaling_cur_freq");
    tree.file(&file(0), "600000\n");
    let round = tree.second("collect = ['frequency']", 60.0, |tree| {
        tree.file(&file(4), "1800000\n");
    });
    assert_eq!(number(&round, "cpu_frequency_mhz"), Some(1800.0));
    assert_eq!(number(&round, "cpu_core4_frequency_mhz"), Some(1800.0));
    assert_eq!(number(&round, "cpu_core0_frequency_mhz"), Some(600.0));
}

#[test]
fn clocks_by_policy_and_the_fastest() {
    let tree = Tree::empty();
    let file = |core: u32| format!("sys/devices/system/cpu/cpufreq/policy{core}/scaling_cur_freq");
    tree.file(&file(0), "600000\n");
    assert_eq!(tree.first("collect = ['frequency']").lines(), ["cpu_frequency_mhz 600"]);
    tree.file(&file(4), "1800000\n");
    let round = tree.first("collect = ['frequency']");
    assert_eq!(number(&round, "cpu_frequency_mhz"), Some(1800.0));
    assert_eq!(number(&round, "cpu_core0_frequency_mhz"), Some(600.0));
    assert_eq!(number(&round, "cpu_core4_frequency_mhz"), Some(1800.0));
    assert_eq!(tree.first("collect = ['frequency']\nper_core = false").items().len(), 1);
    tree.file(&file(0), "<unknown>\n").remove(&file(4));
    let round = tree.first("collect = ['frequency']");
    assert!(round.is_empty());
}
