//! The part of the image that holds whole blocks: appended to while layers are read, zeros left as holes.

use std::{fs::File, os::fd::AsRawFd, os::unix::fs::FileExt};

use super::format::BLOCK;
use crate::{
    failure::{Failure, Result},
    output_file::OutputFile,
    rootfs::tree::BlockRun,
};

const BUFFER: usize = 1 << 20;
/// Zeros are looked for in pieces of this size; smaller holes would only fragment the file.
const PIECE: usize = 32 << 10;
/// The kernel is asked to start writing after each of these, so that the final sync finds little left.
const WRITEBACK: u64 = 16 << 20;
/// Block addresses are 32 bits wide, and the largest means a hole.
const MAX_BLOCKS: u64 = u32::MAX as u64 - 1;

pub struct DataArea<'a> {
    output: &'a OutputFile,
    buffer: Vec<u8>,
    /// Offset of the buffer in the file; everything before is written.
    written: u64,
    writeback: u64,
    max_bytes: u64,
}

impl<'a> DataArea<'a> {
    pub fn new(output: &'a OutputFile, max_bytes: u64) -> Self {
        // The first block is the superblock's.
        Self {
            output,
            buffer: Vec::with_capacity(BUFFER),
            written: BLOCK as u64,
            writeback: 0,
            max_bytes,
        }
    }

    pub fn position(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// The next block; only between files, when the position is on a block's start.
    pub fn next_block(&self) -> u32 {
        debug_assert_eq!(self.position() % BLOCK as u64, 0);
        (self.position() / BLOCK as u64) as u32
    }

    pub fn append(&mut self, mut data: &[u8]) -> Result<()> {
        self.check(data.len() as u64)?;
        while !data.is_empty() {
            let length = data.len().min(BUFFER - self.buffer.len());
            self.buffer.extend_from_slice(&data[..length]);
            data = &data[length..];
            if self.buffer.len() == BUFFER {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Goes on at `position`, which is not before the present one; what is between reads as zeros.
    pub fn seek(&mut self, position: u64) -> Result<()> {
        let gap = position
            .checked_sub(self.position())
            .expect("the data area only grows");
        self.check(gap)?;
        if gap < (BUFFER - self.buffer.len()) as u64 {
            self.buffer.resize(self.buffer.len() + gap as usize, 0);
            return Ok(());
        }
        self.flush()?;
        self.written = position;
        Ok(())
    }

    pub fn align(&mut self) -> Result<()> {
        self.seek(self.position().next_multiple_of(BLOCK as u64))
    }

    pub fn flush(&mut self) -> Result<()> {
        for (index, piece) in self.buffer.chunks(PIECE).enumerate() {
            if piece.iter().any(|byte| *byte != 0) {
                let offset = self.written + (index * PIECE) as u64;
                self.output
                    .file()
                    .write_all_at(piece, offset)
                    .map_err(|error| self.failed(&error))?;
            }
        }
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        if self.written - self.writeback >= WRITEBACK {
            start_writeback(self.output.file(), self.writeback, self.written);
            self.writeback = self.written;
        }
        Ok(())
    }

    /// Gives the disk space of blocks that nothing uses back; they read as zeros.
    pub fn discard(&self, runs: &[BlockRun]) -> Result<()> {
        for run in runs {
            let (offset, length) = (
                u64::from(run.block) * BLOCK as u64,
                u64::from(run.count) * BLOCK as u64,
            );
            let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
            // SAFETY: the file descriptor is open; the call touches no memory of ours.
            let status = unsafe {
                libc::fallocate(
                    self.output.file().as_raw_fd(),
                    mode,
                    offset as i64,
                    length as i64,
                )
            };
            if status != 0 {
                self.overwrite_with_zeros(offset, length)?;
            }
        }
        Ok(())
    }

    fn overwrite_with_zeros(&self, offset: u64, length: u64) -> Result<()> {
        let zeros = [0; PIECE];
        let mut done = 0;
        while done < length {
            let piece = (length - done).min(PIECE as u64);
            self.output
                .file()
                .write_all_at(&zeros[..piece as usize], offset + done)
                .map_err(|error| self.failed(&error))?;
            done += piece;
        }
        Ok(())
    }

    /// Refuses to grow by `more` bytes beyond a limit.
    pub(super) fn check(&self, more: u64) -> Result<()> {
        let end = self.position().saturating_add(more);
        if end > self.max_bytes || end / BLOCK as u64 > MAX_BLOCKS {
            return Err(Failure::image(
                "limit-exceeded",
                format!(
                    "the root image would get larger than {} bytes",
                    self.max_bytes
                ),
            ));
        }
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::storage("write the root image", self.output.path(), error)
    }
}

fn start_writeback(file: &File, from: u64, to: u64) {
    // SAFETY: the file descriptor is open; the call touches no memory of ours. It is a hint, so its result does not matter.
    unsafe {
        libc::sync_file_range(
            file.as_raw_fd(),
            from as i64,
            (to - from) as i64,
            libc::SYNC_FILE_RANGE_WRITE,
        );
    }
}
