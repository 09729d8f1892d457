//! Owner, permission bits, times and extended attributes of what a sink wrote.

use std::cell::Cell;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, Stat, Uid, chmodat, chownat, fchmod, fchown, fstat,
    futimens, openat, statat, utimensat,
};
use rustix::io::{Errno, Result};

use super::SinkOptions;
use crate::meta::{Meta, write_xattrs};

/// Whom copied files belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Who copies.
    Copier,
    Fixed(u32, u32),
    /// As in the source.
    Kept,
}

/// User and group.
pub type Ids = (u32, u32);

pub struct Attributes {
    options: SinkOptions,
    umask: u32,
}

impl Attributes {
    pub fn new(options: SinkOptions) -> Self {
        Self {
            options,
            umask: umask(),
        }
    }

    /// To a file that was created with the permission bits that `meta` has. Gives how many attributes were lost. `born` is whom new
    /// files of its directory belong to, once that is known.
    pub fn to_file(&self, file: &OwnedFd, meta: &Meta, born: &Cell<Option<Ids>>) -> Result<u64> {
        if let Some(wanted) = self.owner(meta) {
            let born = match born.get() {
                Some(born) => born,
                None => {
                    let stat = fstat(file)?;
                    born.set(Some((stat.st_uid, stat.st_gid)));
                    (stat.st_uid, stat.st_gid)
                }
            };
            // What lends its owner's rights is given to whom it must be, whatever others do with the directory.
            if born != wanted || meta.mode & 0o6000 != 0 {
                give(file, wanted)?;
            }
        }
        let kept = if self.options.set_id { 0o7777 } else { 0o1777 };
        let has_acl = meta
            .xattrs
            .iter()
            .any(|(name, _)| name.starts_with(b"system."));
        let wanted = meta.mode & kept;
        // Attributes are for who may write, whatever the descriptor allows (xattr(7)).
        let hinders = !meta.xattrs.is_empty() && wanted & 0o200 == 0;
        if hinders {
            fchmod(file, Mode::from(0o600))?;
        }
        let as_created = wanted & (0o7000 | self.umask) == 0 && !has_acl && !hinders;
        Self::to_open(file, meta, (!as_created).then_some(wanted))
    }

    /// To a directory. Gives how many attributes were lost.
    pub fn to_directory(&self, directory: &OwnedFd, meta: &Meta) -> Result<u64> {
        if let Some(wanted) = self.owner(meta) {
            give(directory, wanted)?;
        }
        Self::to_open(directory, meta, Some(meta.mode))
    }

    /// After its owner, and in the order in which none undoes another.
    fn to_open(file: &OwnedFd, meta: &Meta, mode: Option<u32>) -> Result<u64> {
        let lost = write_xattrs(file, &meta.xattrs)?;
        if let Some(mode) = mode {
            fchmod(file, Mode::from(mode))?;
        }
        futimens(file, &meta.times())?;
        Ok(lost)
    }

    /// To a link or FIFO, by its name. Gives what it is.
    pub fn to_named(&self, directory: &OwnedFd, name: &[u8], meta: &Meta) -> Result<Stat> {
        if let Some((uid, gid)) = self.owner(meta) {
            let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
            chownat(directory, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let is_fifo = FileType::from_raw_mode(stat.st_mode) == FileType::Fifo;
        if is_fifo && stat.st_mode & 0o7777 != meta.mode {
            chmod_fifo(directory, name, meta.mode)?;
        }
        utimensat(directory, name, &meta.times(), AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(stat)
    }

    fn owner(&self, meta: &Meta) -> Option<Ids> {
        match self.options.owner {
            Owner::Copier => None,
            Owner::Fixed(uid, gid) => Some((uid, gid)),
            Owner::Kept => Some((meta.uid, meta.gid)),
        }
    }
}

fn give(file: &OwnedFd, (uid, gid): Ids) -> Result<()> {
    fchown(file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
}

/// Not by name: whoever else writes there could have put a link in its place.
fn chmod_fifo(directory: impl AsFd, name: &[u8], mode: u32) -> Result<()> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(directory, name, flags, Mode::empty())?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::Fifo {
        return Err(Errno::STALE);
    }
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    chmodat(CWD, path, Mode::from(mode), AtFlags::empty())
}

/// What new files lack of their mode; all bits when it is not known. It cannot be asked for without changing it.
fn umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|value| u32::from_str_radix(value.trim(), 8).ok())
        .unwrap_or(0o777)
}
