//! What a person can write, and what is said to mistakes.

use streamer_plugin::testkit::Bench;
use streamer_plugin::{COMMON_KEYS, sample};
use streamer_system::PLUGIN;

fn fault(toml: &str) -> String {
    Bench::new("/").build(&PLUGIN, toml).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn mistakes_name_the_option() {
    assert_eq!(fault(""), "");
    assert!(
        fault("collect = ['cpus']").contains("`cpus` is not one of cpu, memory, swap"),
        "{}",
        fault("collect = ['cpus']")
    );
    assert!(fault("colect = ['cpu']").contains("unknown key `colect`"));
    assert!(fault("collect = []").contains("collect: the list is empty"));
    assert!(fault("processes = {}").contains("neither `top` nor `names`"));
    assert!(fault("processes = { top = 51 }").contains("at most 50"));
    assert!(fault("mount_timeout = 5").contains("a duration as text"));
    assert!(fault("root = '/no/such/folder'").contains("is `root` right?"));
}

#[test]
fn every_option_is_documented_and_none_is_a_common_one() {
    let kind = PLUGIN.kind("").unwrap();
    let schema = kind.schema();
    let properties = schema.get("properties").and_then(|p| p.as_object()).unwrap();
    for (name, property) in properties {
        assert!(property.get("description").is_some(), "{name} has no words");
        assert!(!COMMON_KEYS.contains(&name.as_str()), "{name} belongs to every input");
    }
    let sample = sample(&PLUGIN, kind);
    assert!(
        sample.contains("# collect = [\"cpu\", \"memory\", \"disk\", \"network\", \"load\", \"temperature\"]"),
        "{sample}"
    );
    // What is shown can be written.
    let written: Vec<&str> =
        sample.lines().filter_map(|line| line.strip_prefix("# ")).filter(|l| l.contains(" = ")).collect();
    let written = written.join("\n").replace("root = \"...\"", "root = \"/\"");
    assert_eq!(fault(&written), "", "{written}");
}
