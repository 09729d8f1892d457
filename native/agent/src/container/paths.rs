//! Masked paths, which the container cannot read, and read-only ones, as the OCI runtime specification has them.

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::{Errno, Result};
use rustix::mount::MountAttrFlags;

use super::mounts;

/// Call with the container's root as this process's. Paths that do not exist need no restriction.
pub fn restrict(
    masked: &[Vec<u8>],
    read_only: &[Vec<u8>],
) -> std::result::Result<(), (Vec<u8>, Errno)> {
    for path in read_only {
        with_existing(path, set_read_only).map_err(|errno| (path.clone(), errno))?;
    }
    for path in masked {
        with_existing(path, mask).map_err(|errno| (path.clone(), errno))?;
    }
    Ok(())
}

fn with_existing(path: &[u8], action: fn(&OwnedFd) -> Result<()>) -> Result<()> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    match openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS) {
        Ok(target) => action(&target),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

fn set_read_only(target: &OwnedFd) -> Result<()> {
    let tree = mounts::copy(target, "")?;
    mounts::make_read_only(&tree, mounts::Depth::All)?;
    mounts::attach(tree, target)
}

/// A directory becomes an empty one, anything else /dev/null.
fn mask(target: &OwnedFd) -> Result<()> {
    if FileType::from_raw_mode(fstat(target)?.st_mode).is_dir() {
        let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
            | MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        return mounts::mount_on(target, "tmpfs", &[("size", "0")], attributes).map(drop);
    }
    mounts::attach(mounts::copy(CWD, "/dev/null")?, target)
}
