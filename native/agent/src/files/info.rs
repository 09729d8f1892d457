//! What there is to know of a file.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, FileType as Kind, OFlags, Stat, fstat, readlinkat, statat};
use rustix::io::Result;
use tonic::Status;

use super::resolve;
use crate::container::Container;
use crate::fault::plain_errno;
use crate::proto::{FileInfo, FileType};

pub fn of_path(
    container: &Container,
    path: &[u8],
    follow: bool,
) -> std::result::Result<FileInfo, Status> {
    let read = || -> Result<FileInfo> {
        let flags = if follow {
            OFlags::PATH
        } else {
            OFlags::PATH | OFlags::NOFOLLOW
        };
        let file = resolve::open(&container.root, path, flags)?;
        let stat = fstat(&file)?;
        let link_target = link_target(&file, b"", &stat);
        Ok(make(resolve::name(path), &stat, link_target))
    };
    read().map_err(plain_errno)
}

/// Of an entry of a directory, the entry itself.
pub fn of_entry(directory: &OwnedFd, name: Vec<u8>) -> Result<FileInfo> {
    let stat = statat(directory, &name[..], AtFlags::SYMLINK_NOFOLLOW)?;
    let link_target = link_target(directory, &name, &stat);
    Ok(make(name, &stat, link_target))
}

fn link_target(directory: impl AsFd, name: &[u8], stat: &Stat) -> Vec<u8> {
    match Kind::from_raw_mode(stat.st_mode) {
        Kind::Symlink => readlinkat(directory, name, Vec::new())
            .map_or_else(|_| Vec::new(), |target| target.into_bytes()),
        _ => Vec::new(),
    }
}

fn make(name: Vec<u8>, stat: &Stat, link_target: Vec<u8>) -> FileInfo {
    let kind = match Kind::from_raw_mode(stat.st_mode) {
        Kind::RegularFile => FileType::Regular,
        Kind::Directory => FileType::Directory,
        Kind::Symlink => FileType::Symlink,
        Kind::CharacterDevice => FileType::CharacterDevice,
        Kind::BlockDevice => FileType::BlockDevice,
        Kind::Fifo => FileType::Fifo,
        Kind::Socket => FileType::Socket,
        _ => FileType::Unspecified,
    };
    let mtime = i128::from(stat.st_mtime) * 1_000_000_000 + stat.st_mtime_nsec as i128;
    FileInfo {
        name: name.into(),
        r#type: kind.into(),
        mode: stat.st_mode & 0o7777,
        size: stat.st_size as u64,
        uid: stat.st_uid,
        gid: stat.st_gid,
        // Times beyond the year 2262 do not fit.
        mtime_unix_nanos: mtime.clamp(i64::MIN.into(), i64::MAX.into()) as i64,
        link_target: link_target.into(),
    }
}
