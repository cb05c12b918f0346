//! Rotation by rename, by copy and truncation, by making anew; seen and unseen; and what is there after a restart.

use std::fs;
use std::io::Write;
use std::time::Duration;

use crate::ground::{Ground, lines};

const START: &str = "from = \"start\"";

#[test]
fn what_was_there_is_read_once_and_what_comes_is_read_on() {
    let ground = Ground::new(&["app.log"], START);
    ground.write("app.log", "one\ntwo\n");
    let running = ground.start();
    ground.wait(2);
    ground.append("app.log", "three\n");
    ground.wait(3);
    running.stop();
    ground.append("app.log", "four\n");
    assert_eq!(ground.run(4), lines(&["one", "two", "three", "four"]));
    // A new start with nothing new repeats nothing.
    ground.append("app.log", "five\n");
    assert_eq!(ground.run(5), lines(&["one", "two", "three", "four", "five"]));
}

#[test]
fn from_the_end_only_what_is_written_afterwards() {
    let ground = Ground::new(&["*.log"], "");
    ground.write("app.log", "old\nhalf of a ");
    let running = ground.start();
    ground.wait_until("a place", || ground.places().len() == 1);
    ground.append("app.log", "line\n");
    // What appears later is new from its first line on.
    ground.write("new.log", "first\n");
    ground.wait(2);
    running.stop();
    assert_eq!(ground.sorted(), lines(&["first", "half of a line"]));
    // And what came while nobody was following is not skipped: the file was seen before.
    ground.append("app.log", "meanwhile\n");
    ground.run(3);
    assert_eq!(ground.sorted(), lines(&["first", "half of a line", "meanwhile"]));
}

#[test]
fn an_empty_file_begun_at_its_end_is_known_after_a_restart() {
    let ground = Ground::new(&["app.log"], "");
    ground.write("app.log", "");
    let running = ground.start();
    ground.wait_until("a place", || ground.places().len() == 1);
    running.stop();
    ground.append("app.log", "one\n");
    assert_eq!(ground.run(1), lines(&["one"]));
}

#[test]
fn a_renamed_file_is_read_to_its_end_and_left_when_it_is_silent() {
    let ground = Ground::new(&["app.log"], START);
    let mut writer = ground.open("app.log");
    let running = ground.start();
    writer.write_all(b"one\n").unwrap();
    ground.wait(1);
    ground.rename("app.log", "app.log.1");
    ground.write("app.log", "new one\n");
    ground.wait(2);
    writer.write_all(b"two\n").unwrap();
    ground.wait(3);
    // Within the silence it is still followed, behind it it is not.
    ground.bench.hand.advance(Duration::from_secs(20));
    writer.write_all(b"three\n").unwrap();
    ground.wait(4);
    ground.bench.hand.advance(Duration::from_secs(31));
    ground.append("app.log", "new two\n");
    ground.wait(5);
    running.stop();
    assert_eq!(ground.sorted(), lines(&["new one", "new two", "one", "three", "two"]));
}

#[test]
fn a_deleted_file_is_read_to_its_end_through_its_handle() {
    let ground = Ground::new(&["app.log"], START);
    let mut writer = ground.open("app.log");
    writer.write_all(b"one\n").unwrap();
    let running = ground.start();
    ground.wait(1);
    fs::remove_file(ground.path("app.log")).unwrap();
    writer.write_all(b"two\n").unwrap();
    ground.wait(2);
    ground.write("app.log", "three\n");
    ground.wait(3);
    running.stop();
    assert_eq!(ground.heard.lines(), lines(&["one", "two", "three"]));
}

#[test]
fn rotated_twice_within_one_look() {
    let ground = Ground::new(&["app.log"], "from = \"start\"\npoll = \"200ms\"");
    ground.write("app.log.1", "long ago\n");
    ground.write("app.log", "one\n");
    let running = ground.start();
    ground.wait(1);
    for text in ["two\n", "three\n", "four\n"] {
        ground.append("app.log", "more\n");
        for number in (1..5).rev() {
            if ground.path(&format!("app.log.{number}")).exists() {
                ground.rename(&format!("app.log.{number}"), &format!("app.log.{}", number + 1));
            }
        }
        ground.rename("app.log", "app.log.1");
        ground.write("app.log", text);
    }
    ground.wait(7);
    running.stop();
    assert_eq!(ground.heard.lines(), lines(&["one", "more", "two", "more", "three", "more", "four"]));
}

