//! Making directories, and renaming.

use rustix::fs::{Mode, OFlags, mkdirat, renameat};
use rustix::io::{Errno, Result};
use tonic::Status;

use super::resolve;
use crate::container::Container;
use crate::fault::plain_errno;
use crate::proto::MakeDirectoryRequest;

const NEW_DIRECTORY_MODE: u32 = 0o755;

pub fn make(
    container: &Container,
    request: &MakeDirectoryRequest,
) -> std::result::Result<(), Status> {
    let mode = request.mode.unwrap_or(NEW_DIRECTORY_MODE) & 0o7777;
    let result = match request.parents {
        false => make_one(container, &request.path, mode),
        true => make_all(container, &request.path, mode),
    };
    result.map_err(plain_errno)
}

fn make_one(container: &Container, path: &[u8], mode: u32) -> Result<()> {
    let (directory, name) = match resolve::parent(&container.root, path) {
        // The root, which is always there.
        Err(Errno::BUSY) => return Err(Errno::EXIST),
        result => result?,
    };
    mkdirat(directory, &name[..], Mode::from(mode))
}

/// Each prefix of the path in turn; what exists may also be a link to a directory.
pub fn make_all(container: &Container, path: &[u8], mode: u32) -> Result<()> {
    let ends = (1..=path.len())
        .filter(|&end| path[end - 1] != b'/' && path.get(end).is_none_or(|&next| next == b'/'));
    let last = path
        .iter()
        .rposition(|&byte| byte != b'/')
        .map_or(0, |position| position + 1);
    for end in ends {
        let prefix = &path[..end];
        let exists = || resolve::open(&container.root, prefix, OFlags::PATH | OFlags::DIRECTORY);
        match exists() {
            Ok(_) => continue,
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
        let mode = if end == last {
            mode
        } else {
            NEW_DIRECTORY_MODE
        };
        match make_one(container, prefix, mode) {
            Ok(()) => {}
            // Made by another meanwhile, or a link to nothing.
            Err(Errno::EXIST) => drop(exists()?),
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

pub fn rename(container: &Container, from: &[u8], to: &[u8]) -> std::result::Result<(), Status> {
    let act = || -> Result<()> {
        let (from_directory, from_name) = resolve::parent(&container.root, from)?;
        let (to_directory, to_name) = resolve::parent(&container.root, to)?;
        renameat(from_directory, &from_name[..], to_directory, &to_name[..])
    };
    act().map_err(plain_errno)
}
