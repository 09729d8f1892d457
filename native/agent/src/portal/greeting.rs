//! What a host says first: a magic of eight bytes and a nonce of 16, which the agent sends back.
//!
//! ```text
//! BOXLITE1 + nonce   hello: a session begins behind it
//! BOXLITE? + nonce   probe: is there an agent? All stays as it was
//! ```
//!
//! What comes before it is the rest of a session that ended, and is dropped.

const PREFIX: [u8; 7] = *b"BOXLITE";
const HELLO: u8 = b'1';
const PROBE: u8 = b'?';
pub const GREETING_BYTES: usize = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeting([u8; GREETING_BYTES]);

impl Greeting {
    /// A piece of a stream that is nothing but a greeting.
    pub fn of(piece: &[u8]) -> Option<Self> {
        let bytes: [u8; GREETING_BYTES] = piece.try_into().ok()?;
        let known = bytes.starts_with(&PREFIX) && is_kind(bytes[PREFIX.len()]);
        known.then_some(Self(bytes))
    }

    pub fn is_probe(&self) -> bool {
        self.0[PREFIX.len()] == PROBE
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

fn is_kind(byte: u8) -> bool {
    byte == HELLO || byte == PROBE
}

/// Finds a greeting in a stream that comes in pieces.
#[derive(Default)]
pub struct Scanner {
    found: [u8; GREETING_BYTES],
    length: usize,
}

impl Scanner {
    /// Takes a piece of the stream; gives the greeting, and how many bytes of the piece were used up to its end.
    pub fn scan(&mut self, piece: &[u8]) -> Option<(Greeting, usize)> {
        for (index, &byte) in piece.iter().enumerate() {
            let fits = match PREFIX.get(self.length) {
                Some(&expected) => byte == expected,
                None => self.length > PREFIX.len() || is_kind(byte),
            };
            if !fits {
                // Only its first letter starts the magic anew, and `found` begins with that already.
                self.length = usize::from(byte == PREFIX[0]);
                continue;
            }
            self.found[self.length] = byte;
            self.length += 1;
            if self.length == GREETING_BYTES {
                self.length = 0;
                return Some((Greeting(self.found), index + 1));
            }
        }
        None
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::test::Random;

    pub fn greeting(random: &mut Random, kind: u8) -> Greeting {
        let mut bytes = [0; GREETING_BYTES];
        bytes[..7].copy_from_slice(&PREFIX);
        bytes[7] = kind;
        bytes[8..].fill_with(|| random.byte());
        Greeting(bytes)
    }

    #[test]
    fn is_found_wherever_the_pieces_are_cut() {
        let mut random = Random::new(1);
        for _ in 0..2000 {
            let kind = [HELLO, PROBE][random.below(2)];
            let sent = greeting(&mut random, kind);
            // Noise made of the magic's own letters, to provoke false starts.
            let mut stream: Vec<u8> = (0..random.below(40))
                .map(|_| PREFIX[random.below(7)])
                .collect();
            stream.extend(sent.bytes());
            let rest: Vec<u8> = (0..random.below(20)).map(|_| random.byte()).collect();
            stream.extend(&rest);

            let mut scanner = Scanner::default();
            let mut offset = 0;
            let found = loop {
                let end = (offset + 1 + random.below(12)).min(stream.len());
                if let Some((found, used)) = scanner.scan(&stream[offset..end]) {
                    break Some((found, offset + used));
                }
                if end == stream.len() {
                    break None;
                }
                offset = end;
            };
            assert_eq!(found, Some((sent, stream.len() - rest.len())));
            assert_eq!(sent.is_probe(), kind == PROBE);
        }
    }

    #[test]
    fn is_not_found_in_noise() {
        let mut scanner = Scanner::default();
        assert_eq!(scanner.scan(b"PRI * HTTP/2.0 BOXLITE2 BOXLITBOXLITE"), None);
    }

    #[test]
    fn is_a_piece_of_its_own() {
        let hello = greeting(&mut Random::new(1), HELLO);
        assert_eq!(Greeting::of(hello.bytes()), Some(hello));
        assert_eq!(Greeting::of(&hello.bytes()[..23]), None);
        assert_eq!(Greeting::of(&[hello.bytes(), &[0]].concat()), None);
        assert_eq!(Greeting::of(b"BOXLITE2 and a long rest"), None);
    }
}
