//! The lowest layer: the disk as it is, with holes where it is zero.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{
    layer::{Kind, Part, damaged},
    qcow2::{MAX_DISK_BYTES, SECTOR},
};
use crate::{
    failure::{Failure, Result},
    input_file,
    sparse::extents,
};

pub struct Raw {
    pub file: File,
    path: PathBuf,
    pub bytes: u64,
}

impl Raw {
    pub fn open(path: &Path) -> Result<Self> {
        let (file, bytes) = input_file::open(path)?;
        if bytes == 0 || bytes % SECTOR != 0 || bytes > MAX_DISK_BYTES {
            return Err(damaged(
                path,
                &format!(
                    "a raw disk has a whole number of sectors of {SECTOR} bytes, up to 16 TiB, and this file has {bytes} bytes"
                ),
            ));
        }
        Ok(Self {
            file,
            path: path.to_owned(),
            bytes,
        })
    }

    pub fn part(&mut self, from: u64, to: u64) -> Result<Part> {
        let extent = extents(&self.file, from, to)
            .next()
            .transpose()
            .map_err(|error| Failure::storage("read", &self.path, &error))?;
        Ok(match extent {
            None => Part {
                bytes: to - from,
                kind: Kind::Zero,
            },
            Some(extent) if extent.offset > from => Part {
                bytes: extent.offset - from,
                kind: Kind::Zero,
            },
            Some(extent) => Part {
                bytes: extent.bytes,
                kind: Kind::Data(from),
            },
        })
    }
}
