//! Values as bytes, for the frames between agent and spawner: numbers little-endian, strings and lists with their length first.

#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn number(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.number(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub fn list<T: AsRef<[u8]>>(&mut self, values: &[T]) -> &mut Self {
        self.number(values.len() as u64);
        for value in values {
            self.bytes(value.as_ref());
        }
        self
    }

    pub fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// Each read is `None` when what is left is too short.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub fn list(&mut self) -> Option<Vec<&'a [u8]>> {
        let count = self.number()?;
        // Each element takes 8 bytes at least.
        if count > (self.0.len() / 8) as u64 {
            return None;
        }
        (0..count).map(|_| self.bytes()).collect()
    }

    pub fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    /// All was read, and no more.
    pub fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Random;

    #[test]
    fn reads_what_was_written() {
        let mut random = Random::new(2);
        for _ in 0..500 {
            let number = random.next();
            let list: Vec<Vec<u8>> = (0..random.below(5)).map(|_| random.bytes(30)).collect();
            let bytes = Writer::default()
                .number(number)
                .list(&list)
                .bytes(b"end")
                .finish();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.number(), Some(number));
            assert_eq!(reader.list().unwrap(), list);
            assert_eq!(reader.bytes(), Some(&b"end"[..]));
            assert_eq!(reader.end(), Some(()));
            // Cut short anywhere, it is refused and never read past its end.
            let mut short = Reader::new(&bytes[..random.below(bytes.len())]);
            let complete =
                short.number().is_some() && short.list().is_some() && short.bytes().is_some();
            assert!(!complete);
        }
    }
}
