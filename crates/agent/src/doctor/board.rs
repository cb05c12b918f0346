//! What machine this is, and whether it has enough power.

use super::{Findings, Scene, names};

pub fn look(scene: &Scene, findings: &mut Findings) {
    let model = match scene.text("/proc/device-tree/model") {
        model if model.is_empty() => scene.text("/sys/class/dmi/id/product_name"),
        model => model,
    };
    let release = scene.text("/etc/os-release");
    let system = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or_default();
    let kernel = scene.text("/proc/sys/kernel/osrelease");
    let known = [model.as_str(), system.trim_matches('"'), kernel.as_str(), std::env::consts::ARCH];
    findings.ok("machine", known.into_iter().filter(|known| !known.is_empty()).collect::<Vec<_>>().join(", "));

    let monitors = names(&scene.path("/sys/class/hwmon"));
    let firmware = monitors
        .iter()
        .map(|name| format!("/sys/class/hwmon/{name}"))
        .find(|folder| scene.text(&format!("{folder}/name")) == "rpi_volt");
    match firmware.map(|folder| scene.text(&format!("{folder}/in0_lcrit_alarm"))).as_deref() {
        Some("1") => findings.warn(
            "power",
            "the supply voltage is or was too low; sensors and the card may fail at random".into(),
            "use the board's own power supply and a short cable".into(),
        ),
        Some(_) => findings.ok("power", "no low voltage was seen since the start".into()),
        None => {}
    }
}
