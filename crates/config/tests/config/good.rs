//! Configurations that are right, and what they come to.

use std::path::PathBuf;
use std::time::Duration;

use streamer_clock::{Mode, Zone};
use streamer_config::{
    Files, IniSettings, InitialState, Local, Log, OnFull, OutputKind, Plan, Severity, Surroundings, Sync, load,
};
use streamer_plugin::Secret;

use crate::fakes::{around, load_text, plan, variable};

/// With an output and a bucket before it.
fn with_bucket(text: &str) -> Plan {
    plan(&format!("[outputs.local]\n[buckets.home]\n{text}"))
}

#[test]
fn every_default_is_filled_in() {
    let plan = with_bucket("[[inputs.system]]\n");
    assert_eq!(plan.agent.state_dir, PathBuf::from("/home/pi/.local/state/streamer"));
    assert_eq!(plan.agent.interval, Duration::from_secs(10));
    assert_eq!(plan.agent.log, Log::Info);
    assert_eq!(plan.agent.shutdown_timeout, Duration::from_secs(5));
    assert_eq!(plan.agent.root, PathBuf::from("/"));
    assert_eq!((plan.agent.clock, plan.agent.clock_hold), (Mode::Auto, Duration::from_secs(600)));
    assert_eq!(plan.spool.max_size, 64 << 20);
    assert_eq!((plan.spool.on_full, plan.spool.sync), (OnFull::DropOldest, Sync::Every(Duration::from_secs(10))));
    assert_eq!(plan.spool.checkpoint, Duration::from_secs(300));
    let local = Local {
        path: "/home/pi/.local/state/streamer/buckets.db".into(),
        retention: Some(Duration::from_secs(90 * 86_400)),
        max_size: Some(1 << 30),
    };
    assert_eq!(plan.outputs[0].kind, OutputKind::Local(local));
    assert!(!plan.taps.stdout);
    let bucket = &plan.buckets[0];
    assert_eq!((bucket.name.as_str(), &bucket.key), ("home", &None));
    assert_eq!((bucket.buffer_size, bucket.flush_interval), (10, Duration::from_secs(1)));
    assert_eq!(bucket.outputs, ["local"]);
    let input = &plan.inputs[0];
    assert_eq!((input.id.as_str(), input.plugin, input.kind, input.bucket.as_str()), ("system", "system", "", "home"));
    assert_eq!((input.timeout, input.max_rate), (Duration::from_secs(10), Some(1000)));
    assert_eq!(input.schedule.describe(), "every 10s, and at the start");
    assert_eq!(input.place.to_string(), "streamer.toml:3:1");
    assert!(plan.warnings.is_empty());
}

#[test]
fn all_that_can_be_said_is_taken_up() {
    let plan = plan(
        r#"
        [agent]
        state_dir = "/data"
        interval = "1m"
        timezone = "UTC"
        log = "debug"
        shutdown_timeout = "250ms"
        root = "/host"
        clock = "trust"
        [spool]
        max_size = "1.5GB"
        on_full = "drop_newest"
        sync = "always"
        [outputs.cloud]
        type = "initial_state"
        access_key = "${IS_ACCESS_KEY}"
        api_base = "http://127.0.0.1:8080/"
        max_events_per_call = 50
        ca_file = "/etc/ca.pem"
        [outputs.csv]
        path = "out/readings.csv"
        [taps.stdout]
        [buckets.a]
        name = "A :zap:"
        key = "a_1"
        buffer_size = 200
        flush_interval = "500ms"
        outputs = ["csv"]
        [buckets.b]
        [[inputs.gpio]]
        mode = "edge"
        bucket = "b"
        pin = "P11"
        key = "door"
        prefix = "front_"
        timeout = "30s"
        max_rate = 5
        interval = "10s"
        align = true
        offset = "2s"
        jitter = "1s"
        run_at_start = false
        [[inputs.tail]]
        bucket = "a"
        files = ["/var/log/syslog"]
        "#,
    );
    assert_eq!(plan.agent.zone, Zone::utc());
    assert_eq!((plan.agent.root.to_str(), plan.agent.log, plan.agent.clock), (Some("/host"), Log::Debug, Mode::Trust));
    assert_eq!((plan.spool.max_size, plan.spool.sync), (1_610_612_736, Sync::Always));
    let cloud = InitialState {
        access_key: Secret::new("ist_fromTheEnvironment"),
        key_file: None,
        api_base: "http://127.0.0.1:8080".into(),
        max_events_per_call: 50,
        ca_file: Some("/etc/ca.pem".into()),
    };
    assert_eq!(plan.outputs[0].label, "cloud");
    assert_eq!(plan.outputs[0].kind, OutputKind::InitialState(cloud));
    assert_eq!(plan.outputs[1].kind, OutputKind::Csv("out/readings.csv".into()));
    assert!(plan.taps.stdout);
    assert_eq!(plan.buckets[0].key.as_ref().map(|key| key.as_str()), Some("a_1"));
    assert_eq!((&plan.buckets[0].outputs[..], plan.buckets[1].outputs.len()), (&["csv".to_owned()][..], 2));
    let [gpio, tail] = &plan.inputs[..] else { panic!() };
    assert_eq!((gpio.id.as_str(), gpio.kind, gpio.bucket.as_str()), ("gpio-P11", "edge", "b"));
    assert_eq!((gpio.prefix.as_str(), gpio.timeout, gpio.max_rate), ("front_", Duration::from_secs(30), Some(5)));
    assert_eq!(gpio.schedule.describe(), "every 10s by the clock (UTC), moved by 2s, up to 1s late");
    assert_eq!((tail.id.as_str(), tail.max_rate), ("tail-var_log_syslog", None));
}

