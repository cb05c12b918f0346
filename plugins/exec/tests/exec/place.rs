//! The place in which a command works: environment, folder, input, descriptors, signals, user, memory.

use crate::bench::run;

fn value(toml: &str) -> String {
    let round = run(toml);
    assert_eq!(round.error(), "");
    round.lines.first().and_then(|line| line.strip_prefix("value ")).unwrap_or_default().to_owned()
}

#[test]
fn no_shell_reads_the_arguments() {
    assert_eq!(value("command = ['echo', '$HOME', '*', 'a  b', '${X}']"), "$HOME * a  b ${X}");
    assert_eq!(value("shell = 'X=5; echo $((X * 2)) | cat'"), "10");
}

#[test]
fn the_environment_is_the_agents_with_a_plain_locale() {
    assert_eq!(value("shell = 'echo $LC_ALL:$FOO:${PATH:+path}'\nenv = { FOO = 'a b' }"), "C:a b:path");
    assert_eq!(value("shell = 'echo $LC_ALL'\nenv = { LC_ALL = 'C.UTF-8' }"), "C.UTF-8");
    assert_eq!(value("shell = 'echo ${STREAMER_RUN:+marked}'"), "marked");
}

#[test]
fn a_program_is_looked_for_on_the_path_it_gets() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/bin/echo", dir.path().join("say")).unwrap();
    assert_eq!(value(&format!("command = ['say', 'hi']\nenv = {{ PATH = {:?} }}", dir.path().to_str().unwrap())), "hi");
}

#[test]
fn the_folder_is_the_one_that_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().canonicalize().unwrap();
    assert_eq!(value(&format!("command = ['pwd']\ncwd = {folder:?}")), folder.to_str().unwrap());
}

#[test]
fn its_input_is_at_its_end_and_nothing_of_ours_is_open() {
    assert_eq!(value("shell = 'cat; echo done'"), "done");
    // A descriptor that somebody here opened without closing it for others.
    let file = std::fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    // `ls` itself opens the folder.
    assert_eq!(value("shell = 'ls /proc/self/fd | sort -n | tr \"\\n\" \" \"'"), "0 1 2 3");
}

#[test]
fn it_leads_a_group_and_a_session_and_hears_all_signals() {
    let stat = value("command = ['cat', '/proc/self/stat']");
    let fields: Vec<_> = stat.split(' ').collect();
    assert_eq!((fields[0], fields[0]), (fields[4], fields[5]), "{stat}");
    let status = value("command = ['cat', '/proc/self/status']");
    for line in ["SigBlk:", "SigIgn:", "SigCgt:"] {
        let mask = status.lines().find_map(|l| l.strip_prefix(line)).unwrap().trim();
        // The C library keeps signals 32 and 33 to itself, so that nobody resets them.
        let mask = u64::from_str_radix(mask, 16).unwrap() & !(3 << 31);
        assert_eq!(mask, 0, "{line}");
    }
}

#[test]
fn another_user_has_all_its_groups_and_its_home() {
    if !rustix::process::geteuid().is_root() {
        let round = run("command = ['id']\nuser = 'nobody'");
        assert!(round.error().contains("only an agent of root"), "{}", round.error());
        return;
    }
    let said = value("shell = 'id -un; id -Gn | wc -w; echo $HOME; echo $USER'\nuser = 'nobody'");
    let groups = std::process::Command::new("id").args(["-Gn", "nobody"]).output().unwrap();
    let count = String::from_utf8(groups.stdout).unwrap().split_whitespace().count();
    assert_eq!(said, format!("nobody\n{count}\n/nonexistent\nnobody"));
}

#[test]
fn memory_has_a_bound() {
    let greedy = "command = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=300M', 'count=1']\nmemory = '100MB'";
    let round = run(greedy);
    assert!(round.error().contains("`memory` is too little"), "{}", round.error());
    assert_eq!(run(&greedy.replace("300M", "1M")).error(), "");
}
