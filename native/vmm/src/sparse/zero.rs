//! Blocks of nothing.

pub const BLOCK: usize = 4096;

static ZEROS: [u8; BLOCK] = [0; BLOCK];

/// Whether a block, of at most 4096 bytes, is all zero.
pub fn is_zero(block: &[u8]) -> bool {
    block == &ZEROS[..block.len()]
}
