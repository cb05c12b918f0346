//! Buses and lines: whether they are switched on, and whether the user may use them.

use super::person::Person;
use super::{Findings, Level, Scene, names};

/// A kind of device file.
pub struct Kind {
    /// Its name, which is that of its group too.
    about: &'static str,
    /// What the names in /dev begin with.
    begins: &'static str,
    /// Which input needs one.
    plugin: &'static str,
    /// How it is switched on.
    switch: &'static str,
}

pub const KINDS: [Kind; 4] = [
    Kind {
        about: "i2c",
        begins: "i2c-",
        plugin: "i2c",
        switch: "sudo raspi-config nonint do_i2c 0 (dtparam=i2c_arm=on in /boot/firmware/config.txt), elsewhere sudo modprobe \
                 i2c-dev",
    },
    Kind {
        about: "spi",
        begins: "spidev",
        plugin: "spi",
        switch: "sudo raspi-config nonint do_spi 0 (dtparam=spi=on in /boot/firmware/config.txt)",
    },
    Kind {
        about: "gpio",
        begins: "gpiochip",
        plugin: "gpio",
        switch: "a kernel with CONFIG_GPIO_CDEV; in a container, hand in the device",
    },
    // What vcgencmd asks the firmware through.
    Kind { about: "video", begins: "vcio", plugin: "", switch: "" },
];

pub fn look(scene: &Scene, findings: &mut Findings) {
    let person = Person::running(scene);
    findings.ok("user", format!("{}, in the groups {}", person.name, person.groups(scene).join(", ")));
    for kind in &KINDS {
        let found = kind.found(scene);
        match (kind.input(scene), found.first()) {
            (Some(input), None) => findings.fail(
                kind.about,
                format!("{input} needs one, and there is no /dev/{}*", kind.begins),
                kind.switch.into(),
            ),
            (None, None) if kind.plugin.is_empty() => {}
            (None, None) => findings.ok(kind.about, "there is none, and no input needs one".into()),
            (_, Some(_)) if !kind.is_closed_to(scene, &person, findings) => {
                findings.ok(kind.about, format!("/dev/{}, open to {}", found.join(", /dev/"), person.name));
            }
            (_, Some(_)) => {}
        }
    }
    one_wire(scene, findings);
}

impl Kind {
    fn found(&self, scene: &Scene) -> Vec<String> {
        names(&scene.path("/dev")).into_iter().filter(|name| name.starts_with(self.begins)).collect()
    }

    /// An input that needs such a device.
    pub fn input<'s>(&self, scene: &'s Scene) -> Option<&'s str> {
        scene.input_of(self.plugin)
    }

    /// What a systemd unit must allow to let it in.
    pub fn begins(&self) -> &'static str {
        self.begins
    }

    /// Tells the first of its files that this user may not use; whether there is one.
    pub fn is_closed_to(&self, scene: &Scene, person: &Person, findings: &mut Findings) -> bool {
        for name in self.found(scene) {
            let path = format!("/dev/{name}");
            let Ok(file) = std::fs::metadata(scene.path(&path)) else { continue };
            if person.may_use(&file) {
                continue;
            }
            let level = if self.input(scene).is_some() { Level::Fail } else { Level::Warn };
            let words = format!("{} may not use {path}", person.name);
            findings.add(level, self.about, words, person.way_in(scene, &file, (self.about, self.begins)));
            return true;
        }
        false
    }
}

fn one_wire(scene: &Scene, findings: &mut Findings) {
    let listed = names(&scene.path("/sys/bus/w1/devices"));
    let sensors = listed.iter().filter(|name| !name.starts_with("w1_bus_master")).count();
    let overlay = || "dtoverlay=w1-gpio in /boot/firmware/config.txt, then restart".to_owned();
    match (scene.input_of("onewire"), listed.is_empty()) {
        (Some(input), true) => {
            findings.fail("onewire", format!("{input} needs a 1-Wire bus, and there is none"), overlay())
        }
        (Some(input), false) if sensors == 0 => findings.fail(
            "onewire",
            format!("{input} needs a sensor, and the bus has none"),
            "check the data wire (GPIO4, pin 7) and its pull-up of 4.7 kOhm to 3.3 V".into(),
        ),
        (None, true) => findings.ok("onewire", "there is no bus, and no input needs one".into()),
        _ => findings.ok("onewire", format!("a bus with {sensors} devices")),
    }
}
