//! Dead letters as a person sees them: the same from a running agent and from a folder at rest.

use streamer_spool::{DeadLetters, Letter, LetterError, LetterId, LetterState};

use crate::control::Answer;

/// Letters in one answer: with the longest key, value and reason they still fit one line of the control socket.
const PAGE: usize = 100;

/// The letters behind number `after`, oldest first; an empty page is the end.
pub fn page(letters: &DeadLetters, after: u64) -> Vec<(u64, String)> {
    let behind = letters.list().into_iter().filter(|letter| letter.id.0 > after);
    behind.take(PAGE).map(|letter| (letter.id.0, line(&letter))).collect()
}

/// `7 set aside my_bucket to initial_state: key=1@1790000000.000000 (the service answered 400)`
pub fn line(letter: &Letter) -> String {
    let state = match letter.state {
        LetterState::OnTrial => "on trial",
        LetterState::SetAside => "set aside",
    };
    let Letter { id, bucket, output, record, reason, .. } = letter;
    format!("{} {state} {bucket} to {output}: {} ({reason})", id.0, record.reading)
}

pub fn ids(numbers: &[u64]) -> Vec<LetterId> {
    numbers.iter().copied().map(LetterId).collect()
}

/// How many were changed, as an answer.
pub fn count(changed: Result<u64, LetterError>) -> Answer {
    changed.map_or_else(|error| Answer::Refused(error.to_string()), Answer::Count)
}
