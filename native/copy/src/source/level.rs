//! A directory that is read: its entries a few at a time, with its files asked of the disk before the first of them is read.
//!
//! A disk that is asked for one small file after the other lets the reader wait for each. So the files of a few entries are opened
//! first, in the order in which they lie there, and read when all of them are on their way.

use std::collections::VecDeque;
use std::ffi::CString;
use std::num::NonZeroU64;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{Advice, Dir, FileType, Mode, OFlags, fadvise, openat};
use rustix::io::Result;

use super::file_system::FileSystem;

/// Entries at a time; as many descriptors.
const AHEAD: usize = 32;
/// What is asked for of each file; of longer ones the kernel reads ahead by itself.
const ASKED: NonZeroU64 = NonZeroU64::new(64 * 1024).unwrap();
pub const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

pub struct Level {
    pub name: Vec<u8>,
    entries: Dir,
    system: FileSystem,
    ahead: VecDeque<Entry>,
}

pub struct Entry {
    pub name: CString,
    pub kind: FileType,
    inode: u64,
    /// When it was opened ahead.
    pub file: Option<Result<OwnedFd>>,
}

impl Entry {
    /// Of which nothing but the name is known.
    pub fn named(name: CString) -> Self {
        Self {
            name,
            kind: FileType::Unknown,
            inode: 0,
            file: None,
        }
    }
}

impl Level {
    pub fn new(directory: OwnedFd, name: &[u8]) -> Result<Self> {
        let system = FileSystem::of(&directory);
        Ok(Self {
            name: name.to_vec(),
            entries: Dir::new(directory)?,
            system,
            ahead: VecDeque::new(),
        })
    }

    pub fn directory(&self) -> Result<BorrowedFd<'_>> {
        self.entries.fd()
    }

    pub fn system(&self) -> FileSystem {
        self.system
    }

    pub fn next(&mut self) -> Result<Option<Entry>> {
        if self.ahead.is_empty() {
            self.read_ahead()?;
        }
        Ok(self.ahead.pop_front())
    }

    fn read_ahead(&mut self) -> Result<()> {
        while self.ahead.len() < AHEAD {
            let Some(entry) = self.entries.read().transpose()? else {
                break;
            };
            let name = entry.file_name();
            if name != c"." && name != c".." {
                self.ahead.push_back(Entry {
                    name: name.to_owned(),
                    kind: entry.file_type(),
                    inode: entry.ino(),
                    file: None,
                });
            }
        }
        // Files first, so that none is held open while a directory is read.
        let order = |entry: &Entry| (entry.kind != FileType::RegularFile, entry.inode);
        self.ahead.make_contiguous().sort_unstable_by_key(order);
        if self.system != FileSystem::Disk {
            return Ok(());
        }
        let directory = self.entries.fd()?;
        for entry in &mut self.ahead {
            if entry.kind == FileType::RegularFile {
                let file = openat(directory, &*entry.name, FILE, Mode::empty());
                if let Ok(file) = &file {
                    // No more than a wish.
                    let _ = fadvise(file, 0, Some(ASKED), Advice::WillNeed);
                }
                entry.file = Some(file);
            }
        }
        Ok(())
    }
}
