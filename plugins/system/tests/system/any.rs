//! Whatever stands in the files: no panic, and nothing that is no reading.

use proptest::prelude::*;

use crate::tree::Tree;

const FILES: [&str; 12] = [
    "proc/stat",
    "proc/meminfo",
    "proc/loadavg",
    "proc/uptime",
    "proc/net/dev",
    "proc/net/wireless",
    "proc/diskstats",
    "proc/self/mountinfo",
    "proc/pressure/io",
    "sys/class/thermal/thermal_zone0/temp",
    "sys/devices/platform/soc/soc:firmware/get_throttled",
    "sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq",
];

const ALL: &str = "collect = ['cpu', 'memory', 'swap', 'load', 'disk', 'network', 'temperature', 'uptime', 'pressure', \
                   'throttle', 'wifi', 'frequency']\ninclude_interfaces = ['*']\ninclude_mounts = ['*']";

/// Words and numbers of all those files in any order, and bytes that belong to none.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => any::<u64>().prop_map(|n| n.to_string().into_bytes()),
        4 => (0..1000_u32).prop_map(|n| n.to_string().into_bytes()),
        1 => any::<i32>().prop_map(|n| n.to_string().into_bytes()),
        1 => any::<f64>().prop_map(|n| n.to_string().into_bytes()),
        4 => proptest::sample::select(vec![
            "cpu", "cpu0", "cpu1", "intr", "MemTotal:", "MemAvailable:", "SwapTotal:", "SwapFree:", "Cached:", "kB", "eth0:",
            "wlan0:", "a:b:", "8:1", "0:30", "/", "/a", "/a/b", "\\040", "-", "ext4", "nfs4", "some", "full", "avg10=", "0x",
        ]).prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..5),
    ];
    let end = proptest::sample::select(vec![" ", " ", " ", " ", "  ", "\t", "\n", ""]);
    let words = proptest::collection::vec((word, end), 0..60);
    words.prop_map(|words| words.into_iter().flat_map(|(word, end)| [word, end.as_bytes().to_vec()].concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_left(rounds in proptest::collection::vec(proptest::array::uniform12(text()), 2..4)) {
        let tree = Tree::empty();
        tree.file("sys/class/thermal/thermal_zone0/type", "cpu");
        let mut input = None;
        for texts in &rounds {
            for (file, text) in FILES.iter().zip(texts) {
                tree.file(file, text);
            }
            // What a round may bring is checked there.
            input.get_or_insert_with(|| tree.input(ALL)).round();
            tree.wait(1.0);
        }
    }
}