#[test]
fn rotated_while_stopped_once_and_often() {
    for times in 1..4 {
        let ground = Ground::new(&["app.log"], START);
        ground.write("app.log.1", "long ago\n");
        ground.write("app.log", "one\n");
        ground.run(1);
        ground.append("app.log", "end of one\n");
        for number in 0..times {
            for old in (1..6).rev().filter(|old| ground.path(&format!("app.log.{old}")).exists()) {
                ground.rename(&format!("app.log.{old}"), &format!("app.log.{}", old + 1));
            }
            ground.rename("app.log", "app.log.1");
            ground.write("app.log", format!("new {number}\n"));
        }
        ground.run(2 + times);
        let mut wanted = lines(&["one", "end of one"]);
        wanted.extend((0..times).map(|number| format!("line new {number}")));
        assert_eq!(ground.heard.lines(), wanted, "{times} times");
    }
}

#[test]
fn copied_and_truncated_with_lines_that_nobody_had_read() {
    for glob in ["app.log", "app.log*"] {
        let ground = Ground::new(&[glob], START);
        ground.write("app.log", "one\n");
        ground.run(1);
        ground.append("app.log", "two\n");
        ground.copy_and_truncate("app.log", "app.log.1");
        ground.append("app.log", "three\n");
        ground.run(3);
        assert_eq!(ground.heard.lines(), lines(&["one", "two", "three"]), "{glob}");
        assert_eq!(ground.counted("lost_at_source"), 0);
    }
}

#[test]
fn copied_and_truncated_while_running_and_the_copy_matches_the_glob() {
    for glob in ["app.log", "app.log*"] {
        let ground = Ground::new(&[glob], START);
        ground.write("app.log", "one\n");
        let running = ground.start();
        ground.wait(1);
        ground.append("app.log", "two\n");
        ground.copy_and_truncate("app.log", "app.log-20260101");
        ground.append("app.log", "three\n");
        ground.wait(3);
        ground.append("app.log", "four\n");
        ground.wait(4);
        running.stop();
        ground.append("app.log", "five\n");
        ground.run(5);
        assert_eq!(ground.heard.lines(), lines(&["one", "two", "three", "four", "five"]), "{glob}");
    }
}

#[test]
fn a_copy_that_stays_one_is_not_read_again() {
    let ground = Ground::new(&["app.log*"], START);
    ground.write("app.log", "one\ntwo\n");
    let running = ground.start();
    ground.wait(2);
    fs::copy(ground.path("app.log"), ground.path("app.log.bak")).unwrap();
    ground.append("app.log", "three\n");
    ground.wait(3);
    ground.bench.hand.advance(Duration::from_secs(31));
    ground.append("app.log", "four\n");
    ground.wait(4);
    running.stop();
    ground.append("app.log", "five\n");
    assert_eq!(ground.run(5), lines(&["one", "two", "three", "four", "five"]));
}

#[test]
fn a_file_that_shrinks_and_grows_within_one_look_is_begun_anew() {
    let ground = Ground::new(&["app.log"], "from = \"start\"\npoll = \"100ms\"");
    ground.write("app.log", "one\ntwo\n");
    let running = ground.start();
    ground.wait(2);
    // As long as before, longer, and shorter than before.
    for (text, count) in [("six\nten\n", 4), ("eleven\ntwelve\nthirteen\n", 7), ("z\n", 8)] {
        ground.write("app.log", text);
        ground.wait(count);
    }
    running.stop();
    assert_eq!(ground.heard.lines(), lines(&["one", "two", "six", "ten", "eleven", "twelve", "thirteen", "z"]));
}

#[test]
fn the_hole_that_truncation_leaves_is_passed_over() {
    let ground = Ground::new(&["app.log"], START);
    // A writer that does not append goes on where it was.
    let mut writer = fs::File::create(ground.path("app.log")).unwrap();
    writer.write_all(&b"0123456789abcde\n".repeat(40_000)).unwrap();
    let running = ground.start();
    ground.wait(40_000);
    fs::File::options().write(true).open(ground.path("app.log")).unwrap().set_len(0).unwrap();
    writer.write_all(b"behind the hole\n").unwrap();
    ground.wait(40_001);
    fs::File::options().write(true).open(ground.path("app.log")).unwrap().set_len(0).unwrap();
    writer.write_all(b"behind another\n").unwrap();
    let all = ground.wait(40_002);
    running.stop();
    assert_eq!(all[40_000..], lines(&["behind the hole", "behind another"]));
    assert_eq!(ground.counted("hole"), 2);
}

#[test]
fn an_inode_used_again_does_not_take_the_place_along() {
    let ground = Ground::new(&["*.log"], START);
    ground.write("a.log", "same head\none\n");
    ground.run(2);
    let old = ground.inode("a.log");
    // Where the file system gives the inode out again at once, this is that case; else it is a new file all the same.
    fs::remove_file(ground.path("a.log")).unwrap();
    ground.write("a.log", "same head\nother\nand more than before\n");
    let _reused = ground.inode("a.log") == old;
    assert_eq!(ground.run(5)[2..], lines(&["same head", "other", "and more than before"]));
    // In place, so that the inode is certainly the same: cut off and written anew while nobody was looking.
    ground.write("a.log", "same head\nthird\nand much more than ever before\n");
    assert_eq!(ground.run(8)[5..], lines(&["same head", "third", "and much more than ever before"]));
}

