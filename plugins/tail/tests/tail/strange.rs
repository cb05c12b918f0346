//! What is no plain log: broken bytes, endless lines, directories, pipes, files that may not be read.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use crate::ground::{Ground, lines};

const START: &str = "from = \"start\"";

#[test]
fn broken_bytes_are_replaced_counted_and_said_once() {
    let ground = Ground::new(&["a.log"], START);
    ground.write("a.log", b"a\xffb\nfine\nx\0y\nc\xfe\r\n\xef\xbb\xbfmark\n\n\nlast\n");
    let all = ground.run(6);
    assert_eq!(all, lines(&["a\u{fffd}b", "fine", "x\u{fffd}y", "c\u{fffd}", "mark", "last"]));
    assert_eq!((ground.counted("invalid_utf8"), ground.counted("nul")), (2, 1));
    let said = ground.heard.remarks().iter().filter(|(_, words)| words.contains("UTF-8")).count();
    assert_eq!(said, 1);
}

#[test]
fn a_line_without_an_end_waits_for_it() {
    let ground = Ground::new(&["a.log"], START);
    ground.write("a.log", "one\nhalf");
    let running = ground.start();
    ground.wait(1);
    ground.bench.hand.advance(Duration::from_secs(31));
    ground.wait_counted("unfinished", 1);
    running.stop();
    ground.append("a.log", " and half\n");
    assert_eq!(ground.run(2), lines(&["one", "half and half"]));
    assert_eq!(ground.counted("unfinished"), 1);
}

#[test]
fn a_line_of_ten_megabytes_is_cut_and_the_next_one_is_whole() {
    let ground = Ground::new(&["a.log"], "from = \"start\"\nmax_line = \"4KB\"\nformat = \"key_value\"");
    let mut writer = ground.open("a.log");
    let running = ground.start();
    writer.write_all(b"a=1 ").unwrap();
    for _ in 0..100 {
        writer.write_all(&[b'x'; 100_000]).unwrap();
    }
    writer.write_all(b"\nb=2\n").unwrap();
    // One that fits into one read and is too long all the same.
    writer.write_all(format!("c=3 {}\nd=4\n", "y".repeat(5000)).as_bytes()).unwrap();
    ground.wait(4);
    running.stop();
    assert_eq!(ground.heard.lines(), ["a 1", "b 2", "c 3", "d 4"]);
    assert_eq!(ground.counted("line_cut"), 2);
    ground.append("a.log", "e=5\n");
    assert_eq!(ground.run(5)[4], "e 5");
}

#[test]
fn an_endless_line_is_read_again_after_a_restart_and_costs_nothing_twice() {
    let ground = Ground::new(&["a.log"], "from = \"start\"\nmax_line = \"1KB\"");
    ground.write("a.log", format!("one\n{}", "x".repeat(1_000_000)));
    ground.run(1);
    ground.append("a.log", "\ntwo\n");
    let all = ground.run(3);
    assert_eq!(all[1], format!("line {}", "x".repeat(1024)));
    assert_eq!(all[2], "line two");
}

#[test]
fn what_is_no_file_is_counted_said_once_and_passed_over() {
    let ground = Ground::new(&["*.log", "missing.log"], START);
    fs::create_dir(ground.path("folder.log")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        ground.path("pipe.log"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    symlink("nowhere", ground.path("dangling.log")).unwrap();
    ground.write("a.log", "one\n");
    let running = ground.start();
    ground.wait(1);
    ground.append("a.log", "two\n");
    ground.wait(2);
    ground.write("missing.log", "three\n");
    ground.wait(3);
    running.stop();
    assert_eq!((ground.counted("directory"), ground.counted("no_file")), (1, 1));
    let remarks = ground.heard.remarks();
    assert_eq!(remarks.iter().filter(|(_, words)| words.contains("folder.log")).count(), 1, "{remarks:?}");
    assert_eq!(remarks.iter().filter(|(_, words)| words.contains("missing.log")).count(), 1, "{remarks:?}");
}

#[test]
fn links_of_either_kind_lead_to_one_file() {
    let ground = Ground::new(&["*.log"], START);
    ground.write("real.txt", "one\n");
    symlink("real.txt", ground.path("a.log")).unwrap();
    symlink("real.txt", ground.path("b.log")).unwrap();
    fs::hard_link(ground.path("real.txt"), ground.path("c.log")).unwrap();
    let running = ground.start();
    ground.wait(1);
    ground.append("real.txt", "two\n");
    ground.wait(2);
    // A link that leads elsewhere from now on.
    ground.write("next.txt", "three\n");
    symlink("next.txt", ground.path("a.new")).unwrap();
    ground.rename("a.new", "a.log");
    ground.wait(3);
    running.stop();
    assert_eq!(ground.heard.lines(), lines(&["one", "two", "three"]));
}

#[test]
fn a_file_that_may_not_be_read_is_taken_up_once_it_may() {
    let ground = Ground::new(&["*.log"], START);
    ground.write("a.log", "one\n");
    ground.write("b.log", "two\n");
    fs::set_permissions(ground.path("a.log"), fs::Permissions::from_mode(0o0)).unwrap();
    if fs::File::open(ground.path("a.log")).is_ok() {
        // Who may do everything is refused nothing, and then there is nothing to see here.
        return;
    }
    let running = ground.start();
    ground.wait(1);
    ground.wait_counted("no_permission", 1);
    fs::set_permissions(ground.path("a.log"), fs::Permissions::from_mode(0o600)).unwrap();
    ground.wait(2);
    running.stop();
    assert_eq!(ground.sorted(), lines(&["one", "two"]));
    assert_eq!(ground.counted("no_permission"), 1);
}

#[test]
fn while_there_is_no_room_nothing_is_read_and_nothing_lost() {
    let ground = Ground::new(&["a.log"], START);
    ground.write("a.log", "one\n");
    let running = ground.start();
    ground.wait(1);
    ground.heard.fill(true);
    ground.append("a.log", "two\n");
    ground.rename("a.log", "a.log.1");
    ground.write("a.log", "three\n");
    ground.heard.fill(false);
    ground.wait(3);
    running.stop();
    assert_eq!(ground.sorted(), lines(&["one", "three", "two"]));
}

#[test]
fn lines_that_belong_together_are_one_record() {
    let ground = Ground::new(&["a.log"], "from = \"start\"\nmultiline = { continues = '^\\s' }");
    ground.write("a.log", "error\n  at one\n  at two\nnext\n  more of next\n");
    let running = ground.start();
    ground.wait(1);
    assert_eq!(ground.heard.lines(), ["line error\n  at one\n  at two"]);
    // It may still go on: only silence ends the last record.
    ground.bench.hand.advance(Duration::from_secs(6));
    ground.wait(2);
    running.stop();
    assert_eq!(ground.heard.lines()[1], "line next\n  more of next");
    ground.append("a.log", "third\n");
    let running = ground.start();
    ground.append("a.log", "fourth\n");
    ground.wait(3);
    // Stopped before the silence: the record is read again as a whole after the next start.
    running.stop();
    ground.append("a.log", " of several lines\nfifth\n");
    let running = ground.start();
    ground.wait(4);
    running.stop();
    assert_eq!(ground.heard.lines()[2..], ["line third", "line fourth\n of several lines"]);
}
