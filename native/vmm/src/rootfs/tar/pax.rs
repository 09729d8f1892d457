//! Extended headers of the pax format: `LENGTH KEY=VALUE\n` records that replace or add to fields of the next header.

use super::sparse::PaxSparse;
use crate::{
    failure::{Failure, Result},
    rootfs::{limits, xattr::Xattr},
};

/// What the extended header before an entry says about it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PaxHeader {
    pub path: Option<Vec<u8>>,
    pub link_path: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub mtime: Option<(i64, u32)>,
    pub xattrs: Vec<Xattr>,
    pub sparse: PaxSparse,
}

impl PaxHeader {
    pub fn parse(data: &[u8]) -> Result<Self> {
        let mut header = Self::default();
        let mut rest = data;
        // Some writers pad the records with NULs.
        while rest.first().is_some_and(|byte| *byte != 0) {
            let (key, value, after) = record(rest)?;
            header.apply(key, value)?;
            rest = after;
        }
        Ok(header)
    }

    fn apply(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let name = std::str::from_utf8(key).map_err(|_| malformed("key"))?;
        match name {
            "path" => self.path = path(value)?,
            "linkpath" => self.link_path = path(value)?,
            "size" => self.size = decimal(value)?,
            "uid" => self.uid = decimal(value)?,
            "gid" => self.gid = decimal(value)?,
            "mtime" => {
                self.mtime = if value.is_empty() {
                    None
                } else {
                    Some(time(value)?)
                }
            }
            _ => {
                if let Some(attribute) = name.strip_prefix("SCHILY.xattr.") {
                    self.xattr(attribute.as_bytes().to_vec(), value.to_vec(), true)?;
                } else if let Some(attribute) = name.strip_prefix("LIBARCHIVE.xattr.") {
                    self.xattr(percent_decode(attribute)?, base64(value)?, false)?;
                } else if let Some(field) = name.strip_prefix("GNU.sparse.") {
                    self.sparse.apply(field, value)?;
                }
            }
        }
        Ok(())
    }

    /// libarchive writes each attribute in both spellings; the plain one wins.
    fn xattr(&mut self, name: Vec<u8>, value: Vec<u8>, replaces: bool) -> Result<()> {
        if name.is_empty() || name.len() > limits::MAX_NAME || name.contains(&0) {
            return Err(malformed("attribute name"));
        }
        if value.len() > limits::MAX_XATTR_VALUE {
            let name = String::from_utf8_lossy(&name).into_owned();
            return Err(Failure::image(
                "limit-exceeded",
                format!("the extended attribute {name} has {} bytes", value.len()),
            ));
        }
        match self.xattrs.iter_mut().find(|xattr| xattr.name == name) {
            Some(known) if replaces => known.value = value,
            Some(_) => {}
            None => self.xattrs.push(Xattr { name, value }),
        }
        Ok(())
    }
}

fn record(data: &[u8]) -> Result<(&[u8], &[u8], &[u8])> {
    let space = data
        .iter()
        .take(9)
        .position(|byte| *byte == b' ')
        .ok_or_else(|| malformed("record length"))?;
    let length: usize = decimal(&data[..space])?.ok_or_else(|| malformed("record length"))?;
    if length < space + 3 || length > data.len() || data[length - 1] != b'\n' {
        return Err(malformed("record length"));
    }
    let body = &data[space + 1..length - 1];
    let equals = body
        .iter()
        .position(|byte| *byte == b'=')
        .ok_or_else(|| malformed("record"))?;
    Ok((&body[..equals], &body[equals + 1..], &data[length..]))
}

/// An empty value withdraws an earlier one.
fn path(value: &[u8]) -> Result<Option<Vec<u8>>> {
    if value.contains(&0) {
        return Err(malformed("path"));
    }
    Ok(if value.is_empty() {
        None
    } else {
        Some(value.to_vec())
    })
}

pub(super) fn decimal<T: std::str::FromStr>(value: &[u8]) -> Result<Option<T>> {
    if value.is_empty() {
        return Ok(None);
    }
    let is_decimal = value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| is_decimal);
    text.and_then(|text| text.parse().ok())
        .map(Some)
        .ok_or_else(|| malformed("number"))
}

/// Seconds with a fraction, maybe negative; the fraction is cut to nanoseconds towards the past.
fn time(value: &[u8]) -> Result<(i64, u32)> {
    let text = std::str::from_utf8(value).map_err(|_| malformed("time"))?;
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let seconds: i64 = decimal(whole.as_bytes())?.unwrap_or(0);
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed("time"));
    }
    let nanoseconds = fraction
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(9)
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Ok(match (negative, nanoseconds) {
        (false, _) => (seconds, nanoseconds),
        (true, 0) => (-seconds, 0),
        (true, _) => (-seconds - 1, 1_000_000_000 - nanoseconds),
    })
}

fn percent_decode(text: &str) -> Result<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| {
            byte.and_then(|byte| char::from(byte).to_digit(16))
                .ok_or_else(|| malformed("attribute name"))
        };
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        decoded.push((high * 16 + low) as u8);
    }
    Ok(decoded)
}

/// RFC 4648 base 64; libarchive leaves the padding away.
fn base64(text: &[u8]) -> Result<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.iter().take_while(|byte| **byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(malformed("attribute value")),
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push((bits >> count) as u8);
        }
    }
    Ok(decoded)
}

pub(super) fn malformed(what: &str) -> Failure {
    Failure::image(
        "corrupt-layer",
        format!("an extended tar header has a malformed {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_length(body: &str) -> Vec<u8> {
        let mut length = body.len() + 2;
        while format!("{length} {body}\n").len() != length {
            length += 1;
        }
        format!("{length} {body}\n").into_bytes()
    }

    #[test]
    fn records_override_fields() {
        let data = [
            with_length("path=dir/naïve"),
            with_length("uid=4000000000"),
            with_length("mtime=-1.25"),
            with_length("size=8589934592"),
        ]
        .concat();
        let header = PaxHeader::parse(&data).unwrap();
        assert_eq!(header.path.as_deref(), Some("dir/naïve".as_bytes()));
        assert_eq!(header.uid, Some(4_000_000_000));
        assert_eq!(header.mtime, Some((-2, 750_000_000)));
        assert_eq!(header.size, Some(8 << 30));
    }

    #[test]
    fn attributes_come_in_two_spellings() {
        let data = [
            with_length("LIBARCHIVE.xattr.user.a%2Db=aGk"),
            with_length("SCHILY.xattr.user.a-b=plain"),
            with_length("LIBARCHIVE.xattr.user.c=aGkh"),
        ]
        .concat();
        let header = PaxHeader::parse(&data).unwrap();
        let named = |name: &[u8]| {
            header
                .xattrs
                .iter()
                .find(|xattr| xattr.name == name)
                .map(|xattr| xattr.value.clone())
        };
        assert_eq!(named(b"user.a-b"), Some(b"plain".to_vec()));
        assert_eq!(named(b"user.c"), Some(b"hi!".to_vec()));
    }

    #[test]
    fn malformed_records_are_refused() {
        for data in [
            &b"5 a=b"[..],
            b"99 path=x\n",
            b"6 path\n",
            b"x path=y\n",
            b"3 =\n",
            b"18446744073709551615 a=b\n",
            b"12 uid=-5555\n",
        ] {
            assert!(PaxHeader::parse(data).is_err(), "{data:?}");
        }
    }
}
