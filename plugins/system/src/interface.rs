//! Which network interfaces are made of software alone.

use std::path::Path;

use streamer_plugin::options::Glob;

/// What such interfaces are called, for machines whose /sys does not tell.
const NAMES: [&str; 31] = [
    "lo",
    "*:*",
    "bond*",
    "br-*",
    "br?",
    "bridge*",
    "cali*",
    "cni*",
    "docker*",
    "dummy*",
    "erspan*",
    "flannel*",
    "gre*",
    "gretap*",
    "ifb*",
    "ip6*",
    "ip_vti*",
    "lxc*",
    "lxd*",
    "nlmon*",
    "sit*",
    "tailscale*",
    "tap*",
    "teql*",
    "tun*",
    "vcan*",
    "veth*",
    "virbr*",
    "vnet*",
    "wg*",
    "zt*",
];

/// What the way to the world is called, even where it is made of software: in a container, on a mobile modem.
const UPLINKS: [&str; 5] = ["eth*", "en*", "wl*", "ww*", "ppp*"];

/// Whether the interface is a loopback, an alias, a bridge, a tunnel or one end of a pair. `class` is /sys/class/net.
pub(crate) fn is_virtual(class: &Path, name: &str) -> bool {
    let named = |names: &[&str]| names.iter().any(|glob| Glob::new(*glob).matches(name));
    if name == "lo" || name.contains(':') {
        return true;
    }
    let entry = class.join(name);
    if entry.join("device").exists() {
        return false;
    }
    let software = std::fs::read_link(&entry).is_ok_and(|target| target.iter().any(|part| part == "virtual"));
    (software && !named(&UPLINKS)) || named(&NAMES)
}
