//! Real mounts, made in a mount namespace of its own: this test runs itself again in there. Where that is not allowed it
//! says why it was skipped.

use std::collections::HashMap;
use std::process::Command;

use crate::tree::{Below, keys, number};

const INSIDE: &str = "STREAMER_TEST_MOUNTED";

/// Runs `script`, which mounts things and ends with `"$@"`, in a namespace; `"$@"` is the test `name` once more.
fn inside(name: &str, unshare: &[&str], script: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let output = Command::new("unshare")
        .args(unshare)
        .args(["sh", "-c", &format!("set -e\nmount --make-rprivate /\n{script}\n\"$@\" || exit 99"), "sh"])
        .arg(test)
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, folder.path())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: no unshare: {error}");
            return true;
        }
    };
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_ne!(output.status.code(), Some(99), "{said}");
    if !output.status.success() {
        eprintln!("skipped with {unshare:?}: {said}");
    }
    output.status.success()
}

/// Five file systems with awkward names, on /root and in a folder of their own (the field case `mount-names`:
/// collectd/collectd#739, influxdata/telegraf#7428). `$1 $2 $3` of `put` are size, number and place.
const FIVE: &str = r#"
t=$STREAMER_TEST_MOUNTED
mkdir -p "$t/USB DISK" "$t/a_b" "$t/a/b" "$t/tab	x\134"
n=4
for at in /root "$t/USB DISK" "$t/a_b" "$t/a/b" "$t/tab	x\134"; do
  put; echo "$(stat -f -c '%b %S' "$at" | awk '{print $1*$2}')" >> "$t/sizes"; n=$((n+1))
done
"#;

#[test]
fn awkward_names_have_keys_of_their_own() {
    if let Some(folder) = std::env::var_os(INSIDE) {
        let folder = folder.into_string().unwrap();
        let sizes = std::fs::read_to_string(format!("{folder}/sizes")).unwrap();
        let sizes: Vec<f64> = sizes.lines().map(|line| line.parse().unwrap()).collect();
        let asked = std::env::var("STREAMER_TEST_OPTIONS").unwrap().replace("FOLDER", &folder);
        let (mut input, _bench) = Below::live(&asked);
        let round = input.round();
        let totals: Vec<&str> = keys(&round).into_iter().filter(|key| key.ends_with("_total_bytes")).collect();
        let mut found: HashMap<&str, f64> = totals.iter().map(|key| (*key, number(&round, key).unwrap())).collect();
        assert!(found.remove("disk_root_total_bytes").is_some_and(|size| !sizes.contains(&size)), "{found:?}");
        for size in &sizes {
            assert_eq!(found.values().filter(|total| *total == size).count(), 1, "{size} in {found:?}");
        }
        assert_eq!(sizes.len(), 5);
        assert!(!totals.iter().any(|key| key.contains('\\')), "{totals:?}");
        assert!(round.remarks().is_empty(), "{:?}", round.remarks());
        // The kernel says when its table changes. Others may mount and unmount meanwhile: only ours are looked at.
        let ours = |round: &streamer_plugin::Readings| {
            let totals = keys(round).into_iter().filter(|key| key.ends_with("_total_bytes"));
            totals.filter(|key| sizes.contains(&number(round, key).unwrap())).count()
        };
        assert_eq!(ours(&input.round()), 5);
        assert!(Command::new("umount").arg("/root").status().unwrap().success());
        assert_eq!(ours(&input.round()), 4);
        return;
    }
    let ext4 = "put() { truncate -s ${n}M \"$t/$n.img\"; mkfs.ext4 -q -F -m 0 -O ^has_journal \"$t/$n.img\"; \
                mount -o loop,ro \"$t/$n.img\" \"$at\"; }\nexport STREAMER_TEST_OPTIONS=\"collect = ['disk']\"";
    let name = "mounted::awkward_names_have_keys_of_their_own";
    if !inside(name, &["-m"], &format!("{ext4}{FIVE}")) {
        // Without the right to mount disks: memory, which has to be asked for.
        let tmpfs = "put() { mount -t tmpfs -o size=${n}m none \"$at\"; }\nexport STREAMER_TEST_OPTIONS=\"collect = ['disk']\n\
                     include_mounts = ['/', '/root', 'FOLDER/*']\"";
        inside(name, &["-r", "-m"], &format!("{tmpfs}{FIVE}"));
    }
}

/// A FUSE file system whose program never answers: what a dead NFS server is to `statvfs`.
#[test]
fn a_dead_mount_holds_up_nobody_and_costs_one_thread() {
    if std::env::var_os(INSIDE).is_some() {
        let (mut input, _bench) = Below::live("collect = ['disk_space', 'load']\nmount_timeout = '50ms'");
        let mut said = std::collections::HashSet::new();
        for _ in 0..20 {
            let round = input.round();
            assert!(number(&round, "disk_root_used_percent").is_some() && number(&round, "load1").is_some());
            assert!(!keys(&round).iter().any(|key| key.contains("hang")));
            assert_eq!(round.remarks().len(), 1);
            said.extend(round.remarks().iter().cloned());
            assert_eq!(threads_apart(), 1);
        }
        // The same words each time, so that they are logged once.
        assert_eq!(said.len(), 1);
        assert!(said.iter().all(|(topic, words)| topic.ends_with("/hang") && words.contains("does not answer")));
        return;
    }
    let fuse = "mkdir \"$STREAMER_TEST_MOUNTED/hang\"\nexec 3<>/dev/fuse\n\
                mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 dead \"$STREAMER_TEST_MOUNTED/hang\"";
    inside("mounted::a_dead_mount_holds_up_nobody_and_costs_one_thread", &["-m"], fuse);
}

fn threads_apart() -> usize {
    let names = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    names
        .filter(|task| std::fs::read_to_string(task.path().join("comm")).is_ok_and(|c| c.trim() == "system-apart"))
        .count()
}
