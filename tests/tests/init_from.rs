//! `streamer init --from isstreamer.ini`: the configuration that means the same, each line with its origin.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use streamer_tests::program::Home;
use streamer_tests::server::{Server, Settings};

/// The text that a file becomes, and what was said about it.
fn made(ini: &[u8]) -> (String, String, Home) {
    let home = Home::new();
    std::fs::write(home.path("isstreamer.ini"), ini).unwrap();
    std::fs::set_permissions(home.path("isstreamer.ini"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let done = home.run(&["init", "--from", "isstreamer.ini"]).expect_code(0);
    (std::fs::read_to_string(home.path("streamer.toml")).unwrap(), done.stderr, home)
}

#[test]
fn the_key_stays_where_it_is_and_the_service_gets_it() {
    let server = Server::start(Settings::default()).unwrap();
    let ini = format!(
        "[isstreamer.client_config]\naccess_key: ist_exampleKEY123 # my own key goes here\n\
         default_bucket: Pump #2 (shed; north)\n[isstreamer.api_config]\nstream_api_base: {}\n",
        server.url()
    );
    let (text, said, home) = made(ini.as_bytes());
    assert!(!text.contains("ist_exampleKEY123") && !said.contains("ist_exampleKEY123"), "{text}");
    for words in
        ["isstreamer.ini:2, access_key", "isstreamer.ini:3, default_bucket", "isstreamer.ini:5, stream_api_base"]
    {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    home.run(&["check"]).expect_code(0);
    home.run(&["run", "--once"]).expect_code(0);
    let report = server.report();
    assert_eq!(report.buckets[0].name, "Pump #2 (shed; north)");
    assert_eq!(report.buckets[0].access_key, "ist_exampleKEY123");
    assert!(report.counts.stored > 0);
}

#[test]
fn a_mark_names_in_any_case_indentation_and_an_offline_client() {
    let ini = b"\xEF\xBB\xBF# from an old machine\r\n[ISStreamer.Client_Config]\r\n  Access_Key = ist_K\r\n\
                OFFLINE_MODE: Yes\r\noffline_file = ./kitchen\r\nDefault_Bucket = K\xC3\xBCche \"oben\"\r\ndebug_level: 1\r\n";
    let (text, _, home) = made(ini);
    for words in ["isstreamer.ini:3, access_key", "isstreamer.ini:4, offline_mode", "isstreamer.ini:6, default_bucket"]
    {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    // Offline means: no output but the file, which is called as the client called it.
    assert!(text.contains("path = \"./kitchen.csv\"") && text.contains("\n#[outputs.initial_state]"), "{text}");
    assert!(text.contains("name = \"Küche \\\"oben\\\"\"") && text.contains("[taps.stdout]"), "{text}");
    home.run(&["check"]).expect_code(0);
    home.run(&["run", "--once"]).expect_code(0);
    assert!(std::fs::read_to_string(home.path("kitchen.csv")).is_ok_and(|rows| rows.lines().count() > 3));
}

#[test]
fn what_is_not_known_is_told_with_its_line_and_never_with_its_value() {
    let (text, said, _) =
        made(b"[isstreamer.client_config]\nacess_key: ist_SECRET\nbuffer_size: 200\n\n[other]\nx: y\n");
    assert!(said.contains("isstreamer.ini:2: acess_key is not known"), "{said}");
    assert!(said.contains("[other] is not known"), "{said}");
    assert!(!said.contains("SECRET") && !text.contains("SECRET"), "{said}{text}");
    assert!(text.contains("has no access_key") && text.contains("buffer_size = 200"), "{text}");
}

#[test]
fn nothing_is_overwritten_and_what_cannot_be_read_makes_no_file() {
    let home = Home::with_config("# mine\n");
    std::fs::write(home.path("a.ini"), "[isstreamer.client_config]\ndefault_bucket: A\n").unwrap();
    std::fs::write(home.path("b.ini"), "[isstreamer.client_config]\n\noffline_mode: perhaps\n").unwrap();
    let refused = home.run(&["init", "--from", "a.ini"]).expect_code(1);
    assert!(refused.stderr.contains("is there already"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(home.path("streamer.toml")).unwrap(), "# mine\n");
    let wrong = home.run(&["init", "--from", "b.ini", "new.toml"]).expect_code(2);
    assert!(wrong.stderr.contains("b.ini:3: offline_mode is \"perhaps\""), "{}", wrong.stderr);
    let missing = home.run(&["init", "--from", "none.ini", "new.toml"]).expect_code(2);
    assert!(missing.stderr.contains("none.ini"), "{}", missing.stderr);
    assert!(!home.path("new.toml").exists());
    let shown = home.run(&["init", "--from", "a.ini", "-"]).expect_code(0).stdout;
    assert!(shown.contains("[buckets.\"a\"]\n# a.ini:2, default_bucket\nname = \"A\""), "{shown}");
}
