//! Removing files and trees. Links are removed, never followed, and other mounts are not entered.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RawDir, ResolveFlags, SeekFrom, openat2, seek, statat,
    unlinkat,
};
use rustix::io::{Errno, Result};
use tonic::Status;

use super::resolve;
use crate::container::Container;
use crate::fault::plain_errno;
use crate::proto::RemoveFileRequest;

/// Each level holds a descriptor.
const MAX_DEPTH: usize = 2048;

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

struct Level {
    directory: OwnedFd,
    /// In the level above.
    name: CString,
}

/// Depth first, without recursion: the container chooses how deep its trees are.
fn remove_tree(parent: OwnedFd, name: CString) -> Result<()> {
    let first = enter(&parent, &name)?;
    let mut levels = vec![Level {
        directory: first,
        name,
    }];
    while let Some(level) = levels.last() {
        match empty_until_directory(&level.directory)? {
            Some(name) => {
                if levels.len() == MAX_DEPTH {
                    return Err(Errno::NAMETOOLONG);
                }
                let directory = enter(&level.directory, &name)?;
                levels.push(Level { directory, name });
            }
            None => {
                let Some(Level { name, .. }) = levels.pop() else {
                    break;
                };
                let above = levels.last().map_or(&parent, |level| &level.directory);
                unlinkat(above, name, AtFlags::REMOVEDIR)?;
            }
        }
    }
    Ok(())
}

fn enter(directory: &OwnedFd, name: &CString) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    match openat2(directory, name, flags, Mode::empty(), resolve) {
        Err(Errno::XDEV) => Err(Errno::BUSY),
        result => result,
    }
}

/// Removes entries from the front until one is a directory; `None` when the directory is empty.
fn empty_until_directory(directory: &OwnedFd) -> Result<Option<CString>> {
    let mut buffer = [const { MaybeUninit::uninit() }; 16 * 1024];
    loop {
        seek(directory, SeekFrom::Start(0))?;
        let mut removed = false;
        let mut entries = RawDir::new(directory, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            match unlinkat(directory, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => removed = true,
                Err(Errno::ISDIR) => return Ok(Some(name.to_owned())),
                Err(errno) => return Err(errno),
            }
        }
        if !removed {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::CWD;
    use std::fs;

    #[test]
    fn removes_a_deep_tree_and_no_target_of_a_link() {
        let base = std::env::temp_dir().join(format!("boxlite-remove-{}", std::process::id()));
        let _ = fs::remove_dir_all(&base);
        let mut deep = base.join("tree");
        for _ in 0..60 {
            deep.push("d");
        }
        fs::create_dir_all(&deep).unwrap();
        for index in 0..1000 {
            fs::write(base.join(format!("tree/{index}")), "x").unwrap();
        }
        fs::create_dir(base.join("kept")).unwrap();
        fs::write(base.join("kept/file"), "x").unwrap();
        std::os::unix::fs::symlink(base.join("kept"), base.join("tree/link")).unwrap();

        let flags = OFlags::PATH | OFlags::DIRECTORY;
        let parent = rustix::fs::openat(CWD, &base, flags, Mode::empty()).unwrap();
        remove_tree(parent, c"tree".to_owned()).unwrap();
        assert!(!base.join("tree").exists());
        assert!(base.join("kept/file").exists());
        fs::remove_dir_all(base).unwrap();
    }
}
