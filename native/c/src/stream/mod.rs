//! Streams between the program and the bridge. Nothing is held that the reader has not asked for.

mod incoming;
mod outgoing;
mod source;

pub use incoming::{Incoming, Piece};
pub use outgoing::Outgoing;
pub use source::send;

/// What may be sent of a stream before the other side has asked for more.
const WINDOW_BYTES: usize = 256 << 10;
const WINDOW_ITEMS: usize = 64;
const CHUNK_BYTES: usize = 64 << 10;
