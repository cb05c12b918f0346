//! What a person can write, and what is said to mistakes.

use streamer_plugin::testkit::Bench;
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
