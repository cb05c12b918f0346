//! Mounts below a tree, and traffic of their devices. Real mounts are in `mounted`.

use rustix::fs::statvfs;

use crate::tree::{Tree, keys, number};

const TABLE: &str = "1 0 179:2 / / rw - ext4 /dev/root rw\n2 1 8:1 / /media/USB\\040DISK rw - vfat /dev/sda1 rw\n";

fn stats(lines: &[(&str, [u64; 5])]) -> String {
    let line = |(device, [reads, read, writes, written, busy]): &(&str, [u64; 5])| {
        format!("{device} {reads} 7 {read} 9 {writes} 11 {written} 13 0 {busy} 15 0 0 0 0\n")
    };
    lines.iter().map(line).collect()
}

#[test]
fn space_is_what_the_file_system_says() {
    let tree = Tree::empty();
    tree.file("proc/self/mountinfo", TABLE).file("media/USB DISK/x", "");
    let told = statvfs(tree.path("")).unwrap();
    let round = tree.first("collect = ['disk']");
    #[expect(clippy::cast_precision_loss, reason = "compared with the same")]
    let total = Some((told.f_blocks * told.f_frsize) as f64);
    // Both lie on the disk of this test.
    assert_eq!(number(&round, "disk_root_total_bytes"), total);
    assert_eq!(number(&round, "disk_media_USB_DISK_total_bytes"), total);
    let used = number(&round, "disk_root_used_bytes").unwrap();
    let available = number(&round, "disk_root_available_bytes").unwrap();
    let share = number(&round, "disk_root_used_percent").unwrap();
    assert!((share - 100.0 * used / (used + available)).abs() < 0.01);
    // A mount point that a recorded tree does not have is left out in silence.
    tree.remove("media");
    let round = tree.first("collect = ['disk_space']");
    assert!(keys(&round).iter().all(|key| key.starts_with("disk_root_")) && round.remarks().is_empty());
    assert_eq!(keys(&tree.first("collect = ['disk_space']\nexclude_mounts = ['/']")), [""; 0]);
}

#[test]
fn traffic_is_told_by_mount_and_survives_wraps() {
    let tree = Tree::empty();
    tree.file("proc/self/mountinfo", TABLE);
    let root = "179 2 mmcblk0p2";
    tree.file(
        "proc/diskstats",
        stats(&[("179 0 mmcblk0", [1, 1, 1, 1, 1]), (root, [100, 800, 10, 4_294_967_290, 500])]),
    );
    let mut input = tree.input("collect = ['disk_io']");
    assert!(input.round().is_empty());
    // 32 bits of sectors wrap (old kernels, 32-bit machines): 6 + 14 sectors.
    tree.wait(2.0).file("proc/diskstats", stats(&[(root, [104, 816, 12, 14, 900]), ("8 1 sda1", [9, 9, 9, 9, 9])]));
    let round = input.round();
    assert_eq!(
        round.lines(),
        [
            "disk_root_read_bytes_per_s 4096",
            "disk_root_write_bytes_per_s 5120",
            "disk_root_reads_per_s 2",
            "disk_root_writes_per_s 1",
            "disk_root_busy_percent 20",
        ]
    );
    // Another disk under the same number: all counters fell. And a busy time longer than the time is 100 per cent.
    tree.wait(1.0).file("proc/diskstats", stats(&[(root, [1, 8, 0, 0, 3]), ("8 1 sda1", [9, 9, 9, 9, 1109])]));
    let round = input.round();
    assert!(keys(&round).iter().all(|key| key.starts_with("disk_media_USB_DISK_")), "{:?}", keys(&round));
    assert_eq!(number(&round, "disk_media_USB_DISK_busy_percent"), Some(100.0));
}

#[test]
fn old_kernels_have_four_columns_for_a_partition() {
    let tree = Tree::empty();
    tree.file("proc/self/mountinfo", "1 0 3:1 / / rw - ext3 /dev/hda1 rw\n")
        .file("proc/diskstats", "3 1 hda1 1 8 2 16\n");
    let round = tree.second("collect = ['disk_io']", 1.0, |tree| {
        tree.file("proc/diskstats", "3 1 hda1 2 16 4 32\nshort 1\n3\n");
    });
    assert_eq!(number(&round, "disk_root_read_bytes_per_s"), Some(4096.0));
    assert_eq!(number(&round, "disk_root_writes_per_s"), Some(2.0));
    assert_eq!(number(&round, "disk_root_busy_percent"), None);
}

#[test]
fn a_file_system_with_a_number_of_its_own_is_found_by_its_device() {
    let tree = Tree::empty();
    tree.file(
        "proc/self/mountinfo",
        "1 0 0:35 /@ / rw - btrfs /dev/nvme0n1p2 rw,subvol=/@\n2 1 0:35 /@home /home rw - btrfs /dev/nvme0n1p2 rw\n",
    );
    tree.file("proc/diskstats", stats(&[("259 2 nvme0n1p2", [0, 0, 0, 0, 0])]));
    let round = tree.second("collect = ['disk_io']", 1.0, |tree| {
        tree.file("proc/diskstats", stats(&[("259 2 nvme0n1p2", [1, 2, 3, 4, 5])]));
    });
    assert_eq!(number(&round, "disk_root_read_bytes_per_s"), Some(1024.0));
    assert!(keys(&round).iter().all(|key| key.starts_with("disk_root_")));
}

#[test]
fn mounts_that_come_and_go_are_followed() {
    let tree = Tree::empty();
    tree.file("proc/self/mountinfo", TABLE).file("media/USB DISK/x", "");
    let mut input = tree.input("collect = ['disk_space']");
    assert_eq!(input.round().items().len(), 10);
    tree.file("proc/self/mountinfo", TABLE.lines().next().unwrap());
    assert_eq!(input.round().items().len(), 5);
    tree.file("proc/self/mountinfo", TABLE);
    assert_eq!(input.round().items().len(), 10);
    // In a container the table of the host's first process is the one that fits its files.
    tree.file("proc/1/mountinfo", TABLE.lines().next().unwrap());
    assert_eq!(input.round().items().len(), 5);
}
