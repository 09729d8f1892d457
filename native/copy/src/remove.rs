//! Removing trees. Links are removed, never followed, and other mounts are not entered.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{
    AtFlags, Mode, OFlags, RawDir, ResolveFlags, SeekFrom, openat, openat2, seek, unlinkat,
};
use rustix::io::{Errno, Result};

/// Each level holds a descriptor.
const MAX_DEPTH: usize = 2048;

struct Level {
    directory: OwnedFd,
    /// In the level above.
    name: CString,
}

/// Removes the directory `name` with all that is in it: depth first, without recursion, since others choose how deep their trees are.
pub fn remove_tree(parent: impl AsFd, name: CString) -> Result<()> {
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
                match levels.last() {
                    Some(above) => unlinkat(&above.directory, name, AtFlags::REMOVEDIR)?,
                    None => unlinkat(&parent, name, AtFlags::REMOVEDIR)?,
                }
            }
        }
    }
    Ok(())
}

fn enter(directory: impl AsFd, name: &CStr) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    match openat2(&directory, name, flags, Mode::empty(), resolve) {
        Err(Errno::XDEV) => Err(Errno::BUSY),
        // A kernel or a filter without openat2. The name is one component, so that only mounts are told apart no more.
        Err(Errno::NOSYS | Errno::PERM) => openat(&directory, name, flags, Mode::empty()),
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
        let parent = openat(CWD, &base, flags, Mode::empty()).unwrap();
        remove_tree(parent, c"tree".to_owned()).unwrap();
        assert!(!base.join("tree").exists());
        assert!(base.join("kept/file").exists());
        fs::remove_dir_all(base).unwrap();
    }
}
