//! Every example is run, as it stands, against the scripted service: an ini file beside it says where that is.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod service;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use service::Service;

/// Runs an example in a folder of its own, with nothing in its home.
fn run(service: &Service, folder: &Path, name: &str, arguments: &[&str]) {
    service.access_key("YourAccessKey");
    let ini = format!("[isstreamer.api_config]\nstream_api_base: {}\n", service.base());
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
    let books = service.books();
    assert_eq!(books.buckets["Some_Bucket_Key"], "Some Bucket Name");
    assert_eq!((books.unique.len(), books.calls), (2, 2));
    assert!(books.bad.is_empty(), "{:?}", books.bad);
}

#[test]
fn buffer_and_flush() {
    let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
    service.most_events(10);
    run(&service, folder.path(), "buffer_and_flush", &[]);
    let books = service.books();
    assert_eq!((books.events.len(), books.calls), (400, 1 + 40));
}

#[test]
fn two_programs() {
    let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
    run(&service, folder.path(), "two_programs", &["kitchen"]);
    run(&service, folder.path(), "two_programs", &["cellar"]);
    let books = service.books();
    let keys: Vec<_> = books.events.iter().map(|(bucket, key, ..)| format!("{bucket} {key}")).collect();
    let expected = ["kitchen_load", "kitchen_started", "cellar_load", "cellar_started"];
    assert_eq!(keys, expected.map(|key| format!("all_my_machines {key}")));
}

#[test]
fn in_async() {
    let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
    run(&service, folder.path(), "in_async", &[]);
    let books = service.books();
    assert_eq!(books.unique.len(), 6);
    assert_eq!(books.events.last().unwrap().1, "done");
}
