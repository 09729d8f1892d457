//! The hello that starts a session: `BOXLITE1` and a nonce of 16 bytes, which the agent sends back.
//!
//! What comes before it is the rest of a session that ended, and is dropped.

pub const MAGIC: [u8; 8] = *b"BOXLITE1";
pub const HELLO_BYTES: usize = 24;

pub type Hello = [u8; HELLO_BYTES];

/// Finds a hello in a stream that comes in pieces.
#[derive(Default)]
pub struct Scanner {
    found: [u8; HELLO_BYTES],
    length: usize,
}

impl Scanner {
    /// Takes a piece of the stream; gives the hello, and how many bytes of the piece were used up to its end.
    pub fn scan(&mut self, piece: &[u8]) -> Option<(Hello, usize)> {
        for (index, &byte) in piece.iter().enumerate() {
            if self.length < MAGIC.len() && byte != MAGIC[self.length] {
                // Only its first letter starts the magic anew, and `found` begins with that already.
                self.length = usize::from(byte == MAGIC[0]);
                continue;
            }
            self.found[self.length] = byte;
            self.length += 1;
            if self.length == HELLO_BYTES {
                self.length = 0;
                return Some((self.found, index + 1));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Random;

    fn hello(random: &mut Random) -> Hello {
        let mut hello = [0; HELLO_BYTES];
        hello[..8].copy_from_slice(&MAGIC);
        hello[8..].fill_with(|| random.byte());
        hello
    }

    #[test]
    fn finds_a_hello_wherever_the_pieces_are_cut() {
        let mut random = Random::new(1);
        for _ in 0..2000 {
            let sent = hello(&mut random);
            // Noise made of the magic's own letters, to provoke false starts.
            let mut stream: Vec<u8> = (0..random.below(40))
                .map(|_| MAGIC[random.below(8)])
                .collect();
            if stream.windows(8).any(|window| window == MAGIC) {
                continue;
            }
            stream.extend(sent);
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
        }
    }

    #[test]
    fn finds_nothing_in_noise() {
        let mut scanner = Scanner::default();
        assert_eq!(scanner.scan(b"PRI * HTTP/2.0 BOXLITE2 BOXLITBOXLITE"), None);
    }
}
