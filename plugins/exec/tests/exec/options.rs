//! What a person can write, and what is said to mistakes.

use streamer_exec::PLUGIN;
use streamer_plugin::testkit::Bench;

fn fault(toml: &str) -> String {
    Bench::new("/").build(&PLUGIN, toml).err().map(|error| error.to_string()).unwrap_or_default()
}

#[track_caller]
fn says(toml: &str, words: &str) {
    let said = fault(toml);
    assert!(said.contains(words), "{toml}: {said:?} does not say {words:?}");
}

#[test]
fn mistakes_name_the_option() {
    assert_eq!(fault("command = ['true']"), "");
    says("", "neither `command` nor `shell`");
    says("command = ['true']\nshell = 'true'", "not both");
    says("command = []", "that is empty");
    says("command = ['ls -l /']", "one text with blanks");
    says("command = 'ls'", "a list");
    says("shell = ' '", "it is empty");
    says("command = ['true']\nformat = 'jsn'", "jsn");
    says("command = ['true']\nformat = 'json'\ndelimiter = ';'", "has no `delimiter`");
    says("command = ['true']\nformat = 'regex'", "`pattern` is missing");
    says("command = ['true']\nformat = 'regex'\npattern = '('", "pattern");
    says("command = ['true']\nkey = ''", "key");
    says("command = ['true']\nmemory = '1KB'", "memory");
    says("command = ['true']\nmax_output = '1GB'", "max_output");
    says("command = ['true']\nenv = { 'A=B' = 'x' }", "variable");
    says("command = ['true']\nstrip = 5", "a unit in quotes, or a list of them");
    says("command = ['true']\nmode = 'stream'\nformat = 'nagios'", "mode = \"once\"");
    says("command = ['true']\nmode = 'stream'\nmax_output = '1KB'", "unknown key `max_output`");
    says("command = ['true']\nmode = 'stream'\nrestart = '0s'", "restart");
    says("command = [\"a\\u0000b\"]", "NUL");
}

#[test]
fn ids_come_from_the_command_line() {
    let key = |toml: &str| Bench::new("/").options(&PLUGIN, toml).unwrap().natural_key();
    assert_eq!(key("command = ['vcgencmd', 'measure_volts']"), "vcgencmd-measure_volts");
    assert_eq!(key("shell = 'df / | tail -1'\nmode = 'stream'"), "df-tail-1");
}

#[test]
fn a_stream_can_wait_and_a_command_cannot() {
    let waits = |toml: &str| Bench::new("/").options(&PLUGIN, toml).unwrap().can_wait();
    assert!(waits("command = ['x']\nmode = 'stream'"));
    assert!(!waits("command = ['x']\nmode = 'stream'\ncan_wait = false"));
    assert!(!waits("command = ['x']"));
}

#[test]
fn the_example_configuration_is_right() {
    let text = std::fs::read_to_string(format!("{}/../../configs/exec.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let common = ["id", "bucket", "interval", "cron", "timeout", "prefix"];
    let mut inputs = 0;
    for part in text.split("[[inputs.exec]]").skip(1) {
        let own = part.split("\n[").next().unwrap();
        let lines: Vec<&str> = own
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
            .filter(|line| !common.iter().any(|key| line.starts_with(&format!("{key} ="))))
            .collect();
        let options = Bench::new("/").options(&PLUGIN, &lines.join("\n"));
        assert!(options.is_ok(), "{}\n{}", lines.join("\n"), options.err().unwrap());
        inputs += 1;
    }
    assert!(inputs >= 6, "{inputs}");
}
