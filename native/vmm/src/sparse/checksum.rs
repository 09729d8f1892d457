//! A checksum of a file's content that holes cost nothing and that does not depend on where they are.

use std::{io, os::unix::fs::FileExt, path::Path};

use xxhash_rust::xxh3::Xxh3;

use super::{
    extents::extents,
    zero::{BLOCK, is_zero},
};
use crate::{
    cancellation::Cancellation,
    failure::{Failure, Result},
    input_file,
};

const BUFFER: u64 = 1 << 20;

/// xxh3-64 over the file's length and then, for each block of 4096 bytes that is not all zero, in order, its offset and its bytes
/// (the last block may be shorter). Numbers are 8 bytes, little-endian. So a copy has the same checksum however its holes were kept.
/// Against damage, not against malice.
pub fn checksum(path: &Path, cancellation: &Cancellation) -> Result<u64> {
    let (file, length) = input_file::open(path)?;
    let failed = |error: io::Error| Failure::storage("read", path, &error);
    let mut hash = Xxh3::new();
    hash.update(&length.to_le_bytes());
    let mut buffer = vec![0; BUFFER as usize];
    // Blocks before this one are done: two extents may lie in one block.
    let mut next = 0;
    let block_bytes = BLOCK as u64;
    for extent in extents(&file, 0, length) {
        let extent = extent.map_err(failed)?;
        let end = extent.end().next_multiple_of(block_bytes).min(length);
        next = next.max(extent.offset / block_bytes * block_bytes);
        while next < end {
            cancellation.check(|| format!("reading {}", path.display()))?;
            let piece = &mut buffer[..(end - next).min(BUFFER) as usize];
            file.read_exact_at(piece, next).map_err(failed)?;
            for (index, block) in piece.chunks(BLOCK).enumerate() {
                if !is_zero(block) {
                    hash.update(&(next + index as u64 * block_bytes).to_le_bytes());
                    hash.update(block);
                }
            }
            next += piece.len() as u64;
        }
    }
    Ok(hash.digest())
}
