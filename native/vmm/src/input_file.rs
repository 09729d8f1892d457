//! A file that is read: a regular one, or none.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::failure::{Code, Failure, Result};

/// Opens a file and tells its length. Never waits, as opening a FIFO would.
pub fn open(path: &Path) -> Result<(File, u64)> {
    let failed = |error| Failure::storage("open", path, &error);
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Failure::new(
            Code::Storage,
            "not-a-file",
            format!("{} is not a regular file", path.display()),
        ));
    }
    Ok((file, metadata.len()))
}
