//! What one archive entry says, whatever format said it.

use super::sparse::Region;
use crate::rootfs::xattr::Xattr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub path: Vec<u8>,
    pub kind: Kind,
    /// Permission bits, set-id and sticky bits: 0o7777.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Seconds since 1970 and nanoseconds.
    pub mtime: (i64, u32),
    pub xattrs: Vec<Xattr>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `regions` is `None` for a file that is stored whole.
    File {
        size: u64,
        regions: Option<Vec<Region>>,
    },
    HardLink(Vec<u8>),
    Symlink(Vec<u8>),
    CharacterDevice {
        major: u32,
        minor: u32,
    },
    BlockDevice {
        major: u32,
        minor: u32,
    },
    Directory,
    Fifo,
}
