//! Memory changes into a file; `file_header` tells its format.

use std::{
    io::{self, BufWriter, Write},
    os::unix::fs::{FileExt, MetadataExt},
    path::Path,
};

use xxhash_rust::xxh3::Xxh3;

use super::{
    changes::MemoryChanges,
    file_header::{CHECKSUM, HEADER, Header, RUN, encode_run},
    runs::{Content, PAGE, Run},
};
use crate::{
    failure::{Failure, Result},
    output_file::{Existing, OutputFile},
    sparse::is_zero,
};

const BUFFER: usize = 1 << 20;

impl MemoryChanges {
    /// Writes them to a file, which replaces one of that name; durable when this returns. Gives the bytes that it takes on the disk.
    pub fn write(&self, path: &Path) -> Result<u64> {
        let runs = self.runs_without_zeros()?;
        let output = OutputFile::create(path, 0o600)?;
        let failed = |error: io::Error| match error.downcast::<Failure>() {
            Ok(failure) => failure,
            Err(error) => Failure::storage("write", path, &error),
        };
        let checksum = self.write_all(&runs, output.file()).map_err(failed)?;
        output
            .file()
            .write_all_at(&checksum.to_le_bytes(), CHECKSUM.start as u64)
            .map_err(failed)?;
        let file = output.file().try_clone().map_err(failed)?;
        output.commit(Existing::Replace)?;
        Ok(file.metadata().map_err(failed)?.blocks() * 512)
    }

    /// Writes all but the checksum, and returns that.
    fn write_all(&self, runs: &[Run], file: impl Write) -> io::Result<u64> {
        let header = Header {
            ram_bytes: self.ram_bytes(),
            runs: runs.len() as u64,
            stored_pages: runs
                .iter()
                .filter(|run| run.content == Content::Stored)
                .map(|run| run.pages)
                .sum(),
            checksum: 0,
        };
        let mut file = Hashing {
            inner: BufWriter::with_capacity(BUFFER, file),
            hash: Xxh3::new(),
        };
        file.write_all(&header.encode())?;
        for run in runs {
            file.write_all(&encode_run(run))?;
        }
        let padding = header.data_offset() - HEADER - runs.len() as u64 * RUN;
        file.write_all(&[0; PAGE as usize][..padding as usize])?;
        self.each_page_group(|_, pages, content| match content {
            Content::Stored => Ok(file.write_all(pages)?),
            Content::Zero => Ok(()),
        })?;
        file.inner.flush()?;
        Ok(file.hash.digest())
    }

    /// The runs as they stand in the file: pages that turn out to be all zero are told apart.
    fn runs_without_zeros(&self) -> Result<Vec<Run>> {
        let mut stored = Vec::new();
        self.each_page_group(|first, pages, content| {
            push(
                &mut stored,
                Run {
                    first,
                    pages: pages.len() as u64 / PAGE,
                    content,
                },
            );
            Ok(())
        })?;
        let mut runs = Vec::with_capacity(stored.len());
        let mut known = self.runs_of(Content::Zero).copied().peekable();
        for run in stored {
            while let Some(zero) = known.next_if(|zero| zero.first < run.first) {
                push(&mut runs, zero);
            }
            push(&mut runs, run);
        }
        known.for_each(|zero| push(&mut runs, zero));
        Ok(runs)
    }

    /// All stored pages in order, in groups of pages that follow each other and are either all zero or none of them is.
    pub(super) fn each_page_group(
        &self,
        mut use_group: impl FnMut(u64, &[u8], Content) -> Result<()>,
    ) -> Result<()> {
        self.each_batch(BUFFER as u64 / PAGE, |segments, mut bytes| {
            for segment in segments {
                let (pages, rest) = bytes.split_at((segment.pages * PAGE) as usize);
                bytes = rest;
                let mut first = segment.first;
                for (group, content) in groups(pages) {
                    use_group(first, group, content)?;
                    first += group.len() as u64 / PAGE;
                }
            }
            Ok(())
        })
    }
}

fn groups(mut pages: &[u8]) -> impl Iterator<Item = (&[u8], Content)> {
    std::iter::from_fn(move || {
        let mut each = pages.chunks_exact(PAGE as usize).map(is_zero);
        let zero = each.next()?;
        let count = 1 + each.take_while(|other| *other == zero).count();
        let (group, rest) = pages.split_at(count * PAGE as usize);
        pages = rest;
        Some((group, if zero { Content::Zero } else { Content::Stored }))
    })
}

fn push(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.end() == run.first && last.content == run.content => {
            last.pages += run.pages;
        }
        _ => runs.push(run),
    }
}

struct Hashing<W> {
    inner: W,
    hash: Xxh3,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
