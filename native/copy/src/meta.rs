//! What is kept of a file beside its content.

use std::os::fd::AsFd;

use rustix::fs::{
    Stat, Timespec, Timestamps, UTIME_OMIT, XattrFlags, fgetxattr, flistxattr, fsetxattr,
};
use rustix::io::{Errno, Result as Tried};

use crate::wire::{Input, put_bytes, put_number, put_signed};
use crate::{Fault, Result};

const MAX_XATTR_NAME: usize = 255;
/// Of one file together, names included; ext4 and XFS hold less or as much.
const MAX_XATTRS: usize = 72 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Permission bits, setuid, setgid and sticky included.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub seconds: i64,
    pub nanos: u32,
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Meta {
    pub fn of(stat: &Stat, xattrs: Vec<(Vec<u8>, Vec<u8>)>) -> Self {
        Self {
            mode: stat.st_mode & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            seconds: stat.st_mtime,
            nanos: stat.st_mtime_nsec as u32,
            xattrs,
        }
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        put_number(out, self.mode.into());
        put_number(out, self.uid.into());
        put_number(out, self.gid.into());
        put_signed(out, self.seconds);
        put_number(out, self.nanos.into());
        put_number(out, self.xattrs.len() as u64);
        for (name, value) in &self.xattrs {
            put_bytes(out, name);
            put_bytes(out, value);
        }
    }

    pub(crate) fn take(input: &mut Input<'_>) -> Result<Self> {
        let mut meta = Self {
            mode: input.number_32()?,
            uid: input.number_32()?,
            gid: input.number_32()?,
            seconds: input.signed()?,
            nanos: input.number_32()?,
            xattrs: Vec::new(),
        };
        // The kernel takes u32::MAX for 'leave it'.
        if meta.mode > 0o7777
            || meta.nanos >= 1_000_000_000
            || meta.uid == u32::MAX
            || meta.gid == u32::MAX
        {
            return Err(Fault::Stream("a file's data that cannot be"));
        }
        let (count, mut left) = (input.number()?, MAX_XATTRS);
        for _ in 0..count {
            let name = input.bytes(MAX_XATTR_NAME.min(left))?;
            left -= name.len();
            let value = input.bytes(left)?;
            left = (left - value.len()).saturating_sub(1);
            if !is_copied(name, true) || name.contains(&0) {
                return Err(Fault::Stream("an extended attribute that is not copied"));
            }
            meta.xattrs.push((name.to_vec(), value.to_vec()));
        }
        Ok(meta)
    }

    pub fn times(&self) -> Timestamps {
        Timestamps {
            last_access: Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_OMIT,
            },
            last_modification: Timespec {
                tv_sec: self.seconds,
                tv_nsec: self.nanos.into(),
            },
        }
    }
}

/// Whether an attribute belongs to a copy: the users' own, and with `archive` what else decides who may do what with the file.
pub fn is_copied(name: &[u8], archive: bool) -> bool {
    name.starts_with(b"user.")
        || archive
            && matches!(
                name,
                b"security.capability" | b"system.posix_acl_access" | b"system.posix_acl_default"
            )
}

pub fn read_xattrs(file: impl AsFd, archive: bool) -> Tried<Vec<(Vec<u8>, Vec<u8>)>> {
    // Most files have none, and few have many.
    let mut small = [0u8; 1024];
    let mut large = Vec::new();
    let names: &[u8] = match flistxattr(&file, &mut small[..]) {
        Ok(length) => &small[..length],
        Err(Errno::NOTSUP | Errno::NOSYS) => &[],
        Err(Errno::RANGE) => {
            large.resize(64 * 1024, 0u8);
            let length = flistxattr(&file, &mut large[..])?;
            &large[..length]
        }
        Err(errno) => return Err(errno),
    };
    let (mut found, mut held) = (Vec::new(), 0);
    for name in names.split(|&byte| byte == 0) {
        if name.is_empty() || !is_copied(name, archive) {
            continue;
        }
        let mut value = vec![0u8; 64 * 1024];
        let length = match fgetxattr(&file, name, &mut value[..]) {
            Ok(length) => length,
            // Gone meanwhile.
            Err(Errno::NODATA) => continue,
            Err(errno) => return Err(errno),
        };
        value.truncate(length);
        value.shrink_to_fit();
        held += name.len() + length + 1;
        if held > MAX_XATTRS {
            return Err(Errno::TOOBIG);
        }
        found.push((name.to_vec(), value));
    }
    Ok(found)
}

/// Gives how many the file system does not take.
pub fn write_xattrs(file: impl AsFd, xattrs: &[(Vec<u8>, Vec<u8>)]) -> Tried<u64> {
    let mut lost = 0;
    for (name, value) in xattrs {
        match fsetxattr(&file, &name[..], value, XattrFlags::empty()) {
            Ok(()) => {}
            Err(Errno::NOTSUP) => lost += 1,
            Err(errno) => return Err(errno),
        }
    }
    Ok(lost)
}