#[test]
fn schedules_by_interval_cron_and_default() {
    let plan = with_bucket(
        "[agent]\ninterval = '2s'\n[[inputs.system]]\n[[inputs.system]]\nid = 'cron'\ncron = '30 2 * * mon-fri'\n",
    );
    assert_eq!(plan.inputs[0].schedule.describe(), "every 2s, and at the start");
    assert_eq!(plan.inputs[0].timeout, Duration::from_secs(2));
    assert!(plan.inputs[1].schedule.describe().starts_with("at 02:30 on Monday"));
    assert_eq!(plan.inputs[1].timeout, Duration::from_secs(10));
}

#[test]
fn inputs_keep_the_order_of_the_file() {
    let plan = with_bucket(
        "[[inputs.system]]\nid = 'z'\n[[inputs.exec]]\ncommand = ['vcgencmd', 'measure_volts']\n[[inputs.system]]\nid = 'a'\n",
    );
    let ids: Vec<_> = plan.inputs.iter().map(|input| input.id.as_str()).collect();
    assert_eq!(ids, ["z", "exec-vcgencmd_measure_volts", "a"]);
}

#[test]
fn variables_stand_in_texts_but_not_for_the_shell() {
    let plan = with_bucket(
        r#"
        [agent]
        interval = "${EVERY}"
        state_dir = "${HOME}/${NONE:-state}/$${HOME}"
        [[inputs.exec]]
        id = "one"
        shell = "echo ${UNSET} $${X}"
        [[inputs.tail]]
        format = "regex"
        files = ["${HOME}/log"]
        pattern = '(?P<n>\d+)${UNSET'
        "#,
    );
    assert_eq!(plan.agent.interval, Duration::from_secs(5));
    assert_eq!(plan.agent.state_dir, PathBuf::from("/home/pi/state/${HOME}"));
    let changed = with_bucket("[agent]\ninterval = '5s'\nstate_dir = '/home/pi/state/${HOME:-x}'\n");
    assert_eq!(changed.agent.state_dir, PathBuf::from("/home/pi/state//home/pi"));
}

