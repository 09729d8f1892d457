//! Where the content of changed pages is: in memory of our own, or in a file of ours that was checked when it was opened.

use std::{fs::File, io, os::unix::fs::FileExt, path::PathBuf};

use memmap2::{Mmap, MmapMut, MmapOptions};

use crate::failure::{Code, Failure, Result};

#[derive(Debug)]
pub enum PageStore {
    Memory(Mmap),
    /// Read, never mapped: a file that is cut short meanwhile must be an error and no signal.
    File {
        file: File,
        path: PathBuf,
        /// Of the first page.
        offset: u64,
    },
}

impl PageStore {
    /// A piece of the store. `scratch` is where it comes to lie when it is not in memory.
    pub fn get<'a>(
        &'a self,
        position: u64,
        bytes: usize,
        scratch: &'a mut Vec<u8>,
    ) -> Result<&'a [u8]> {
        match self {
            Self::Memory(pages) => Ok(&pages[position as usize..position as usize + bytes]),
            Self::File { file, path, offset } => {
                scratch.resize(bytes, 0);
                file.read_exact_at(scratch, offset + position)
                    .map_err(|error| match error.kind() {
                        io::ErrorKind::UnexpectedEof => Failure::new(
                            Code::Storage,
                            "memory-damaged",
                            format!("{} was cut short while it was in use", path.display()),
                        ),
                        _ => Failure::storage("read", path, &error),
                    })?;
                Ok(scratch)
            }
        }
    }
}

/// Memory for so many bytes, all zero. Not of the allocator's: it goes back to the system at once when it is dropped.
pub fn anonymous(bytes: usize) -> Result<MmapMut> {
    let pages = MmapOptions::new()
        // An empty mapping is none.
        .len(bytes.max(1))
        .no_reserve_swap()
        .map_anon()
        .map_err(|error| {
            Failure::from(error)
                .within(format_args!(
                    "no memory for {} MiB of changed pages",
                    bytes >> 20
                ))
                .or_exhausted()
        })?;
    // Fewer page faults while the VM stands still. A kernel that cannot is as right, only slower.
    let _ = pages.advise(memmap2::Advice::HugePage);
    Ok(pages)
}
