//! `streamer doctor` over trees that stand for machines, and against the scripted service.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use serde_json::Value;
use streamer_tests::program::{Finished, Home};
use streamer_tests::server::{Server, Settings};
use streamer_tests::{ACCESS_KEY, streaming_to};

/// A home whose machine lies below `machine/`.
fn machine(config: &str, files: &[(&str, &str)]) -> Home {
    let home = Home::with_config(&format!("[agent]\nroot = \"machine\"\n[outputs.local]\n[buckets.test]\n{config}"));
    fs::create_dir(home.path("machine")).unwrap();
    put(&home, files);
    home
}

fn put(home: &Home, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = home.path("machine").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The lines about something, with their level.
fn about(finished: &Finished, what: &str) -> Vec<String> {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = finished.stdout.lines().map(line);
    lines.filter(|line| line.split(' ').nth(1) == Some(what)).collect()
}

const BME280: &str = "[[inputs.i2c]]\nsensor = \"bme280\"\n";
const PI: (&str, &str) = ("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0");

#[test]
fn a_board_without_its_bus_and_sensor_fails_with_the_command_that_mends_it() {
    let home =
        machine(&format!("{BME280}[[inputs.onewire]]\n"), &[PI, ("etc/os-release", "PRETTY_NAME=\"Debian 12\"\n")]);
    let told = home.run(&["doctor"]).expect_code(1);
    assert!(
        about(&told, "machine")[0].starts_with("ok machine Raspberry Pi 4 Model B Rev 1.4, Debian 12"),
        "{}",
        told.stdout
    );
    let [i2c] = &about(&told, "i2c")[..] else { panic!("{}", told.stdout) };
    assert!(i2c.starts_with(
        "fail i2c i2c-1-76 needs one, and there is no /dev/i2c-*; cure: sudo raspi-config nonint do_i2c 0"
    ));
    let [wire] = &about(&told, "onewire")[..] else { panic!("{}", told.stdout) };
    assert!(
        wire.starts_with("fail onewire onewire needs a 1-Wire bus") && wire.contains("dtoverlay=w1-gpio"),
        "{wire}"
    );
    assert!(about(&told, "gpio")[0].starts_with("ok gpio"), "{}", told.stdout);
    assert!(about(&told, "configuration")[0].starts_with("ok configuration streamer.toml"), "{}", told.stdout);

    put(&home, &[("dev/i2c-1", ""), ("sys/bus/w1/devices/28-0000000a0001/id", "")]);
    let told = home.run(&["doctor"]).expect_code(0);
    assert!(about(&told, "i2c")[0].starts_with("ok i2c /dev/i2c-1, open to"), "{}", told.stdout);
    assert_eq!(about(&told, "onewire"), ["ok onewire a bus with 1 devices"]);
}

#[test]
fn damaged_files_of_the_spool_are_named_with_what_takes_them_away() {
    let home = machine("", &[]);
    home.run(&["log", "n", "1"]);
    assert!(about(&home.run(&["doctor"]), "spool").is_empty());
    let register = home.path(".local/state/streamer/spool/register");
    fs::write(&register, "damaged").unwrap();
    home.run(&["log", "n", "2"]);
    let told = home.run(&["doctor"]);
    let [line] = &about(&told, "spool")[..] else { panic!("{}", told.stdout) };
    let file = format!("{}.bad1", register.display());
    assert!(line.starts_with("warn spool 1 damaged file of the spool set aside, 0 KB"), "{line}");
    let cure = line.split_once("sudo rm ").and_then(|(_, cure)| cure.split(';').next()).unwrap();
    assert_eq!(cure, file);
    fs::remove_file(cure).unwrap();
    assert!(about(&home.run(&["doctor"]), "spool").is_empty());
}

#[test]
fn a_low_voltage_is_seen() {
    let hwmon = ("sys/class/hwmon/hwmon3/name", "rpi_volt\n");
    let home = machine("", &[PI, hwmon, ("sys/class/hwmon/hwmon3/in0_lcrit_alarm", "1\n")]);
    assert!(about(&home.run(&["doctor"]), "power")[0].starts_with("warn power the supply voltage"));
    put(&home, &[("sys/class/hwmon/hwmon3/in0_lcrit_alarm", "0\n")]);
    assert!(about(&home.run(&["doctor"]), "power")[0].starts_with("ok power"));
}

#[test]
fn what_root_reads_and_the_service_does_not_is_told() {
    let unit = "[Unit]\nDescription=Streamer\n[Service]\nUser=streamer\n";
    let people = "root:x:0:0:::\nstreamer:x:990:990:::\n";
    let files =
        [("lib/systemd/system/streamer.service", unit), ("etc/passwd", people), ("etc/group", "streamer:x:990:\n")];
    let home = machine("", &files);
    put(&home, &[("etc/streamer/streamer.toml", ""), ("etc/streamer/conf.d/sensors.toml", "")]);
    let told = |file: &str, mode: u32| {
        let path = home.path("machine/etc/streamer").join(file);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        about(&home.run(&["doctor"]), "service")
    };
    assert!(told("conf.d/sensors.toml", 0o644)[0].starts_with("ok service"));
    let [closed] = &told("conf.d/sensors.toml", 0o640)[..] else { panic!("one finding is expected") };
    assert!(
        closed.starts_with("fail service streamer cannot read ") && closed.contains("sudo chown root:streamer "),
        "{closed}"
    );
    told("conf.d/sensors.toml", 0o644);
    // A folder on the way keeps it from all that is below.
    let closed = told("conf.d", 0o750);
    assert!(closed.len() == 1 && closed[0].contains("conf.d is closed to it; cure: sudo chmod o+x "), "{closed:?}");
}

#[test]
fn the_users_of_the_service_must_be_in_the_groups_of_the_devices() {
    let home = machine(BME280, &[("dev/i2c-1", ""), ("etc/passwd", "root:x:0:0:::\nstreamer:x:990:990:::\n")]);
    let device = home.path("machine/dev/i2c-1");
    // Only root may give a file away; others test with a group of their own.
    let _ = chown(&device, None, Some(998));
    fs::set_permissions(&device, fs::Permissions::from_mode(0o660)).unwrap();
    let gid = fs::metadata(&device).unwrap().gid();
    let unit = |more: &str| format!("[Unit]\nDescription=Streamer\n[Service]\nUser=streamer\n{more}\n");
    let told = |groups: &str, service: &str| {
        put(&home, &[("etc/group", groups), ("lib/systemd/system/streamer.service", service)]);
        home.run(&["doctor"])
    };
    let stranger = told(&format!("root:x:0:\ni2c:x:{gid}:pi\n"), &unit("")).expect_code(1);
    let cure = "fail i2c streamer may not use /dev/i2c-1; cure: sudo usermod -aG i2c streamer, then log in again";
    assert!(about(&stranger, "i2c").contains(&cure.to_owned()), "{}", stranger.stdout);
    told(&format!("i2c:x:{gid}:pi,streamer\n"), &unit("")).expect_code(0);
    told(&format!("i2c:x:{gid}:pi\n"), &unit("SupplementaryGroups=i2c gpio")).expect_code(0);
    let nobody = told("", &unit("User=collector")).expect_code(1);
    assert!(about(&nobody, "service")[0].contains("there is no such user"), "{}", nobody.stdout);
    let fixed = told("", &unit("User=root")).expect_code(0);
    assert!(about(&fixed, "service")[0].starts_with("ok service"), "{}", fixed.stdout);
}

#[test]
fn a_sandbox_that_hides_what_inputs_need_is_told_with_the_lines_that_open_it() {
    let unit = "lib/systemd/system/streamer.service";
    for (lines, input, words) in [
        (
            "PrivateDevices=yes",
            BME280,
            "PrivateDevices=yes hides /dev/i2c-* from i2c-1-76; cure: sudo systemctl edit streamer",
        ),
        ("DevicePolicy=closed", BME280, "DevicePolicy hides /dev/i2c-* from i2c-1-76"),
        ("ProcSubset=pid", "[[inputs.system]]\n", "ProcSubset=pid hides /proc/stat"),
        ("ProtectSystem=strict", "", "makes the state folder"),
    ] {
        let home = machine(input, &[("dev/i2c-1", ""), (unit, &format!("[Service]\nUser=root\n{lines}\n"))]);
        let told = home.run(&["doctor"]).expect_code(1);
        let [line] = &about(&told, "service")[..] else { panic!("{lines}: {}", told.stdout) };
        assert!(line.starts_with("fail service") && line.contains(words), "{lines}: {line}");
        // A drop-in has the last word.
        let open = "[Service]\nPrivateDevices=no\nDeviceAllow=char-i2c rw\nProcSubset=all\nStateDirectory=streamer\n";
        put(&home, &[("etc/systemd/system/streamer.service.d/override.conf", open)]);
        home.run(&["doctor"]).expect_code(0);
    }
    let home = machine("", &[(unit, "[Service]\nProtectHome=yes\n")]);
    home.configure("[agent]\nroot = \"machine\"\nstate_dir = \"/home/pi/state\"\n[outputs.local]\n[buckets.test]\n");
    assert!(about(&home.run(&["doctor"]), "service")[0].starts_with("fail service ProtectHome hides"));
    let online = "[outputs.initial_state]\naccess_key = \"ist_example0\"\napi_base = \"http://127.0.0.1:1\"\n";
    let home = machine(online, &[(unit, "[Service]\nPrivateNetwork=true\n")]);
    assert!(about(&home.run(&["doctor"]), "service")[0].starts_with("fail service PrivateNetwork keeps"));
}

#[test]
fn the_file_system_under_the_state_folder_is_looked_at() {
    let home = machine("", &[]);
    let folder = home.path("");
    let mounted = |options: &str, kind: &str| {
        let root = "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n";
        let inner = format!(
            "30 20 8:2 / {} {options} - {kind} /dev/sda2 rw\n",
            folder.display().to_string().trim_end_matches('/')
        );
        put(&home, &[("proc/self/mountinfo", &format!("{root}{inner}"))]);
        home.run(&["doctor"])
    };
    let read_only = mounted("ro,noatime", "ext4").expect_code(1);
    assert!(about(&read_only, "state")[0].contains("read-only file system"), "{}", read_only.stdout);
    let lost = mounted("rw", "overlay").expect_code(0);
    assert!(about(&lost, "state")[0].starts_with("warn state") && lost.stdout.contains("ends with the power"));
    assert!(about(&mounted("rw,sync", "ext4"), "state")[0].contains("`sync`"));
    assert!(about(&mounted("rw", "ext4"), "state")[0].starts_with("ok state"));
}

#[test]
fn mistakes_in_the_configuration_are_findings_with_their_place() {
    let home = Home::with_config("[agent]\nintervall = \"5s\"\n");
    let told = home.run(&["doctor"]).expect_code(1);
    let [line] = &about(&told, "configuration")[..] else { panic!("{}", told.stdout) };
    assert_eq!(line, "fail configuration streamer.toml:2:1: unknown key `intervall`; cure: did you mean `interval`?");
    let none = Home::new().run(&["doctor"]);
    assert!(about(&none, "configuration")[0].starts_with("warn configuration there is none"), "{}", none.stdout);
}

/// What the doctor says of this service.
fn consulted(server: &Server, more: &str, arguments: &[&str]) -> Finished {
    let config = streaming_to(server).replacen("\n\n[buckets", &format!("\n{more}\n[buckets"), 1);
    let home = Home::with_config(&config);
    let told = home.run(&[&["doctor"], arguments].concat());
    assert!(!told.stdout.contains(ACCESS_KEY) && !told.stderr.contains(ACCESS_KEY), "the key was shown");
    told
}

fn server() -> Server {
    Server::start(Settings::default()).unwrap()
}

#[test]
fn a_service_that_answers_is_asked_once_and_without_the_access_key() {
    let server = server();
    let told = consulted(&server, "", &[]).expect_code(0);
    assert_eq!(about(&told, "connection"), ["ok connection initial_state: the service answers in plain text"]);
    assert!(about(&told, "key")[0].starts_with("ok key initial_state:"), "{}", told.stdout);
    assert_eq!(server.counts().requests, 1);
    assert!(server.counts().access_keys.is_empty(), "{:?}", server.counts());
}

#[test]
fn with_online_the_key_is_tried_on_the_bucket() {
    let good = server();
    let told = consulted(&good, "", &["--online"]).expect_code(0);
    assert_eq!(about(&told, "account"), ["ok account initial_state: the access key opens bucket test"]);
    assert_eq!((good.counts().bucket_requests, good.counts().event_requests), (1, 0));
    let bad = Server::start(Settings { access_key: Some("ist_somebodyElse".into()), ..Settings::default() }).unwrap();
    let told = consulted(&bad, "", &["--online"]).expect_code(1);
    assert!(about(&told, "account")[0].starts_with("fail account initial_state: bucket test:"), "{}", told.stdout);
}

#[test]
fn what_stands_between_is_named() {
    let gone = server();
    let config = streaming_to(&gone);
    drop(gone);
    let home = Home::with_config(&config);
    let told = home.run(&["doctor"]).expect_code(1);
    assert!(
        about(&told, "connection")[0].starts_with("fail connection initial_state: cannot connect"),
        "{}",
        told.stdout
    );
    for (answer, words) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>", "a login in a browser"),
        ("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", "a login in a browser"),
        ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "a fault of its own"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "fail connection"),
        ("", "fail connection"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = listener.local_addr().unwrap();
        let other = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // What was asked is of no interest, but must be read before the end, or the answer is thrown away with it.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        });
        let told = Home::with_config(&format!(
            "[outputs.initial_state]\naccess_key = \"{ACCESS_KEY}\"\napi_base = \"http://{base}\"\n[buckets.test]\n"
        ))
        .run(&["doctor"])
        .expect_code(1);
        assert!(about(&told, "connection")[0].contains(words), "{answer}: {}", told.stdout);
        other.join().unwrap();
    }
    let home = Home::with_config(&config.replace("127.0.0.1", "no-such-host.invalid"));
    let told = home.run(&["doctor"]).expect_code(1);
    assert!(about(&told, "name")[0].contains("no-such-host.invalid cannot be resolved"), "{}", told.stdout);
    assert!(about(&told, "connection").is_empty(), "{}", told.stdout);
}

#[test]
fn a_certificate_must_be_trusted() {
    let server = Server::start(Settings { tls: true, ..Settings::default() }).unwrap();
    let stranger = consulted(&server, "", &[]).expect_code(1);
    assert!(about(&stranger, "connection")[0].starts_with("fail connection"), "{}", stranger.stdout);
    let trusted = format!("ca_file = \"{}\"", server.ca_file().unwrap().display());
    let told = consulted(&server, &trusted, &[]).expect_code(0);
    assert!(about(&told, "connection")[0].contains("over TLS"), "{}", told.stdout);
}

#[test]
fn a_running_agent_is_found_and_all_of_it_is_there_for_programs_too() {
    let home = machine("", &[]);
    let before = home.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&before.stdout).unwrap();
    let agent = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().clone();
        findings.into_iter().find(|finding| finding["about"] == "agent").unwrap()
    };
    assert_eq!(agent(&report)["level"], "warn");
    assert_eq!(report["failed"], 0);
    let running = home.start_agent();
    let report: Value = serde_json::from_str(&home.run(&["doctor", "--json"]).expect_code(0).stdout).unwrap();
    assert_eq!(agent(&report)["level"], "ok");
    running.stop().expect_code(0);
}
