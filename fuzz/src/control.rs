//! Any bytes over the control socket: each line gets one answer, in one line, until the caller has said all.

pub fn check(bytes: &[u8]) {
    let answers = streamer_agent::hostile::converse(bytes);
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').count();
    let answered = answers.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(answered, lines);
    assert!(answers.is_empty() || answers.ends_with(b"\n"));
}
