//! A frame: its length, the length of its head (both 32 bits, big-endian), the head as JSON, and bytes that the head points into.

use std::io::{self, Read};

use serde_json::Value;

use crate::failure::Failure;

const MAX_BYTES: usize = 256 << 20;
const LENGTHS: usize = 8;

pub struct Frame {
    pub head: Value,
    bytes: Vec<u8>,
    body_at: usize,
}

impl Frame {
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body_at..]
    }

    /// The body as bytes of their own.
    pub fn into_body(mut self) -> Vec<u8> {
        self.bytes.drain(..self.body_at);
        self.bytes
    }

    /// The next one; `None` at the end.
    pub fn read(source: &mut impl Read) -> io::Result<Option<Frame>> {
        let mut lengths = [0; LENGTHS];
        match source.read_exact(&mut lengths) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        let [length, body_at] = [0, 4].map(|at| {
            u32::from_be_bytes([
                lengths[at],
                lengths[at + 1],
                lengths[at + 2],
                lengths[at + 3],
            ]) as usize
        });
        if !(4..=MAX_BYTES).contains(&length) || body_at > length - 4 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("no frame: it names {length} and {body_at} bytes"),
            ));
        }
        // Grows with what comes, whatever was announced.
        let mut bytes = Vec::new();
        source.take((length - 4) as u64).read_to_end(&mut bytes)?;
        if bytes.len() < length - 4 {
            return Ok(None);
        }
        let head = serde_json::from_slice(&bytes[..body_at])?;
        Ok(Some(Frame {
            head,
            bytes,
            body_at,
        }))
    }
}

/// # Errors
/// `ResourceExhausted`, reason `frame-too-large`.
pub fn encode(head: &Value, body: &[Vec<u8>]) -> Result<Vec<u8>, Failure> {
    let text = head.to_string();
    let length = 4 + text.len() + body.iter().map(Vec::len).sum::<usize>();
    if length > MAX_BYTES {
        let message = format!("{length} bytes are too many for one piece; give a stream");
        return Err(Failure::new(
            "ResourceExhausted",
            &message,
            Some("frame-too-large"),
        ));
    }
    let mut frame = Vec::with_capacity(4 + length);
    // Both fit: they are no more than MAX_BYTES.
    frame.extend_from_slice(&(length as u32).to_be_bytes());
    frame.extend_from_slice(&(text.len() as u32).to_be_bytes());
    frame.extend_from_slice(text.as_bytes());
    body.iter().for_each(|part| frame.extend_from_slice(part));
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let bytes = encode(
            &json!({"t": "data", "s": 1}),
            &[b"ab".to_vec(), b"c".to_vec()],
        )
        .unwrap_or_default();
        let mut source = &bytes[..];
        let frame = Frame::read(&mut source).unwrap().unwrap();
        assert_eq!(
            (frame.head["s"].as_u64(), frame.body()),
            (Some(1), &b"abc"[..])
        );
        assert_eq!(frame.into_body(), b"abc");
        assert!(Frame::read(&mut source).unwrap().is_none());
    }

    #[test]
    fn what_breaks_off_is_an_end_and_what_is_no_frame_an_error() {
        let bytes = encode(&json!({}), &[]).unwrap_or_default();
        for length in 0..bytes.len() {
            assert!(Frame::read(&mut &bytes[..length]).unwrap().is_none());
        }
        for wrong in [
            [0, 0, 0, 3, 0, 0, 0, 0],
            [0, 0, 0, 6, 0, 0, 0, 3],
            [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
            [0, 0, 0, 4, 0, 0, 0, 0],
        ] {
            assert!(Frame::read(&mut &wrong[..]).is_err());
        }
    }
}