#[test]
fn a_long_common_head_does_not_hide_that_a_file_is_another_one() {
    let ground = Ground::new(&["a.log"], START);
    let head = "# the same words in every file\n".repeat(100);
    ground.write("a.log", format!("{head}first\n"));
    ground.run(101);
    ground.write("a.log", format!("{head}other\nmore\n"));
    ground.run(203);
    assert_eq!(ground.heard.lines()[201..], lines(&["other", "more"]));
}

#[test]
fn replaced_at_one_stroke_by_a_file_made_beside() {
    let ground = Ground::new(&["app.log"], START);
    ground.write("app.log", "one\n");
    let running = ground.start();
    ground.wait(1);
    ground.write("app.new", "two\nthree\n");
    ground.rename("app.new", "app.log");
    ground.wait(3);
    running.stop();
    assert_eq!(ground.heard.lines(), lines(&["one", "two", "three"]));
}

#[test]
fn a_renamed_file_that_the_glob_still_finds_is_read_once() {
    let ground = Ground::new(&["app*.log*"], START);
    ground.write("app.log", "one\n");
    let running = ground.start();
    ground.wait(1);
    ground.append("app.log", "two\n");
    ground.rename("app.log", "app-20260101.log");
    ground.wait(2);
    ground.write("app.log", "three\n");
    ground.wait(3);
    running.stop();
    ground.rename("app-20260101.log", "app-20260101.log.old");
    ground.append("app.log", "four\n");
    assert_eq!(ground.run(4), lines(&["one", "two", "three", "four"]));
}

#[test]
fn what_was_compressed_meanwhile_is_caught_up_with_when_asked() {
    let pack = |ground: &Ground, from: &str, to: &str| {
        let mut packed =
            flate2::write::GzEncoder::new(fs::File::create(ground.path(to)).unwrap(), flate2::Compression::fast());
        packed.write_all(&fs::read(ground.path(from)).unwrap()).unwrap();
        let file = packed.finish().unwrap();
        file.set_modified(fs::metadata(ground.path(from)).unwrap().modified().unwrap()).unwrap();
        fs::remove_file(ground.path(from)).unwrap();
    };
    for (asked, wanted) in [(true, vec!["one", "two", "three", "four", "five"]), (false, vec!["one", "five"])] {
        let ground = Ground::new(&["app.log*"], &format!("from = \"start\"\nrotated_gzip = {asked}"));
        ground.write("app.log", "one\n");
        ground.run(1);
        ground.append("app.log", "two\nthree\n");
        pack(&ground, "app.log", "app.log.2.gz");
        ground.write("app.log", "four\n");
        pack(&ground, "app.log", "app.log.1.gz");
        ground.write("app.log", "five\n");
        ground.run(wanted.len());
        assert_eq!(ground.heard.lines(), lines(&wanted));
        // And not once more.
        ground.append("app.log", "six\n");
        ground.run(wanted.len() + 1);
        assert_eq!(ground.heard.lines().last().unwrap(), "line six");
        assert_eq!(ground.heard.lines().len(), wanted.len() + 1);
    }
}

#[test]
fn a_file_made_with_a_delay_after_its_rotation() {
    let ground = Ground::new(&["app.log"], "");
    ground.write("app.log", "old\n");
    let running = ground.start();
    ground.wait_until("a place", || ground.places().len() == 1);
    ground.append("app.log", "one\n");
    ground.wait(1);
    ground.rename("app.log", "app.log.1");
    ground.append("app.log.1", "two\n");
    ground.wait(2);
    ground.bench.hand.advance(Duration::from_secs(31));
    running.stop();
    // Made only now, while nobody looks: by a path that was followed before, so all of it is new.
    ground.write("app.log", "three\n");
    assert_eq!(ground.run(3), lines(&["one", "two", "three"]));
}

#[test]
fn places_of_files_that_are_gone_are_forgotten_after_a_while() {
    let ground = Ground::new(&["*.log"], "from = \"start\"\nforget_after = \"2d\"");
    ground.write("a.log", "one\n");
    ground.write("b.log", "two\n");
    ground.run(2);
    assert_eq!(ground.places().len(), 2);
    fs::remove_file(ground.path("a.log")).unwrap();
    ground.append("b.log", "three\n");
    ground.run(3);
    assert_eq!(ground.places().len(), 2, "it may come back: a disk that is not there");
    assert!(fs::read_dir(ground.state()).unwrap().count() > 0, "since when it is away is kept");
    ground.bench.hand.advance(Duration::from_secs(3 * 86_400));
    ground.append("b.log", "four\n");
    ground.run(4);
    assert_eq!(ground.places().len(), 1);
    assert!(ground.places()[0].0.ends_with("b.log"));
}
