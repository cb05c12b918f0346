//! What the systemd unit, where there is one, keeps from the agent: devices, groups, folders, the network.

use std::path::{Path, PathBuf};

use streamer_config::OutputKind;

use super::devices::KINDS;
use super::person::Person;
use super::{Findings, Scene, names};

const UNIT: &str = "streamer.service";
/// Where units lie, the strongest first.
const FOLDERS: [&str; 4] =
    ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

/// The settings of a unit with its drop-ins, in the order in which they count.
struct Unit(Vec<(String, String)>);

pub fn look(scene: &Scene, findings: &mut Findings) {
    let Some(unit) = Unit::read(scene) else {
        return findings.ok("service", format!("no {UNIT} is installed"));
    };
    let before = findings.0.len();
    let edit =
        |lines: &str| format!("sudo systemctl edit streamer: [Service] {lines}; then sudo systemctl restart streamer");
    hidden_devices(scene, &unit, &edit, findings);
    unit_user(scene, &unit, &edit, findings);
    if let Some(plan) = &scene.plan {
        let state = &plan.agent.state_dir;
        if unit.is("ProtectHome") && ["/home", "/root", "/run/user"].iter().any(|home| state.starts_with(home)) {
            let words = format!("ProtectHome hides the state folder {} from the service", state.display());
            findings.fail("service", words, "a state_dir below /var/lib".into());
        }
        let strict = unit.get("ProtectSystem") == Some("strict");
        if strict && unit.get("StateDirectory").is_none() && !unit.lets_write(state) {
            let words = format!("ProtectSystem=strict makes the state folder {} read-only", state.display());
            findings.fail("service", words, edit("StateDirectory=streamer"));
        }
        let outside = plan.outputs.iter().any(|output| matches!(output.kind, OutputKind::InitialState(_)));
        if unit.is("PrivateNetwork") && outside {
            findings.fail(
                "service",
                "PrivateNetwork keeps the service from the network".into(),
                edit("PrivateNetwork=no"),
            );
        }
    }
    if let (Some("pid"), Some(input)) = (unit.get("ProcSubset"), scene.input_of("system")) {
        findings.fail(
            "service",
            format!("ProcSubset=pid hides /proc/stat and its like from {input}"),
            edit("ProcSubset=all"),
        );
    }
    if findings.0.len() == before {
        findings.ok("service", format!("{UNIT} hides nothing that the inputs need"));
    }
}

fn hidden_devices(scene: &Scene, unit: &Unit, edit: &dyn Fn(&str) -> String, findings: &mut Findings) {
    let closed = matches!(unit.get("DevicePolicy"), Some("closed" | "strict"));
    let private = unit.is("PrivateDevices");
    for kind in &KINDS {
        let Some(input) = kind.input(scene) else { continue };
        let allowed = unit.all("DeviceAllow").any(|device| device.contains(kind.begins().trim_end_matches('-')));
        let why = match (private, closed && !allowed) {
            (true, _) => "PrivateDevices=yes",
            (false, true) => "DevicePolicy",
            _ => continue,
        };
        let allow = format!("PrivateDevices=no DeviceAllow=char-{} rw", kind.begins().trim_end_matches('-'));
        findings.fail("service", format!("{why} hides /dev/{}* from {input}", kind.begins()), edit(&allow));
    }
}

/// Whose groups count when the service runs.
fn unit_user(scene: &Scene, unit: &Unit, edit: &dyn Fn(&str) -> String, findings: &mut Findings) {
    let Some(name) = unit.get("User").filter(|name| *name != "root") else { return };
    let besides: Vec<String> =
        unit.all("SupplementaryGroups").flat_map(str::split_whitespace).map(str::to_owned).collect();
    match Person::named(scene, name, &besides) {
        Some(person) => {
            KINDS.iter().filter(|kind| kind.input(scene).is_some()).for_each(|kind| {
                kind.is_closed_to(scene, &person, findings);
            });
            configuration(scene, &person, findings);
        }
        None if unit.is("DynamicUser") => {}
        None => findings.fail(
            "service",
            format!("the unit runs as {name}, and there is no such user"),
            format!("sudo useradd --system {name}, or {}", edit("User=")),
        ),
    }
}

/// What root reads without a question may be closed to the service.
fn configuration(scene: &Scene, person: &Person, findings: &mut Findings) {
    let folder = scene.path("/etc/streamer/conf.d");
    let mut files: Vec<PathBuf> = names(&folder).into_iter().map(|name| folder.join(name)).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "toml"));
    files.insert(0, scene.path("/etc/streamer/streamer.toml"));
    let outputs = scene.plan.iter().filter(|_| scene.of_the_service).flat_map(|plan| &plan.outputs);
    files.extend(outputs.filter_map(|output| match &output.kind {
        OutputKind::InitialState(account) => account.key_file.clone(),
        _ => None,
    }));
    for file in files {
        let Some(closed) = person.closed(&file, &scene.root) else { continue };
        let (name, shown) = (&person.name, closed.display());
        let cure = if closed == file {
            format!("sudo chown root:{name} {shown}; sudo chmod 640 {shown}")
        } else {
            format!("sudo chmod o+x {shown}, or another place for the file, such as /etc/streamer")
        };
        findings.fail("service", format!("{name} cannot read {}: {shown} is closed to it", file.display()), cure);
    }
}

impl Unit {
    fn read(scene: &Scene) -> Option<Self> {
        let main = FOLDERS.iter().map(|folder| format!("{folder}/{UNIT}")).find(|path| scene.path(path).is_file())?;
        let mut text = scene.text(&main);
        for folder in FOLDERS.iter().rev() {
            let folder = format!("{folder}/{UNIT}.d");
            for name in names(&scene.path(&folder)).into_iter().filter(|name| name.ends_with(".conf")) {
                text.push('\n');
                text.push_str(&scene.text(&format!("{folder}/{name}")));
            }
        }
        let setting = |line: &str| {
            let (key, value) = line.split_once('=')?;
            let comment = key.trim_start().starts_with(['#', ';']);
            (!comment).then(|| (key.trim().to_owned(), value.trim().to_owned()))
        };
        Some(Self(text.lines().filter_map(setting).collect()))
    }

    /// The last word on a setting; none where it was taken back.
    fn get(&self, key: &str) -> Option<&str> {
        let last = self.0.iter().rev().find(|(have, _)| have == key)?;
        Some(last.1.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value of a setting that adds up; an empty one begins anew.
    fn all<'u>(&'u self, key: &'u str) -> impl Iterator<Item = &'u str> {
        let ours = self.0.iter().filter(move |(have, _)| have == key).map(|(_, value)| value.as_str());
        let from = ours.clone().enumerate().filter(|(_, value)| value.is_empty()).last().map_or(0, |(at, _)| at + 1);
        ours.skip(from)
    }

    /// Whether a setting is on, in whatever way: `ProtectHome=tmpfs` hides as well as `yes`.
    fn is(&self, key: &str) -> bool {
        !matches!(self.get(key), None | Some("no" | "false" | "off" | "0" | "read-only"))
    }

    fn lets_write(&self, folder: &Path) -> bool {
        self.all("ReadWritePaths")
            .flat_map(str::split_whitespace)
            .any(|path| folder.starts_with(path.trim_start_matches('-')))
    }
}
