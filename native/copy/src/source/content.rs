//! The content of a file that is read: its data, and its holes.

use std::os::fd::OwnedFd;

use rustix::fs::{SeekFrom, seek};
use rustix::io::{Errno, Result, pread};

use crate::record::{DATA_HEAD, FULL, Record, put_data_head};

/// Less room than this is left unused, rather than filled with a sliver of data.
const LEAST_DATA: usize = 4096;

pub struct OpenFile {
    file: OwnedFd,
    pub name: Vec<u8>,
    size: u64,
    at: u64,
    /// Where the data that begins at or before `at` ends; holes follow it.
    data_end: u64,
}

/// What a message got of a file.
pub enum Pumped {
    Data(u64),
    Hole,
    /// The file is shorter than it was.
    Short,
}

impl OpenFile {
    pub fn new(file: OwnedFd, name: &[u8], size: u64, is_sparse: bool) -> Self {
        Self {
            file,
            name: name.to_vec(),
            size,
            at: 0,
            data_end: if is_sparse { 0 } else { size },
        }
    }

    pub fn is_whole(&self) -> bool {
        self.at >= self.size
    }

    /// Whether a message that is as long has room for data.
    pub fn fits(length: usize) -> bool {
        length + DATA_HEAD + LEAST_DATA <= FULL
    }

    /// Adds data or a hole to a message that has room.
    pub fn pump(&mut self, out: &mut Vec<u8>) -> Result<Pumped> {
        if self.at >= self.data_end {
            let (begin, end) = next_data(&self.file, self.at, self.size)?;
            if begin > self.at {
                Record::Hole(begin - self.at).put(out);
            }
            (self.at, self.data_end) = (begin, end);
            return Ok(Pumped::Hole);
        }
        let room = FULL - out.len() - DATA_HEAD;
        let length = (self.data_end - self.at).min(room as u64) as usize;
        put_data_head(out, length);
        let begin = out.len();
        out.resize(begin + length, 0);
        let mut filled = 0;
        while filled < length {
            let at = self.at + filled as u64;
            match pread(&self.file, &mut out[begin + filled..], at) {
                Ok(0) => return Ok(Pumped::Short),
                Ok(read) => filled += read,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        self.at += length as u64;
        Ok(Pumped::Data(length as u64))
    }
}

/// Where the next data begins and ends; both are the file's end when only a hole follows.
fn next_data(file: &OwnedFd, at: u64, size: u64) -> Result<(u64, u64)> {
    let begin = match seek(file, SeekFrom::Data(at)) {
        Ok(begin) => begin.min(size),
        Err(Errno::NXIO) => return Ok((size, size)),
        // A file system without holes.
        Err(Errno::INVAL) => return Ok((at, size)),
        Err(errno) => return Err(errno),
    };
    if begin == size {
        return Ok((size, size));
    }
    let end = seek(file, SeekFrom::Hole(begin))?.min(size);
    Ok((begin, end))
}