#[test]
fn the_state_folder_is_looked_for_in_order() {
    let with = |set: &[(&str, &str)], text: &str| {
        let variable = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        let around = Surroundings { variable: &variable, ..around() };
        load(&Files::text("s.toml", format!("[taps.stdout]\n{text}")), &around)
            .map(|plan| plan.agent.state_dir.display().to_string())
    };
    let all = [("STATE_DIRECTORY", "/a:/b"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")];
    assert_eq!(with(&all, "[agent]\nstate_dir = 'own'\n").unwrap(), "own");
    assert_eq!(with(&all, "").unwrap(), "/a");
    assert_eq!(with(&all[1..], "").unwrap(), "/x/streamer");
    assert_eq!(with(&[("XDG_STATE_HOME", "relative"), ("HOME", "/h")], "").unwrap(), "/h/.local/state/streamer");
    assert!(with(&[], "").unwrap_err().to_string().contains("there is no place to keep anything"));
}

#[test]
fn several_files_add_to_each_other() {
    let mut files = Files::default();
    files.push("a.toml", "[agent]\ninterval = '5s'\n[outputs.local]\n[[inputs.system]]\n", false);
    files.push("b.toml", "[agent]\nlog = 'warn'\n[buckets.home]\n[[inputs.system]]\nid = 'second'\n", false);
    let plan = load(&files, &around()).unwrap();
    assert_eq!((plan.agent.interval, plan.agent.log), (Duration::from_secs(5), Log::Warn));
    let places: Vec<_> = plan.inputs.iter().map(|input| input.place.to_string()).collect();
    assert_eq!(places, ["a.toml:4:1", "b.toml:4:1"]);
}

#[test]
fn a_byte_order_mark_is_no_mistake_and_moves_no_column() {
    assert!(load_text("\u{feff}[taps.stdout]\n").is_ok());
    let said = load_text("\u{feff}[agnet]\n").unwrap_err().to_string();
    assert!(said.contains("streamer.toml:1:2") && said.contains("1 | [agnet]"), "{said}");
}

#[test]
fn a_fingerprint_changes_with_what_the_input_depends_on_and_with_nothing_else() {
    let of = |text: &str| with_bucket(text).inputs.last().unwrap().fingerprint;
    let base = of("[[inputs.system]]\ntop = 3\ninterval = '5s'\ncollect = ['cpu']\n");
    for same in [
        "# a comment\n[[inputs.system]]\ninterval = '5s' # another\ncollect = [ \"cpu\" ]\ntop = 3\n",
        "[[inputs.exec]]\ncommand = ['x']\n[[inputs.system]]\ninterval = '5s'\ncollect = ['cpu']\ntop = 3\n",
        "[agent]\nlog = 'debug'\ninterval = '1h'\n[[inputs.system]]\ntop = 3\ninterval = '${EVERY}'\ncollect = ['cpu']\n",
    ] {
        assert_eq!(of(same), base, "{same}");
    }
    for other in [
        "[[inputs.system]]\ntop = 4\ninterval = '5s'\ncollect = ['cpu']\n",
        "[[inputs.system]]\ntop = 3\ninterval = '6s'\ncollect = ['cpu']\n",
        "[[inputs.system]]\ntop = 3\ninterval = '5s'\ncollect = ['cpu', 'load']\n",
        "[[inputs.system]]\ntop = 3\ninterval = '5s'\ncollect = ['cpu']\n[[inputs.system.readings]]\nmatch = '*'\n",
        "[agent]\nroot = '/host'\n[[inputs.system]]\ntop = 3\ninterval = '5s'\ncollect = ['cpu']\n",
    ] {
        assert_ne!(of(other), base, "{other}");
    }
    let rule = |text: &str| of(&format!("[[inputs.system]]\n[[inputs.system.readings]]\n{text}"));
    assert_eq!(rule("match = 'a'\nround = 1\n"), rule("round = 1\nmatch = 'a'\n"));
    assert_ne!(rule("match = 'a'\nround = 1\n"), rule("round = 2\nmatch = 'a'\n"));
    // Kept in state folders: it must never change by itself.
    assert_eq!(of("[[inputs.system]]\n"), of("[[inputs.system]]\n"));
    assert_ne!(of("[agent]\ninterval = '1s'\n[[inputs.system]]\n"), of("[[inputs.system]]\n"));
}

#[test]
fn the_access_key_of_an_ini_file() {
    let ini = |path: &std::path::Path| match path.to_str() {
        Some("good.ini") => Ok(IniSettings {
            access_key: Some(Secret::new("ist_fromAnIniFile")),
            api_base: Some("https://ini.example.org/".into()),
            warnings: vec!["good.ini: `nonsense` is not known".into()],
        }),
        Some("empty.ini") => Ok(IniSettings::default()),
        _ => Err("cannot read it".into()),
    };
    let around = Surroundings { ini: &ini, ..around() };
    let with = |file: &str, more: &str| {
        let text = format!("[outputs.initial_state]\nini_file_location = '{file}'\n{more}[taps.stdout]\n");
        load(&Files::text("s.toml", text), &around)
    };
    let plan = with("good.ini", "").unwrap();
    let OutputKind::InitialState(cloud) = &plan.outputs[0].kind else { panic!() };
    assert_eq!((cloud.access_key.expose(), cloud.api_base.as_str()), ("ist_fromAnIniFile", "https://ini.example.org"));
    assert!(plan.warnings.iter().any(|warning| warning.message.contains("nonsense")));
    let plan = with("good.ini", "api_base = 'https://own.example.org'\n").unwrap();
    let OutputKind::InitialState(cloud) = &plan.outputs[0].kind else { panic!() };
    assert_eq!(cloud.api_base, "https://own.example.org");
    assert!(with("empty.ini", "").unwrap_err().to_string().contains("empty.ini has no access_key"));
    assert!(with("gone.ini", "").unwrap_err().to_string().contains("cannot read it"));
}

#[test]
fn the_access_key_of_a_file_and_of_a_credential() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("streamer.access_key"), "ist_fromAFile\n").unwrap();
    let path = folder.path().display().to_string();
    let variable =
        |name: &str| if name == "CREDENTIALS_DIRECTORY" { Some(path.clone().into()) } else { variable(name) };
    let around = Surroundings { variable: &variable, ..around() };
    for own in [String::new(), format!("access_key_file = '{path}/streamer.access_key'\n")] {
        let text = format!("[outputs.initial_state]\n{own}[buckets.a]\n[[inputs.system]]\n");
        let plan = load(&Files::text("s.toml", text), &around).unwrap();
        let OutputKind::InitialState(cloud) = &plan.outputs[0].kind else { panic!() };
        assert_eq!(cloud.access_key.expose(), "ist_fromAFile");
        assert!(!format!("{plan:?}").contains("ist_from"), "{plan:?}");
    }
}

