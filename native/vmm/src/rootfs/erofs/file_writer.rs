//! Writes one file's bytes into the data area while they come out of an archive.

use super::{
    data_area::DataArea,
    format::{BLOCK, BLOCK_BITS},
    plan,
};
use crate::{
    failure::Result,
    rootfs::{
        tar::Region,
        tree::{ChunkRun, FileData},
        xattr::Xattr,
    },
};

/// A sparse file's chunk table has at most this many entries, unless chunks are as large as they can be.
const MAX_CHUNKS: u64 = 1 << 16;
/// EROFS keeps 5 bits of a chunk's size in blocks.
const MAX_CHUNK_BITS: u8 = BLOCK_BITS + 31;

/// A file that is stored whole. A short last block is kept for the metadata area if it fits and `may_keep_tail`.
pub struct FlatWriter {
    size: u64,
    block: u32,
    body: u64,
    tail: Vec<u8>,
}

impl FlatWriter {
    pub fn new(area: &DataArea<'_>, size: u64, xattrs: &[Xattr], may_keep_tail: bool) -> Self {
        let tail = size % BLOCK as u64;
        let is_kept = may_keep_tail && plan::fits_inline(tail as usize, xattrs);
        let body = if is_kept { size - tail } else { size };
        Self {
            size,
            block: area.next_block(),
            body,
            tail: Vec::new(),
        }
    }

    pub fn push(&mut self, area: &mut DataArea<'_>, data: &[u8]) -> Result<()> {
        let length = usize::try_from(self.body).map_or(data.len(), |left| left.min(data.len()));
        area.append(&data[..length])?;
        self.body -= length as u64;
        self.tail.extend_from_slice(&data[length..]);
        Ok(())
    }

    pub fn finish(self, area: &mut DataArea<'_>) -> Result<FileData> {
        area.align()?;
        Ok(FileData::Flat {
            size: self.size,
            block: self.block,
            tail: self.tail.into(),
        })
    }
}

/// A sparse file: only chunks that hold data take blocks.
pub struct SparseWriter {
    size: u64,
    chunk_bits: u8,
    runs: Vec<ChunkRun>,
    /// Regions with their place in the data area, the next one last.
    pending: Vec<(u64, u64)>,
    end: u64,
}

impl SparseWriter {
    pub fn new(area: &DataArea<'_>, size: u64, regions: &[Region]) -> Result<Self> {
        let chunk_bits = (BLOCK_BITS..MAX_CHUNK_BITS)
            .find(|bits| size.div_ceil(1 << bits) <= MAX_CHUNKS)
            .unwrap_or(MAX_CHUNK_BITS);
        let mut runs: Vec<ChunkRun> = Vec::new();
        let mut pending = Vec::with_capacity(regions.len());
        let mut next_block = u64::from(area.next_block());
        for region in regions {
            let first = (region.offset >> chunk_bits) as u32;
            let last = ((region.offset + region.length - 1) >> chunk_bits) as u32;
            match runs.last_mut() {
                Some(run) if first <= run.first + run.count => {
                    run.count = last + 1 - run.first;
                }
                _ => runs.push(ChunkRun {
                    first,
                    count: last + 1 - first,
                    block: next_block as u32,
                    blocks: 0,
                }),
            }
            let run = runs.last_mut().expect("pushed above");
            let start = u64::from(run.first) << chunk_bits;
            let stop = (u64::from(run.first + run.count) << chunk_bits).min(size);
            run.blocks = (stop - start).div_ceil(BLOCK as u64) as u32;
            next_block = u64::from(run.block) + u64::from(run.blocks);
            pending.push((
                u64::from(run.block) * BLOCK as u64 + (region.offset - start),
                region.length,
            ));
        }
        pending.reverse();
        let end = next_block * BLOCK as u64;
        area.check(end - area.position())?;
        Ok(Self {
            size,
            chunk_bits,
            runs,
            pending,
            end,
        })
    }

    pub fn push(&mut self, area: &mut DataArea<'_>, mut data: &[u8]) -> Result<()> {
        while let Some((position, left)) = self.pending.last_mut().filter(|_| !data.is_empty()) {
            let length = usize::try_from(*left).map_or(data.len(), |left| left.min(data.len()));
            area.seek(*position)?;
            area.append(&data[..length])?;
            data = &data[length..];
            *position += length as u64;
            *left -= length as u64;
            if *left == 0 {
                self.pending.pop();
            }
        }
        Ok(())
    }

    pub fn finish(self, area: &mut DataArea<'_>) -> Result<FileData> {
        area.seek(self.end)?;
        Ok(FileData::Chunked {
            size: self.size,
            chunk_bits: self.chunk_bits,
            runs: self.runs.into(),
        })
    }
}
