//! Thousands of files, with a bounded number of open ones.

use std::fs;

use crate::ground::Ground;

#[test]
fn two_thousand_files_need_few_handles() {
    let ground = Ground::new(&["**/*.log"], "from = \"start\"");
    for folder in 0..4 {
        fs::create_dir(ground.path(&format!("{folder}"))).unwrap();
        for file in 0..500 {
            ground.write(&format!("{folder}/{file}.log"), format!("{folder} {file}\n"));
        }
    }
    let before = handles(&ground);
    assert_eq!(before, 0);
    let running = ground.start();
    ground.wait(2000);
    let held = handles(&ground);
    assert!(held <= 140, "{held} files are held open");
    // One that is not held open is found again when it is renamed.
    for file in ["0/7.log", "1/499.log", "3/3.log"] {
        ground.append(file, "end\n");
        ground.rename(file, &format!("{file}.1"));
    }
    ground.wait(2003);
    running.stop();
    assert_eq!(ground.heard.lines().len(), 2003);
    assert_eq!(ground.counted("lost_at_source"), 0);
}

/// How many files below the ground this process holds open.
fn handles(ground: &Ground) -> usize {
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.filter(|entry| fs::read_link(entry.path()).is_ok_and(|to| to.starts_with(ground.folder.path()))).count()
}