#[test]
fn what_works_and_deserves_a_look_is_a_warning() {
    let warnings = |files: &Files| -> Vec<String> {
        let plan = load(files, &around()).unwrap();
        assert!(plan.warnings.iter().all(|warning| warning.severity == Severity::Warning));
        plan.warnings.iter().map(|warning| warning.message.clone()).collect()
    };
    let text = "[outputs.initial_state]\naccess_key = 'ist_plain'\n[buckets.a]\n[[inputs.system]]\n";
    let mut open = Files::default();
    open.push("open.toml", text, true);
    assert_eq!(warnings(&open), ["everybody on this machine can read this access key in open.toml"]);
    let mut open = Files::default();
    open.push("open.toml", text.replace("ist_plain", "${IS_ACCESS_KEY}"), true);
    assert_eq!(warnings(&open), [""; 0]);
    let clear = text.replace("[buckets", "api_base = 'http://example.org'\n[buckets");
    assert_eq!(warnings(&Files::text("s", clear)), ["the access key travels to example.org for all to read"]);
    let idle = "[outputs.local]\n[buckets.a]\n";
    assert_eq!(warnings(&Files::text("s", idle)), ["nothing is collected: there is no input"]);
    assert_eq!(warnings(&Files::text("s", "")), ["nothing is collected: there is no input"]);
    let renamed = "[[inputs.system.readings]]\nmatch = 'cpu*'\nrename = 'x'\n";
    let renamed = format!("[outputs.local]\n[buckets.a]\n[[inputs.system]]\n{renamed}");
    assert_eq!(warnings(&Files::text("s", renamed)), ["every key that matches `cpu*` becomes `x`"]);
}

#[test]
fn an_unknown_time_zone_is_pointed_at() {
    let said = load_text("[agent]\ntimezone = \"Europe/Berln\"\n").unwrap_err().to_string();
    assert!(said.contains("Europe/Berln") && said.contains("streamer.toml:2:12"), "{said}");
}

#[test]
fn the_configurations_of_the_repository_are_right() {
    for name in ["quickstart", "minimal", "pi-health", "streamer"] {
        let path = format!("{}/../../configs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let plan = load(&Files::text(format!("{name}.toml"), text), &around());
        let plan = plan.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert!(!plan.inputs.is_empty() && plan.warnings.is_empty(), "{name} {:?}", plan.warnings);
    }
}

#[test]
fn colours_are_for_terminals() {
    use streamer_config::Style;
    let mistakes = load_text("[agnet]\n").unwrap_err();
    assert!(mistakes.render(Style::Coloured).contains('\u{1b}'));
    assert!(!mistakes.render(Style::Plain).contains('\u{1b}'));
}
