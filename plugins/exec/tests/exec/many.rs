//! Many runs leave no zombie, no descriptor and no thread.

use std::time::Duration;

use crate::bench::{ask, eventually, sampler, zombies};

#[test]
fn no_zombie_after_thousands_of_runs() {
    // 2,000 in all, four at a time.
    let workers: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                let mut input = sampler("command = ['/bin/true']\nexit_code = 'code'\nformat = 'line'");
                for _ in 0..500 {
                    let round = ask(&mut *input, Duration::from_secs(60));
                    assert_eq!((round.lines, round.error), (vec!["code 0".to_owned()], None));
                }
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    eventually("nothing dead is left", || zombies().is_empty());
}

#[test]
fn no_zombie_of_strays_either() {
    let mut input =
        sampler("shell = 'for n in 1 2 3; do (setsid sh -c \"sleep 0.01\" >/dev/null 2>&1 &) ; done; echo 1'");
    for _ in 0..30 {
        assert_eq!(ask(&mut *input, Duration::from_secs(60)).lines, ["value 1"]);
    }
    eventually("nothing dead is left", || zombies().is_empty());
}

#[test]
fn failures_leave_no_descriptor_open() {
    let open = || {
        std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .flatten()
            .filter(|e| std::fs::read_link(e.path()).is_ok_and(|link| link.to_string_lossy().contains("unlikely-name")))
            .count()
    };
    let dir = tempfile::Builder::new().prefix("unlikely-name").tempdir().unwrap();
    let mut inputs: Vec<_> =
        ["['/no/such']", "['/bin/false']"].map(|c| sampler(&format!("command = {c}\ncwd = {:?}", dir.path()))).into();
    for _ in 0..200 {
        for input in &mut inputs {
            assert!(ask(&mut **input, Duration::from_secs(60)).error.is_some());
        }
    }
    assert_eq!(open(), 0);
    eventually("nothing dead is left", || zombies().is_empty());
}
