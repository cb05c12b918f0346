//! Every example is run, as it stands, against the scripted service: an ini file beside it says where that is.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod service;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use service::Service;

/// Runs an example in a folder of its own, with nothing in its home.
fn run(service: &Service, folder: &Path, name: &str, arguments: &[&str]) {
    service.change(|settings| settings.access_key = Some("YourAccessKey".to_owned()));
    let ini = format!("[isstreamer.api_config]\nstream_api_base: {}\n", service.url());
    fs::write(folder.join("isstreamer.ini"), ini).unwrap();
    let output = Command::new(built(name)).args(arguments).current_dir(folder).env("HOME", folder).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}

/// Where the build has put it: beside this test's own folder. `cargo test --test examples` alone does not build them.
fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let example = own.ancestors().nth(2).unwrap().join("examples").join(name);
    if !example.exists() {
        let build = ["build", "--quiet", "--package", "streamer", "--example", name];
        assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
    }
    example
}

#[test]
fn ten_lines() {
    let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
    run(&service, folder.path(), "ten_lines", &[]);
    let report = service.report();
    assert_eq!((&*report.buckets[0].key, &*report.buckets[0].name), ("Some_Bucket_Key", "Some Bucket Name"));
    assert_eq!((report.counts.unique, report.counts.requests), (2, 2));
    assert!(report.counts.warnings.is_empty(), "{:?}", report.counts);
}

#[test]
fn buffer_and_flush() {
    let service = Service::set_up(|settings| settings.max_events = 10);
    let folder = tempfile::tempdir().unwrap();
    run(&service, folder.path(), "buffer_and_flush", &[]);
    assert_eq!((service.counts().stored, service.counts().requests), (400, 1 + 40));
}

#[test]
fn two_programs() {
    let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
    run(&service, folder.path(), "two_programs", &["kitchen"]);
    run(&service, folder.path(), "two_programs", &["cellar"]);
    let keys: Vec<_> = service.events("all_my_machines").into_iter().map(|event| event.key).collect();
    assert_eq!(keys, ["kitchen_load", "kitchen_started", "cellar_load", "cellar_started"]);
}

#[test]
fn in_async() {
    let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
    run(&service, folder.path(), "in_async", &[]);
    let report = service.report();
    assert_eq!(report.counts.unique, 6);
    assert_eq!(report.buckets[0].events.last().unwrap().key, "done");
}
