//! Power cuts. The guest logs numbers without end and says which of them its spool has synced; then the emulator is
//! killed. Whatever was said to be synced must arrive after the next boot, each number once and in order.

use std::time::Duration;

use streamer_tests::guest::Machine;
use streamer_tests::server::Event;
use streamer_tests::unix_now;

use crate::bench::must;

/// Logs twenty numbers at a time under this key, and tells when all that was logged before is on the disk.
fn numbers(key: &str) -> String {
    format!(
        "n=0; while :; do seq $n $((n+19)) | sed 's/^/{key},/' | streamer log - || break; n=$((n+20)); \
         until streamer status --json | tr -d ' ' | grep -q '\"unsynced\":0[,}}]'; do :; done; \
         echo \"syn\"\"ced {key} $((n-1)).\"; done &"
    )
}

/// Starts the numbers, lets so many rounds be synced, waits a moment that nobody chose, and cuts the power; the highest
/// number that the guest had called synced.
pub fn cut_while_it_logs(mut machine: Machine, key: &str, rounds: usize) -> Result<u64, String> {
    let from = machine.console.now();
    machine.console.types(&numbers(key))?;
    let word = format!("synced {key} ");
    let mut at = from;
    for _ in 0..rounds {
        at = machine.console.hears(&word, at)?;
    }
    let moment = unix_now().to_bits() % 1500;
    std::thread::sleep(Duration::from_millis(moment));
    let heard = machine.console.heard();
    machine.cut();
    let last = heard[from..].rsplit(&word).find_map(|after| after.split_once('.')?.0.parse().ok());
    last.ok_or_else(|| format!("no number after `{word}` in {}", &heard[from..]))
}

/// Fails unless the numbers arrived from 0 to at least this one, each once, in order, without a gap.
pub fn arrived_whole(events: &[Event], synced: u64) -> Result<(), String> {
    let numbers: Vec<u64> = events.iter().filter_map(|event| event.value.parse().ok()).collect();
    let first_fault = numbers.iter().zip(0..).find(|(number, wanted)| *number != wanted);
    if let Some((number, wanted)) = first_fault {
        return Err(format!("{number} arrived in the place of {wanted}; {synced} was synced"));
    }
    must(numbers.len() as u64 > synced, || {
        format!("{} numbers arrived, and {synced} was synced before the power was cut", numbers.len())
    })
}
