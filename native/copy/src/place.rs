//! Where a copy goes, by the rules of `docker cp`: into a directory that exists, under the source's name; else under the path itself,
//! whose parent must exist.

use std::os::fd::OwnedFd;

use rustix::fs::OFlags;
use rustix::io::{Errno, Result};

use crate::{Base, base};

pub enum Place {
    /// An entry of this directory, under the source's own name.
    Into(OwnedFd),
    /// In this directory, under this name.
    As(OwnedFd, Vec<u8>),
}

/// `path` is absolute. With `/` or `/.` behind it only a directory is right.
pub fn find(base: &(impl Base + ?Sized), path: &[u8], source_is_directory: bool) -> Result<Place> {
    let directory = OFlags::PATH | OFlags::DIRECTORY;
    let wants_directory = path.ends_with(b"/") || path.ends_with(b"/.");
    match base.open(path, directory) {
        Ok(directory) => Ok(Place::Into(directory)),
        Err(Errno::NOTDIR) if source_is_directory || wants_directory => Err(Errno::NOTDIR),
        Err(Errno::NOENT) if !source_is_directory && wants_directory => Err(Errno::NOENT),
        Err(Errno::NOENT | Errno::NOTDIR) => {
            let path = path.strip_suffix(b"/.").unwrap_or(path);
            let (parent, name) = base::parent_of_target(base, path)?;
            Ok(Place::As(parent, name))
        }
        Err(errno) => Err(errno),
    }
}
