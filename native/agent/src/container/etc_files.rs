//! /etc/hostname, /etc/hosts and /etc/resolv.conf of the container: written for each start to the Box's disk, beside what the
//! container sees as its root, and bound over the image's own files.

use std::os::fd::OwnedFd;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, openat, openat2, statat, unlinkat,
};
use rustix::io::{Errno, Result};

use super::mounts;
use crate::boot::mounts::DISK;

/// Writes and binds the files; an error names the one it concerns.
pub fn bind(root: &OwnedFd, hostname: &str) -> std::result::Result<(), (&'static str, Errno)> {
    let etc = mounts::directory(root, "etc").map_err(|errno| ("", errno))?;
    for (name, content) in [
        ("hostname", format!("{hostname}\n")),
        ("hosts", hosts(hostname)),
        // Without a network there is nobody to ask.
        ("resolv.conf", String::new()),
    ] {
        let source = format!("{DISK}/etc/{name}");
        write(&source, &content)
            .and_then(|()| mounts::attach(mounts::copy(CWD, &source)?, target(root, &etc, name)?))
            .map_err(|errno| (name, errno))?;
    }
    Ok(())
}

fn hosts(hostname: &str) -> String {
    format!(
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n\
         ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n127.0.1.1\t{hostname}\n"
    )
}

fn write(path: &str, content: &str) -> Result<()> {
    std::fs::write(path, content).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// What to bind on: the image's file, also through a link that stays inside, or a new empty one.
fn target(root: &OwnedFd, etc: &OwnedFd, name: &str) -> Result<OwnedFd> {
    let path = format!("etc/{name}");
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    match openat2(root, &path, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => {}
        result => return result,
    }
    // A link to nothing gives way.
    if let Ok(stat) = statat(etc, name, AtFlags::SYMLINK_NOFOLLOW)
        && FileType::from_raw_mode(stat.st_mode).is_symlink()
    {
        unlinkat(etc, name, AtFlags::empty())?;
    }
    let create = OFlags::RDONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    openat(etc, name, create, Mode::from(0o644))
}
