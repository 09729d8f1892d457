//! What lies behind a file: it decides how its content is had.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{MemfdFlags, fstatfs, memfd_create};
use rustix::io::{Errno, Result, read, write};

/// By its magic number (linux/magic.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// It has a cache that may be filled before a file is read: ext4, overlayfs, EROFS, XFS, btrfs.
    Disk,
    /// Its files are made when they are read, whatever size they say: proc, sysfs, cgroup 2.
    Made,
    /// Some have no cache that notices changes, such as 9p, and some none to fill, such as tmpfs.
    Other,
}

/// What is held of a file that is made when it is read.
const MAX_MADE: usize = 16 << 20;

impl FileSystem {
    pub fn of(file: impl AsFd) -> Self {
        match fstatfs(file).map_or(0, |system| system.f_type as u32) {
            0xEF53 | 0x794C_7630 | 0xE0F5_E1E2 | 0x5846_5342 | 0x9123_683E => Self::Disk,
            0x9FA0 | 0x6265_6572 | 0x6367_7270 => Self::Made,
            _ => Self::Other,
        }
    }
}

/// A file that is made when it is read, as one that stays; and its size.
pub fn keep(file: &OwnedFd) -> Result<(OwnedFd, u64)> {
    let kept = memfd_create("boxlite-copy", MemfdFlags::CLOEXEC)?;
    let mut buffer = vec![0u8; 64 * 1024];
    let mut size = 0;
    loop {
        let length = match read(file, &mut buffer[..]) {
            Ok(0) => return Ok((kept, size as u64)),
            Ok(length) => length,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno),
        };
        size += length;
        if size > MAX_MADE {
            return Err(Errno::FBIG);
        }
        let mut data = &buffer[..length];
        while !data.is_empty() {
            let written = write(&kept, data)?;
            data = &data[written..];
        }
    }
}
