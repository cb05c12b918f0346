//! Traffic of interfaces.

use crate::tree::{Tree, keys, number};

const NETWORK: &str = "collect = ['network']";

/// /proc/net/dev with received and sent bytes, and a packet for every 100 bytes.
fn dev(interfaces: &[(&str, u64, u64)]) -> String {
    let line = |(name, rx, tx): &(&str, u64, u64)| {
        format!("{name}: {rx} {} 0 0 0 0 0 0 {tx} {} 0 0 0 0 0 0\n", rx % 1_000_000_000 / 100, tx % 1_000_000_000 / 100)
    };
    let head = "Inter-|   Receive        |  Transmit\n face |bytes    packets errs |bytes    packets errs\n";
    format!("{head}{}", interfaces.iter().map(line).collect::<String>())
}

#[test]
fn a_name_ends_at_the_last_colon_before_the_numbers() {
    let tree = Tree::of("field/net-names/t0");
    let round = tree.second(NETWORK, 2.0, |tree| {
        tree.lay("field/net-names/t1");
    });
    assert_eq!(number(&round, "net_eth0_rx_bytes_per_s"), Some(500_000.0));
    assert_eq!(number(&round, "net_eth0_tx_bytes_per_s"), Some(125_000.0));
    assert_eq!(number(&round, "net_wlan0_rx_bytes_per_s"), Some(32_000.0));
    assert_eq!(number(&round, "net_wlan0_tx_bytes_per_s"), Some(16_000.0));
    assert!(keys(&round).iter().all(|key| key.starts_with("net_eth0_") || key.starts_with("net_wlan0_")));
    // Asked for by name, the others are there, under names of their own.
    let tree = Tree::of("field/net-names/t0");
    let round = tree.second("collect = ['network']\ninclude_interfaces = ['*:*', 'lo']", 1.0, |tree| {
        tree.lay("field/net-names/t1");
    });
    assert_eq!(number(&round, "net_lo_rx_bytes_per_s"), Some(100_000.0));
    for name in ["eth0_1", "tun10001_2"] {
        assert_eq!(number(&round, &format!("net_{name}_rx_bytes_per_s")), Some(0.0), "{:?}", keys(&round));
    }
}

#[test]
fn rates_survive_wraps_and_restarts() {
    let tree = Tree::empty();
    let at = |interfaces: &[(&str, u64, u64)]| {
        tree.file("proc/net/dev", dev(interfaces));
        tree.wait(1.0);
    };
    at(&[("eth0", 4_294_967_000, 5_000)]);
    let mut input = tree.input(NETWORK);
    input.round();
    // 32 bits wrap; packets do not.
    tree.file("proc/net/dev", "eth0: 704 2949670 0 0 0 0 0 0 6000 60 0 0 0 0 0 0\n");
    tree.wait(1.0);
    let round = input.round();
    assert_eq!(number(&round, "net_eth0_rx_bytes_per_s"), Some(1000.0));
    assert_eq!(number(&round, "net_eth0_tx_bytes_per_s"), Some(1000.0));
    // The interface starts again: no rate, then rates from there.
    at(&[("eth0", 300, 100)]);
    assert!(input.round().is_empty());
    at(&[("eth0", 800, 100)]);
    assert_eq!(number(&input.round(), "net_eth0_rx_bytes_per_s"), Some(500.0));
    // Gone for a round: what it did meanwhile nobody knows.
    at(&[]);
    assert!(input.round().is_empty());
    at(&[("eth0", 90_000, 100)]);
    assert!(input.round().is_empty());
    at(&[("eth0", 90_100, 100)]);
    assert_eq!(number(&input.round(), "net_eth0_rx_bytes_per_s"), Some(100.0));
}

#[test]
fn one_that_is_renamed_or_new_begins_with_its_second_round() {
    let tree = Tree::empty();
    tree.file("proc/net/dev", dev(&[("eth0", 1_000, 1_000)]));
    let mut input = tree.input(NETWORK);
    input.round();
    tree.wait(1.0).file("proc/net/dev", dev(&[("wlan0", 5, 5), ("lan", 2_000, 1_000), ("eth0", 1_500, 1_000)]));
    let round = input.round();
    assert_eq!(number(&round, "net_eth0_rx_bytes_per_s"), Some(500.0));
    assert_eq!(number(&round, "net_lan_rx_bytes_per_s"), None);
    tree.wait(1.0).file("proc/net/dev", dev(&[("lan", 4_000, 1_000), ("eth0", 1_500, 1_000), ("wlan0", 5, 5)]));
    let round = input.round();
    assert_eq!(number(&round, "net_lan_rx_bytes_per_s"), Some(2_000.0));
    assert_eq!(number(&round, "net_eth0_rx_bytes_per_s"), Some(0.0));
}

#[test]
fn what_is_made_of_software_is_left_out() {
    let names =
        ["lo", "eth0", "end0", "wlan0", "usb0", "docker0", "veth12ab", "br-1f", "tun0", "wg0", "ifb0", "brlan", "ppp0"];
    let interfaces: Vec<(&str, u64, u64)> = names.iter().map(|name| (*name, 100, 100)).collect();
    let tree = Tree::empty();
    tree.file("proc/net/dev", dev(&interfaces));
    // /sys tells of one bridge by its place, and of a tunnel by name that is a real card.
    tree.file("sys/devices/virtual/net/brlan/type", "1\n")
        .link("sys/class/net/brlan", "../../devices/virtual/net/brlan");
    tree.file("sys/devices/virtual/net/eth0/type", "1\n").link("sys/class/net/eth0", "../../devices/virtual/net/eth0");
    tree.file("sys/class/net/tun0/device/vendor", "0x1\n");
    let found = |toml: &str| {
        let round = tree.second(toml, 1.0, |_| {});
        let mut found: Vec<String> = keys(&round).iter().map(|key| key.split('_').nth(1).unwrap().to_owned()).collect();
        found.dedup();
        found
    };
    assert_eq!(found(NETWORK), ["eth0", "end0", "wlan0", "usb0", "tun0", "ppp0"]);
    assert_eq!(found("collect = ['network']\nexclude_interfaces = ['e*', 'tun?']"), ["wlan0", "usb0", "ppp0"]);
    assert_eq!(
        found("collect = ['network']\ninclude_interfaces = ['lo', 'e*']\nexclude_interfaces = ['eth0']"),
        ["lo", "end0"]
    );
}

#[test]
fn names_that_meet_have_keys_of_their_own() {
    let tree = Tree::empty();
    let text = dev(&[("eth.0", 1, 1), ("eth 0", 2, 2), ("eth_0", 3, 3)]);
    tree.file("proc/net/dev", &text);
    let round = tree.second(NETWORK, 1.0, |_| {});
    let rates: Vec<&str> = keys(&round).into_iter().filter(|key| key.ends_with("_rx_bytes_per_s")).collect();
    assert_eq!(rates.len(), 3);
    assert!(rates.contains(&"net_eth_0_rx_bytes_per_s") && rates.contains(&"net_eth.0_rx_bytes_per_s"), "{rates:?}");
}

#[test]
fn lines_that_are_cut_short_are_left_out() {
    let tree = Tree::empty();
    tree.file("proc/net/dev", "eth0: 1 2 3\nno colon here\n: 1\nwlan0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 x\n");
    assert!(tree.second(NETWORK, 1.0, |_| {}).is_empty());
}
