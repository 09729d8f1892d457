//! Follows where in its frames an HTTP/2 stream is (RFC 9113, section 4.1), to tell a greeting in the middle of a session from data
//! that looks like one.
//!
//! A guest that was restored from memory may be in the middle of a session, and of a frame, while its new host says hello. Hellos come as
//! pieces of their own, but so may the last bytes of what a program sends to a Box, whoever wrote them.

use super::greeting::{GREETING_BYTES, Greeting};
use super::session::MAX_FRAME;

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADER_BYTES: usize = 9;
/// CONTINUATION; a host has no use for others.
const LAST_TYPE: u8 = 9;

#[derive(Clone, Default)]
pub struct Frames {
    /// Of the preface.
    begun: usize,
    header: [u8; HEADER_BYTES],
    /// Bytes of the header that have come.
    have: usize,
    /// Bytes of the frame's payload that are still to come.
    left: usize,
    /// It is no HTTP/2 any more.
    broken: bool,
}

impl Frames {
    /// The greeting that a piece is, unless it belongs to the session.
    ///
    /// It does when the payload of a frame ends in it, and what follows, if anything does, begins with the header of another.
    pub fn greeting(&self, piece: &[u8]) -> Option<Greeting> {
        let greeting = Greeting::of(piece)?;
        let mut after = self.clone();
        after.pass(piece);
        let ends_in_it = (1..=GREETING_BYTES).contains(&self.left);
        let belongs = ends_in_it && !after.broken && after.have == 0;
        (!belongs).then_some(greeting)
    }

    /// Goes on by a piece of the session.
    pub fn pass(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() && !self.broken {
            rest = if self.begun < PREFACE.len() {
                self.pass_preface(rest)
            } else if self.left > 0 {
                let length = self.left.min(rest.len());
                self.left -= length;
                &rest[length..]
            } else {
                self.pass_header(rest)
            };
        }
    }

    fn pass_preface<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let expected = &PREFACE[self.begun..];
        let length = expected.len().min(rest.len());
        self.broken = expected[..length] != rest[..length];
        self.begun += length;
        &rest[length..]
    }

    fn pass_header<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let length = (HEADER_BYTES - self.have).min(rest.len());
        self.header[self.have..self.have + length].copy_from_slice(&rest[..length]);
        self.have += length;
        let [high, middle, low, kind, ..] = self.header;
        let size = u32::from_be_bytes([0, high, middle, low]);
        // Also of a header that has not come as a whole.
        self.broken = self.have >= 3 && size > MAX_FRAME || self.have >= 4 && kind > LAST_TYPE;
        if self.have == HEADER_BYTES {
            self.have = 0;
            self.left = size as usize;
        }
        &rest[length..]
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::greeting::tests::greeting;
    use super::*;
    use crate::test::Random;

    pub fn frame(payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[0, 0, 0, 0, 0, 1], payload].concat()
    }

    fn begun() -> Frames {
        let mut frames = Frames::default();
        frames.pass(PREFACE);
        frames
    }

    #[test]
    fn knows_a_hello_wherever_a_session_was_cut() {
        let mut random = Random::new(4);
        let hello = greeting(&mut random, b'1');
        let mut session = PREFACE.to_vec();
        for size in [0, 3, 100, 2000, 17] {
            session.extend(frame(&vec![7; size]));
        }
        let mut unknown = 0;
        for cut in 0..session.len() {
            let mut frames = Frames::default();
            let mut fed = 0;
            while fed < cut {
                let end = cut.min(fed + 1 + random.below(60));
                frames.pass(&session[fed..end]);
                fed = end;
            }
            unknown += usize::from(frames.greeting(hello.bytes()) != Some(hello));
        }
        // 24 bytes before the end of a frame that is long enough: any bytes may be its last ones.
        assert_eq!(unknown, 2);
    }

    #[test]
    fn takes_data_that_ends_a_frame_for_data() {
        let hello = greeting(&mut Random::new(5), b'1');
        let mut frames = begun();
        let payload = [&[0; 100], hello.bytes()].concat();
        let bytes = frame(&payload);
        let (first, last) = bytes.split_at(bytes.len() - GREETING_BYTES);
        frames.pass(first);
        assert_eq!(frames.greeting(last), None);
        frames.pass(last);
        // At the end of a frame nothing else begins like this.
        assert_eq!(frames.greeting(hello.bytes()), Some(hello));
    }

    #[test]
    fn takes_data_with_the_next_frame_behind_it_for_data() {
        let mut frames = begun();
        let bytes = [frame(b"...BOXLITE1nonceee"), frame(b"")].concat();
        let (first, last) = bytes.split_at(bytes.len() - GREETING_BYTES);
        assert_eq!(last.len(), GREETING_BYTES);
        assert!(Greeting::of(last).is_some());
        frames.pass(first);
        assert_eq!(frames.greeting(last), None);
    }

    #[test]
    fn a_broken_session_gives_way_to_any_hello() {
        let hello = greeting(&mut Random::new(6), b'1');
        let mut frames = begun();
        frames.pass(b"HTTP/1.1 400 No");
        assert_eq!(frames.greeting(hello.bytes()), Some(hello));
    }
}
