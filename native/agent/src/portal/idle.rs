//! Between two sessions: waits until a host is connected and has greeted.

use std::io;

use super::greeting::{Greeting, Scanner};
use super::port::{Port, Read};

const PIECE: usize = 4096;

/// The next greeting, and the bytes that came after it. `already` was read before.
pub async fn greeting(port: &Port, already: Vec<u8>) -> io::Result<(Greeting, Vec<u8>)> {
    let mut scanner = Scanner::default();
    let mut buffer = already;
    loop {
        if let Some((greeting, used)) = scanner.scan(&buffer) {
            return Ok((greeting, buffer.split_off(used)));
        }
        buffer.clear();
        buffer.reserve(PIECE);
        match port.read(&mut buffer.spare_capacity_mut()[..PIECE])? {
            // SAFETY: so many bytes were just read into it.
            Read::Piece(length) => unsafe { buffer.set_len(length) },
            Read::Nothing | Read::NoHost => port.changed().await?,
        }
    }
}

/// Sends a greeting back.
///
/// What tells that a host has come is a message of another queue, and may be read after what it says. When the host has gone again, the
/// next one gets this before its own answer, and does not take it for that.
pub async fn echo(port: &Port, greeting: &Greeting) -> io::Result<()> {
    let mut rest = greeting.bytes();
    while !rest.is_empty() {
        match port.write(rest)? {
            0 => port.changed().await?,
            length => rest = &rest[length..],
        }
    }
    Ok(())
}
