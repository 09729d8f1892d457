//! One entry of a directory, or what is copied itself, as records.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use rustix::io::Errno;

use super::Source;
use super::content::OpenFile;
use super::file_system::{FileSystem, keep};
use super::level::{Entry, FILE, Level};
use super::top::Top;
use crate::links::Name;
use crate::meta::{Meta, read_xattrs};
use crate::record::Record;
use crate::{Fault, Result};

/// Each level holds a descriptor.
const MAX_DEPTH: usize = 1024;

impl Source {
    pub(super) fn begin(&mut self, top: Top, out: &mut Vec<u8>) -> Result<()> {
        match top {
            Top::Content(directory) => {
                let read = || -> rustix::io::Result<(Stat, Vec<_>)> {
                    let xattrs = read_xattrs(&directory, self.archive)?;
                    Ok((fstat(&directory)?, xattrs))
                };
                let (stat, xattrs) = read().map_err(|errno| self.failed("read", b"", errno))?;
                self.enter(directory, b"", Meta::of(&stat, xattrs), out)
            }
            Top::Followed { file, name } => {
                let stat = fstat(&file).map_err(|errno| self.failed("read", b"", errno))?;
                match FileType::from_raw_mode(stat.st_mode) {
                    FileType::Directory => self.directory(file, &name, out),
                    FileType::RegularFile => self.regular(file, &name, out),
                    kind => self.special(kind, stat, file.as_fd(), c"", &name, out),
                }
            }
            Top::Named { parent, name } => {
                let name =
                    CString::new(name).map_err(|_| self.failed("read", b"", Errno::INVAL))?;
                self.entry(parent.as_fd(), Entry::named(name), out)
            }
        }
    }

    pub(super) fn entry(
        &mut self,
        directory: BorrowedFd<'_>,
        Entry {
            name, kind, file, ..
        }: Entry,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let bytes = name.to_bytes();
        let mut stat = None;
        let kind = match kind {
            FileType::RegularFile | FileType::Directory => kind,
            _ => {
                let read = statat(directory, &*name, AtFlags::SYMLINK_NOFOLLOW);
                let read = read.map_err(|errno| self.failed("read", bytes, errno))?;
                stat = Some(read);
                FileType::from_raw_mode(read.st_mode)
            }
        };
        let open = |flags| openat(directory, &*name, flags, Mode::empty());
        match (kind, stat) {
            (FileType::RegularFile, _) => {
                let file = file.unwrap_or_else(|| open(FILE));
                let file = file.map_err(|errno| self.failed("read", bytes, errno))?;
                self.regular(file, bytes, out)
            }
            (FileType::Directory, _) => {
                let file = open(FILE | OFlags::DIRECTORY);
                let file = file.map_err(|errno| self.failed("read", bytes, errno))?;
                self.directory(file, bytes, out)
            }
            (kind, Some(stat)) => self.special(kind, stat, directory, &name, bytes, out),
            (_, None) => Err(Fault::Changed(self.shown(bytes))),
        }
    }

    fn directory(&mut self, directory: OwnedFd, name: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let read = || -> rustix::io::Result<Meta> {
            Ok(Meta::of(
                &fstat(&directory)?,
                read_xattrs(&directory, self.archive)?,
            ))
        };
        let meta = read().map_err(|errno| self.failed("read", name, errno))?;
        self.enter(directory, name, meta, out)
    }

    fn enter(
        &mut self,
        directory: OwnedFd,
        name: &[u8],
        meta: Meta,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        if self.levels.len() == MAX_DEPTH {
            return Err(self.failed("read", name, Errno::NAMETOOLONG));
        }
        let level =
            Level::new(directory, name).map_err(|errno| self.failed("read", name, errno))?;
        let meta = Some(meta);
        Record::Enter { name, meta }.put(out);
        self.progress.entries += 1;
        self.levels.push(level);
        Ok(())
    }

    fn regular(&mut self, file: OwnedFd, name: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let stat = fstat(&file).map_err(|errno| self.failed("read", name, errno))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Fault::Changed(self.shown(name)));
        }
        let Some(id) = self.first_name(&stat, name, out)? else {
            return Ok(());
        };
        let xattrs = read_xattrs(&file, self.archive);
        let xattrs = xattrs.map_err(|errno| self.failed("read the attributes of", name, errno))?;
        let system = match self.levels.last() {
            Some(level) => level.system(),
            None => FileSystem::of(&file),
        };
        let (file, size) = match system {
            FileSystem::Made => keep(&file).map_err(|errno| self.failed("read", name, errno))?,
            _ => (file, u64::try_from(stat.st_size).unwrap_or(0)),
        };
        let meta = Meta::of(&stat, xattrs);
        Record::File {
            name,
            meta,
            id,
            size,
        }
        .put(out);
        self.progress.entries += 1;
        if size > 0 {
            let sparse =
                system != FileSystem::Made && (stat.st_blocks as u64).saturating_mul(512) < size;
            self.file = Some(OpenFile::new(file, name, size, sparse));
        }
        Ok(())
    }

    /// The id for the names that may follow, 0 for none; nothing when the file was told already.
    fn first_name(&mut self, stat: &Stat, name: &[u8], out: &mut Vec<u8>) -> Result<Option<u64>> {
        if stat.st_nlink < 2 {
            return Ok(Some(0));
        }
        match self.seen.note(stat.st_dev, stat.st_ino, stat.st_nlink)? {
            Name::First(id) => Ok(Some(id)),
            Name::Another(id) => {
                Record::Link { name, id }.put(out);
                self.progress.entries += 1;
                Ok(None)
            }
        }
    }

    /// What has no content. `file` is the directory that holds it, or itself when `at` is empty.
    fn special(
        &mut self,
        kind: FileType,
        stat: Stat,
        file: BorrowedFd<'_>,
        at: &CStr,
        name: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        match kind {
            FileType::Symlink | FileType::Fifo => {}
            FileType::Socket => {
                self.progress.skipped += 1;
                return Ok(());
            }
            FileType::CharacterDevice | FileType::BlockDevice => {
                return Err(Fault::Device(self.shown(name)));
            }
            _ => return Err(Fault::Changed(self.shown(name))),
        }
        let Some(id) = self.first_name(&stat, name, out)? else {
            return Ok(());
        };
        let meta = Meta::of(&stat, Vec::new());
        if kind == FileType::Symlink {
            let target = readlinkat(file, at, Vec::new());
            let target = target.map_err(|errno| self.failed("read the link", name, errno))?;
            let target = target.as_bytes();
            Record::Symlink {
                name,
                meta,
                id,
                target,
            }
            .put(out);
        } else {
            Record::Fifo { name, meta, id }.put(out);
        }
        self.progress.entries += 1;
        Ok(())
    }
}
