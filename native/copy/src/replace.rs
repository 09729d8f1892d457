//! How a complete file gets its name.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::{Errno, Result};

/// A name that nobody else has: for what is not complete yet.
pub fn draft_name() -> Result<Vec<u8>> {
    let mut random = [0u8; 8];
    rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())?;
    Ok(format!(".boxlite-{:016x}", u64::from_le_bytes(random)).into_bytes())
}

/// Gives a file that is written its name, in place of a file that has it. A file that others have mounted, such as a container's
/// `/etc/hosts`, cannot be replaced: it gets the content, and stays what it is else.
pub fn put_in_place(directory: impl AsFd, draft: &[u8], name: &[u8]) -> Result<()> {
    match renameat(&directory, draft, &directory, name) {
        Err(Errno::BUSY) => {}
        result => return result,
    }
    let open = |name: &[u8], flags| {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        openat(&directory, name, flags, Mode::empty()).map(File::from)
    };
    let mut from = open(draft, OFlags::RDONLY)?;
    let mut to = open(name, OFlags::WRONLY | OFlags::TRUNC)?;
    io::copy(&mut from, &mut to)
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    unlinkat(&directory, draft, AtFlags::empty())
}
