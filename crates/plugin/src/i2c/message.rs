//! From the operations of a transaction to messages on the wire.
//!
//! Operations of one direction that follow one another are one message: `embedded-hal` promises that there is neither a
//! START nor a STOP between them.

use embedded_hal::i2c::Operation;

/// What goes over the wire between two STARTs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Write(Vec<u8>),
    Read(Vec<u8>),
}

/// The messages of a transaction, with room for what will be read.
pub(crate) fn messages(operations: &[Operation<'_>]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::with_capacity(operations.len());
    for operation in operations {
        match (messages.last_mut(), operation) {
            (Some(Message::Write(message)), Operation::Write(bytes)) => message.extend_from_slice(bytes),
            (Some(Message::Read(message)), Operation::Read(bytes)) => message.resize(message.len() + bytes.len(), 0),
            (_, Operation::Write(bytes)) => messages.push(Message::Write(bytes.to_vec())),
            (_, Operation::Read(bytes)) => messages.push(Message::Read(vec![0; bytes.len()])),
        }
    }
    messages
}

/// Brings what was read to where the operations want it.
pub(crate) fn hand_out(messages: &[Message], operations: &mut [Operation<'_>]) {
    let mut read =
        messages.iter().filter_map(|m| if let Message::Read(bytes) = m { Some(bytes) } else { None }).flatten();
    for operation in operations {
        if let Operation::Read(bytes) = operation {
            bytes.iter_mut().zip(&mut read).for_each(|(into, byte)| *into = *byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_direction_are_one_message() {
        let (mut a, mut b, mut c) = ([0; 2], [0; 1], [0; 1]);
        let mut operations = [
            Operation::Write(&[1]),
            Operation::Write(&[2, 3]),
            Operation::Read(&mut a),
            Operation::Read(&mut b),
            Operation::Write(&[4]),
            Operation::Read(&mut c),
        ];
        let mut messages = messages(&operations);
        assert_eq!(
            messages,
            [
                Message::Write(vec![1, 2, 3]),
                Message::Read(vec![0; 3]),
                Message::Write(vec![4]),
                Message::Read(vec![0; 1])
            ]
        );
        messages[1] = Message::Read(vec![7, 8, 9]);
        messages[3] = Message::Read(vec![10]);
        hand_out(&messages, &mut operations);
        assert_eq!((a, b, c), ([7, 8], [9], [10]));
    }
}
