//! One 512-byte header block: POSIX ustar, star and GNU (POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar, "Basic Tar Format").

use crate::failure::{Failure, Result};

pub const BLOCK: usize = 512;
pub type Block = [u8; BLOCK];

/// The fields of a header block as they stand there, numbers decoded and names joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub name: Vec<u8>,
    pub mode: u32,
    pub uid: i64,
    pub gid: i64,
    pub size: u64,
    pub mtime: i64,
    pub typeflag: u8,
    pub link_name: Vec<u8>,
    pub device_major: u32,
    pub device_minor: u32,
}

impl Header {
    pub fn parse(block: &Block) -> Result<Self> {
        verify_checksum(block)?;
        let dialect = Dialect::of(block);
        let name = match dialect {
            Dialect::Ustar => join_prefix(text(&block[345..500]), text(&block[..100])),
            Dialect::Star => join_prefix(text(&block[345..476]), text(&block[..100])),
            Dialect::Gnu | Dialect::Old => text(&block[..100]).to_vec(),
        };
        let device = |range: std::ops::Range<usize>, what| match dialect {
            Dialect::Old => Ok(0),
            _ => unsigned(&block[range], what),
        };
        Ok(Self {
            name,
            mode: (unsigned::<u64>(&block[100..108], "mode")? & 0o7777) as u32,
            uid: number(&block[108..116], "uid")?,
            gid: number(&block[116..124], "gid")?,
            size: unsigned(&block[124..136], "size")?,
            mtime: number(&block[136..148], "mtime")?,
            typeflag: block[156],
            link_name: text(&block[157..257]).to_vec(),
            device_major: device(329..337, "device major")?,
            device_minor: device(337..345, "device minor")?,
        })
    }
}

enum Dialect {
    Old,
    Ustar,
    Star,
    Gnu,
}

impl Dialect {
    fn of(block: &Block) -> Self {
        match &block[257..265] {
            b"ustar  \0" => Self::Gnu,
            magic if magic.starts_with(b"ustar\0") => {
                if &block[508..512] == b"tar\0" {
                    Self::Star
                } else {
                    Self::Ustar
                }
            }
            _ => Self::Old,
        }
    }
}

/// A field's bytes up to its first NUL.
pub fn text(field: &[u8]) -> &[u8] {
    let end = field
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(field.len());
    &field[..end]
}

fn join_prefix(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    if prefix.is_empty() {
        return name.to_vec();
    }
    [prefix, b"/", name].concat()
}

/// The sum of all bytes with the checksum field taken as spaces; some old writers summed signed bytes.
fn verify_checksum(block: &Block) -> Result<()> {
    let stored: i64 = number(&block[148..156], "checksum")?;
    let (mut plain, mut signed) = (0i64, 0i64);
    for (index, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&index) {
            b' '
        } else {
            *byte
        };
        plain += i64::from(byte);
        signed += i64::from(byte as i8);
    }
    if stored == plain || stored == signed {
        return Ok(());
    }
    Err(Failure::image(
        "corrupt-layer",
        "a tar header has a wrong checksum; the layer is damaged or no tar archive",
    ))
}

/// Octal text, or base 256 when the first bit is set (GNU).
pub fn number(field: &[u8], what: &str) -> Result<i64> {
    if field[0] & 0x80 != 0 {
        return base256(field).ok_or_else(|| malformed(what));
    }
    let is_padding = |byte: &u8| *byte == b' ' || *byte == 0;
    let start = field
        .iter()
        .position(|byte| !is_padding(byte))
        .unwrap_or(field.len());
    let digits = &field[start..];
    let end = digits.iter().position(is_padding).unwrap_or(digits.len());
    if !digits[end..].iter().all(is_padding) && digits.get(end) != Some(&0) {
        return Err(malformed(what));
    }
    digits[..end]
        .iter()
        .try_fold(0i64, |value, digit| match digit {
            b'0'..=b'7' => value.checked_mul(8)?.checked_add(i64::from(digit - b'0')),
            _ => None,
        })
        .ok_or_else(|| malformed(what))
}

pub fn unsigned<T: TryFrom<i64>>(field: &[u8], what: &str) -> Result<T> {
    T::try_from(number(field, what)?).map_err(|_| malformed(what))
}

/// Two's complement, big-endian; the first bit only marks the encoding, the second is the sign.
fn base256(field: &[u8]) -> Option<i64> {
    let negative = field[0] & 0x40 != 0;
    let mut value: i128 = if negative { -1 } else { 0 };
    for (index, byte) in field.iter().enumerate() {
        let byte = match (index, negative) {
            (0, true) => *byte,
            (0, false) => *byte & 0x7f,
            _ => *byte,
        };
        value = (value << 8) | i128::from(byte);
        if i64::try_from(value).is_err() {
            return None;
        }
    }
    i64::try_from(value).ok()
}

fn malformed(what: &str) -> Failure {
    Failure::image(
        "corrupt-layer",
        format!("a tar header's {what} field is malformed"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256() {
        assert_eq!(number(b"0000644\0", "mode"), Ok(0o644));
        assert_eq!(number(b"   644 \0", "mode"), Ok(0o644));
        assert_eq!(number(b"\0\0\0\0\0\0\0\0", "mode"), Ok(0));
        assert_eq!(number(b"\x80\0\0\0\0\x20\0\0", "uid"), Ok(0x20_0000));
        assert_eq!(number(&[0xff; 12], "mtime"), Ok(-1));
        assert_eq!(
            number(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], "mtime"),
            Ok(-2)
        );
        assert!(number(b"0000648\0", "mode").is_err());
        assert!(
            number(
                &[
                    0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
                ],
                "size"
            )
            .is_err()
        );
        assert!(unsigned::<u64>(&[0xff; 12], "size").is_err());
    }

    #[test]
    fn a_wrong_checksum_is_refused() {
        let mut block = [0u8; BLOCK];
        block[..4].copy_from_slice(b"file");
        block[148..156].copy_from_slice(b"0000000\0");
        assert_eq!(Header::parse(&block).unwrap_err().reason, "corrupt-layer");
    }
}
