//! Removing files and trees. Links are removed, never followed, and other mounts are not entered.

use std::ffi::CString;

use boxlite_copy::remove_tree;
use rustix::fs::{AtFlags, FileType, statat, unlinkat};
use rustix::io::{Errno, Result};
use tonic::Status;

use super::resolve;
use crate::container::Container;
use crate::fault::plain_errno;
use crate::proto::RemoveFileRequest;

pub fn remove(
    container: &Container,
    request: &RemoveFileRequest,
) -> std::result::Result<(), Status> {
    let RemoveFileRequest {
        path,
        recursive,
        force,
    } = request;
    match remove_path(container, path, *recursive) {
        Err(Errno::NOENT) if *force => Ok(()),
        result => result.map_err(plain_errno),
    }
}

fn remove_path(container: &Container, path: &[u8], recursive: bool) -> Result<()> {
    let (directory, name) = resolve::parent(&container.root, path)?;
    let stat = statat(&directory, &name[..], AtFlags::SYMLINK_NOFOLLOW)?;
    if !FileType::from_raw_mode(stat.st_mode).is_dir() {
        return unlinkat(&directory, &name[..], AtFlags::empty());
    }
    if !recursive {
        return Err(Errno::ISDIR);
    }
    let name = CString::new(name).map_err(|_| Errno::INVAL)?;
    remove_tree(directory, name)
}
