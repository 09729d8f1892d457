//! Copies of files that keep their holes; by reflink where the file system has it.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{copy_file_range, ioctl_ficlone},
    io::Errno,
};

use super::extents::{Extent, extents};
use crate::{
    cancellation::Cancellation,
    failure::{Code, Failure, Result},
    input_file,
    output_file::{Durability, Existing, OutputFile},
};

/// Bytes between two looks at the cancellation.
const STEP: u64 = 16 << 20;
/// For file systems between which the kernel does not copy.
const BUFFER: usize = 256 << 10;

#[derive(Debug)]
pub struct CopyRequest {
    pub from: PathBuf,
    /// Replaced when it exists.
    pub to: PathBuf,
    /// Most bytes that may be copied; a reflink copies none.
    pub max_data_bytes: u64,
    pub durability: Durability,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    pub reflink: bool,
    /// What was copied: 0 for a reflink.
    pub data_bytes: u64,
}

/// Copies a file beside its new name and renames it.
pub fn copy(request: &CopyRequest, cancellation: &Cancellation) -> Result<Copied> {
    let (source, length) = input_file::open(&request.from)?;
    let output = OutputFile::create(&request.to, 0o600)?;
    let reflink = reflink(&source, output.file())
        .map_err(|error| Failure::storage("write", &request.to, &error))?;
    let data_bytes = if reflink {
        0
    } else {
        copy_data(&source, length, &output, request, cancellation)?
    };
    output.commit_as(Existing::Replace, request.durability)?;
    Ok(Copied {
        reflink,
        data_bytes,
    })
}

fn copy_data(
    source: &File,
    length: u64,
    output: &OutputFile,
    request: &CopyRequest,
    cancellation: &Cancellation,
) -> Result<u64> {
    let mut data_bytes = 0;
    for extent in extents(source, 0, length) {
        data_bytes += extent
            .map_err(|error| Failure::storage("read", &request.from, &error))?
            .bytes;
        if data_bytes > request.max_data_bytes {
            return Err(Failure::new(
                Code::ResourceExhausted,
                "too-large",
                format!(
                    "{} holds more than the {} bytes of data that may be copied, and the file system cannot share them (no reflink)",
                    request.from.display(),
                    request.max_data_bytes
                ),
            ));
        }
    }
    output
        .file()
        .set_len(length)
        .map_err(|error| Failure::storage("write", &request.to, &error))?;
    copy_range(source, 0, output.file(), 0, length, &mut || {
        cancellation.check(|| format!("copying {}", request.from.display()))
    })
    .map_err(|failure| {
        failure.within(format_args!(
            "cannot copy {} to {}",
            request.from.display(),
            request.to.display()
        ))
    })
}

/// Copies the data of a range of one file to another place in another file, whose bytes there must be holes. Gives the bytes copied.
/// `check` is called now and then; its failure ends the copy.
pub fn copy_range(
    from: &File,
    from_offset: u64,
    to: &File,
    to_offset: u64,
    length: u64,
    check: &mut impl FnMut() -> Result<()>,
) -> Result<u64> {
    let mut copied = 0;
    for extent in extents(from, from_offset, from_offset + length) {
        let Extent { offset, bytes } = extent?;
        let mut done = 0;
        while done < bytes {
            check()?;
            let step = STEP.min(bytes - done);
            let (source, target) = (offset + done, to_offset + (offset - from_offset) + done);
            copy_step(from, source, to, target, step)?;
            done += step;
        }
        copied += bytes;
    }
    Ok(copied)
}

fn copy_step(
    from: &File,
    from_offset: u64,
    to: &File,
    to_offset: u64,
    length: u64,
) -> io::Result<()> {
    let (mut source, mut target) = (from_offset, to_offset);
    while source < from_offset + length {
        let left = (from_offset + length - source) as usize;
        match copy_file_range(from, Some(&mut source), to, Some(&mut target), left) {
            // The file was cut meanwhile: what is missing is a hole.
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                return copy_by_hand(from, source, to, target, left as u64);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn copy_by_hand(
    from: &File,
    from_offset: u64,
    to: &File,
    to_offset: u64,
    length: u64,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    let mut done = 0;
    while done < length {
        let piece = &mut buffer[..(length - done).min(BUFFER as u64) as usize];
        let count = from.read_at(piece, from_offset + done)?;
        if count == 0 {
            return Ok(());
        }
        to.write_all_at(&piece[..count], to_offset + done)?;
        done += count as u64;
    }
    Ok(())
}

/// Makes `to` share the blocks of `from`; false when the file systems cannot.
pub fn reflink(from: &File, to: &File) -> io::Result<bool> {
    match ioctl_ficlone(to, from) {
        Ok(()) => Ok(true),
        Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::IO)) => Err(error.into()),
        Err(_) => Ok(false),
    }
}

/// Whether files in this directory can share blocks; tried, with a file of one block.
pub fn can_reflink(directory: &Path) -> Result<bool> {
    let probe = |name: &str| OutputFile::create(&directory.join(name), 0o600);
    let (from, to) = (probe("reflink-from")?, probe("reflink-to")?);
    let failed = |error: io::Error| Failure::storage("write", directory, &error);
    from.file().write_all_at(&[1; 4096], 0).map_err(failed)?;
    reflink(from.file(), to.file()).map_err(failed)
}
