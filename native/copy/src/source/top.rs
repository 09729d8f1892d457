//! What is copied: how its path is read, by the rules of `docker cp`.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, OFlags, fstat, statat};
use rustix::io::Result;

use crate::{Base, base};

pub enum Top {
    /// What is in a directory, without the directory.
    Content(OwnedFd),
    Followed {
        file: OwnedFd,
        name: Vec<u8>,
    },
    Named {
        parent: OwnedFd,
        name: Vec<u8>,
    },
}

/// With `/` behind it a link to a directory is followed, with `/.` only what is in the directory is copied.
pub fn open(base: &(impl Base + ?Sized), path: &[u8], follow: bool) -> Result<Top> {
    let directory = OFlags::RDONLY | OFlags::DIRECTORY;
    let end = path.iter().rposition(|&byte| byte != b'/');
    if end.is_none() || path.ends_with(b"/.") {
        return base.open(path, directory).map(Top::Content);
    }
    let (parent, name) = base::parent(base, path)?;
    if path.ends_with(b"/") {
        let file = base.open(path, directory)?;
        return Ok(Top::Followed { file, name });
    }
    if follow {
        // Devices are looked at, not opened.
        let stat = fstat(base.open(path, OFlags::PATH)?)?;
        let flags = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile | FileType::Directory => {
                OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY
            }
            _ => OFlags::PATH,
        };
        let file = base.open(path, flags)?;
        return Ok(Top::Followed { file, name });
    }
    // That nothing is there is said at once.
    statat(&parent, &name[..], AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(Top::Named { parent, name })
}
