//! The data of a sparse file (lseek(2), `SEEK_DATA` and `SEEK_HOLE`).

use std::{fs::File, io};

use rustix::{
    fs::{SeekFrom, seek},
    io::Errno,
};

/// Consecutive bytes that are not known to be a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub offset: u64,
    pub bytes: u64,
}

impl Extent {
    pub fn end(&self) -> u64 {
        self.offset + self.bytes
    }
}

/// The extents of `from..to`, in order, one at a time. Moves the file's position. A file system that knows no holes has one extent.
pub fn extents(file: &File, from: u64, to: u64) -> impl Iterator<Item = io::Result<Extent>> {
    let mut position = from;
    std::iter::from_fn(move || {
        if position >= to {
            return None;
        }
        match next(file, position, to) {
            Ok(Some(extent)) => {
                position = extent.end();
                Some(Ok(extent))
            }
            Ok(None) => {
                position = to;
                None
            }
            Err(error) => {
                position = to;
                Some(Err(error))
            }
        }
    })
}

fn next(file: &File, position: u64, to: u64) -> io::Result<Option<Extent>> {
    let offset = match seek(file, SeekFrom::Data(position)) {
        Ok(offset) => offset,
        // Nothing but holes from here.
        Err(Errno::NXIO) => return Ok(None),
        Err(Errno::INVAL) => position,
        Err(error) => return Err(error.into()),
    };
    if offset >= to {
        return Ok(None);
    }
    let end = match seek(file, SeekFrom::Hole(offset)) {
        Ok(end) => end.min(to),
        Err(Errno::INVAL) => to,
        // The file was cut meanwhile.
        Err(Errno::NXIO) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if end <= offset {
        return Err(io::Error::other("the file system tells an empty extent"));
    }
    Ok(Some(Extent {
        offset,
        bytes: end - offset,
    }))
}
