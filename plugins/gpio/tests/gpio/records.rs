//! Bytes of the kernel's: what stands where, and what becomes of pieces and of nonsense.

use std::io::Write;
use std::os::fd::AsFd;

use gpiocdev_uapi::v2::{LineEdgeEvent, LineEdgeEventKind};
use proptest::prelude::*;
use streamer_gpio::{Edge, Follower, Queue, Record, Took};
use streamer_plugin::clock::SinceBoot;
use streamer_plugin::testkit::Switch;

/// A `struct gpio_v2_line_event` as `include/uapi/linux/gpio.h` has it: __aligned_u64 timestamp_ns; __u32 id, offset,
/// seqno, line_seqno, padding[6].
fn event(timestamp_ns: u64, id: u32, offset: u32, seqno: u32, line_seqno: u32) -> [u8; 48] {
    let mut bytes = Vec::with_capacity(48);
    bytes.extend(timestamp_ns.to_ne_bytes());
    for word in [id, offset, seqno, line_seqno, 0, 0, 0, 0, 0, 0] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.try_into().unwrap()
}

/// Laid out by hand from the header: stamp 123,456,789 ns, rising, line 17, the 42nd of the request, the 5th of the line.
const FIXTURE: [u8; 48] = [
    0x15, 0xcd, 0x5b, 0x07, 0x00, 0x00, 0x00, 0x00, // timestamp_ns
    0x01, 0x00, 0x00, 0x00, // id
    0x11, 0x00, 0x00, 0x00, // offset
    0x2a, 0x00, 0x00, 0x00, // seqno
    0x05, 0x00, 0x00, 0x00, // line_seqno
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // padding
];

#[test]
fn a_record_is_read_as_the_kernels_header_lays_it_out() {
    if cfg!(target_endian = "big") {
        eprintln!("skipped: the fixture has the byte order of the other machines");
        return;
    }
    let read = Record::decode(&FIXTURE).unwrap();
    assert_eq!(read, Record { nanos: 123_456_789, active: true, number: 5 });
    assert_eq!(event(123_456_789, 1, 17, 42, 5), FIXTURE);
    // What the other tests are told by comes in the same layout.
    assert_eq!(Switch::record(123_456_789, 1, 42), event(123_456_789, 1, 17, 42, 42));
}

/// Every record that a pipe gives, whatever the pieces in which it comes.
fn read_in_pieces(bytes: &[u8], pieces: &[usize]) -> Vec<Record> {
    let (near, far) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).unwrap();
    let (mut far, mut queue, mut found, mut rest) = (std::fs::File::from(far), Queue::default(), Vec::new(), bytes);
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let (piece, left) = rest.split_at((*pieces.next().unwrap()).min(rest.len()));
        far.write_all(piece).unwrap();
        rest = left;
        while queue.take(near.as_fd(), &mut |record| found.push(record)).unwrap() == Took::Some {}
    }
    drop(far);
    assert_eq!(queue.take(near.as_fd(), &mut |_| {}).unwrap(), Took::Gone);
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// The structure of a published crate reads the same out of the same bytes.
    #[test]
    fn it_agrees_with_the_published_structure(stamp: u64, rises: bool, offset: u32, seqno: u32, line_seqno: u32, rest: [u64; 3]) {
        let mut bytes = event(stamp, if rises { 1 } else { 2 }, offset, seqno, line_seqno);
        for (place, word) in bytes[24..].as_chunks_mut::<8>().0.iter_mut().zip(rest) {
            *place = word.to_ne_bytes();
        }
        let words: Vec<u64> = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        let theirs = LineEdgeEvent::from_slice(&words).unwrap();
        let ours = Record::decode(&bytes).unwrap();
        prop_assert_eq!(ours.nanos, theirs.timestamp_ns);
        prop_assert_eq!(ours.active, theirs.kind == LineEdgeEventKind::RisingEdge as u32);
        prop_assert_eq!(ours.number, theirs.line_seqno);
    }

    #[test]
    fn pieces_make_the_same_records(
        edges in proptest::collection::vec((any::<u64>(), any::<bool>()), 1..200),
        pieces in proptest::collection::vec(1_usize..5000, 1..8),
    ) {
        let numbered = edges.iter().zip(1..);
        let expected: Vec<Record> =
            numbered.clone().map(|((nanos, active), number)| Record { nanos: *nanos, active: *active, number }).collect();
        let bytes: Vec<u8> =
            numbered.flat_map(|((nanos, active), number)| event(*nanos, if *active { 1 } else { 2 }, 3, number, number)).collect();
        prop_assert_eq!(read_in_pieces(&bytes, &pieces), expected);
    }

    /// Nonsense makes no edge, and the number of the next record tells that there was one.
    #[test]
    fn what_tells_of_no_edge_is_counted_as_lost(id in any::<u32>().prop_filter("no edge", |id| !(1..=2).contains(id))) {
        let bytes = [event(1000, 1, 3, 1, 1), event(2000, id, 3, 2, 2), event(3000, 2, 3, 3, 3)].concat();
        let records = read_in_pieces(&bytes, &[4096]);
        let mut follower = Follower::new(Edge::Both, None, false, SinceBoot::ZERO);
        let heard: Vec<_> = records.iter().map(|r| follower.hear(*r, SinceBoot::from_micros(r.nanos / 1000))).collect();
        prop_assert_eq!(heard.iter().map(|h| h.lost).collect::<Vec<_>>(), [0, 1]);
    }
}

#[test]
fn numbers_go_round_and_a_number_that_goes_back_loses_nothing() {
    let mut follower = Follower::new(Edge::Both, None, false, SinceBoot::ZERO);
    let mut lost = |number| follower.hear(Record { nanos: 0, active: true, number }, SinceBoot::ZERO).lost;
    assert_eq!([lost(1), lost(2), lost(7), lost(7), lost(3)], [0, 0, 4, 0, 0]);
    assert_eq!([lost(0x7fff_fff0), lost(0xffff_ffe0), lost(0xffff_fffe)], [0x7fff_ffec, 0x7fff_ffef, 0x1d]);
    // 0xffffffff and 0 are lost.
    assert_eq!(lost(1), 2);
}
