//! Which parts of a sparse file hold data, at a coarse grain.

use std::{io, path::Path};

use super::extents::extents;
use crate::{
    cancellation::Cancellation,
    failure::{Failure, Result},
    input_file,
};

#[derive(Debug, PartialEq, Eq)]
pub struct DataBlocks {
    /// Numbers of the blocks that hold any data, ascending.
    pub blocks: Vec<u32>,
    /// All bytes that are no hole.
    pub data_bytes: u64,
}

/// Looks at a file as blocks of `block_bytes`. Reads none of it.
pub fn data_blocks(
    path: &Path,
    block_bytes: u64,
    cancellation: &Cancellation,
) -> Result<DataBlocks> {
    let (file, length) = input_file::open(path)?;
    if block_bytes == 0 || length.div_ceil(block_bytes) > u64::from(u32::MAX) {
        return Err(Failure::invalid_argument(format!(
            "{} cannot be looked at in blocks of {block_bytes} bytes",
            path.display()
        )));
    }
    let failed = |error: io::Error| Failure::storage("read", path, &error);
    let mut blocks = Vec::new();
    let mut data_bytes = 0;
    // The first block that no extent has told of yet: two extents may lie in one.
    let mut next = 0;
    for extent in extents(&file, 0, length) {
        cancellation.check(|| format!("reading {}", path.display()))?;
        let extent = extent.map_err(failed)?;
        data_bytes += extent.bytes;
        let end = extent.end().div_ceil(block_bytes);
        // Below 2^32, as checked above.
        blocks.extend((next.max(extent.offset / block_bytes)..end).map(|block| block as u32));
        next = end;
    }
    Ok(DataBlocks { blocks, data_bytes })
}

#[cfg(test)]
mod tests {
    use std::{fs::File, os::unix::fs::FileExt};

    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn blocks_with_data_are_told_once() {
        let path = std::env::temp_dir().join(format!("boxlite-blocks-{}", std::process::id()));
        let file = File::create(&path).unwrap();
        file.set_len(10 * MIB + 5).unwrap();
        for offset in [0, 200_000, 3 * MIB - 1, 3 * MIB, 10 * MIB] {
            file.write_all_at(b"x", offset).unwrap();
        }
        let found = data_blocks(&path, MIB, &Cancellation::default());
        let cancellation = Cancellation::default();
        cancellation.cancel();
        let cancelled = data_blocks(&path, MIB, &cancellation);
        let refused = data_blocks(&path, 0, &Cancellation::default());
        std::fs::remove_file(&path).unwrap();
        let found = found.unwrap();
        assert_eq!(found.blocks, [0, 2, 3, 10]);
        assert!(found.data_bytes >= 5 && found.data_bytes <= 4 * MIB + 5);
        assert!(cancelled.is_err());
        assert!(refused.is_err());
    }
}
