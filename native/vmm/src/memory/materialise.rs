//! A whole RAM file from the one that a VMM mapped and what was changed of it.

use std::{
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::Path,
};

use rustix::fs::{FallocateFlags, fallocate};

use super::{
    changes::MemoryChanges,
    runs::{Content, PAGE},
};
use crate::{
    cancellation::Cancellation,
    failure::{Failure, Result},
    input_file,
    output_file::{Durability, Existing, OutputFile},
    sparse::{copy_range, reflink},
};

impl MemoryChanges {
    /// Makes the file beside `output`, with holes where the RAM is zero, and renames it. Gives the bytes that it takes on the disk.
    pub fn materialise(
        &self,
        base: &Path,
        output: &Path,
        durability: Durability,
        cancellation: &Cancellation,
    ) -> Result<u64> {
        let mut check = || cancellation.check(|| format!("making {}", output.display()));
        let (source, ram_bytes) = input_file::open(base)?;
        self.check_ram(ram_bytes, base)?;
        let target = OutputFile::create(output, 0o600)?;
        let failed = |error: io::Error| Failure::storage("write", output, &error);
        let shared = reflink(&source, target.file()).map_err(failed)?;
        if !shared {
            target.file().set_len(ram_bytes).map_err(failed)?;
            let mut copy_pages = |from: u64, to: u64| {
                let (offset, bytes) = (from * PAGE, (to - from) * PAGE);
                copy_range(&source, offset, target.file(), offset, bytes, &mut check).map_err(
                    |failure| failure.within(format_args!("cannot copy {}", base.display())),
                )
            };
            let mut next = 0;
            for run in self.runs() {
                copy_pages(next, run.first)?;
                next = run.end();
            }
            copy_pages(next, ram_bytes / PAGE)?;
        }
        let clear = |first: u64, pages: u64| {
            if !shared {
                return Ok(());
            }
            let how = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            fallocate(target.file(), how, first * PAGE, pages * PAGE)
                .map_err(|error| failed(error.into()))
        };
        for run in self.runs_of(Content::Zero) {
            clear(run.first, run.pages)?;
        }
        self.each_page_group(|first, pages, content| {
            check()?;
            match content {
                Content::Zero => clear(first, pages.len() as u64 / PAGE),
                Content::Stored => target
                    .file()
                    .write_all_at(pages, first * PAGE)
                    .map_err(failed),
            }
        })?;
        let file = target.file().try_clone().map_err(failed)?;
        target.commit_as(Existing::Replace, durability)?;
        Ok(file.metadata().map_err(failed)?.blocks() * 512)
    }
}
