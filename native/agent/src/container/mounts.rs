//! Mounting by descriptors: a target is resolved once, inside the container's root, and no path is looked up again after that.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::{Errno, Result};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

/// A directory of the image to mount on, made when missing. Not through a link: a mount must be where its name says.
pub fn directory(root: &OwnedFd, path: &str) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
    match openat2(root, path, flags, Mode::empty(), resolve) {
        Err(Errno::NOENT) => {}
        result => return result,
    }
    rustix::fs::mkdirat(root, path, Mode::from(0o755))?;
    openat2(root, path, flags, Mode::empty(), resolve)
}

/// Mounts a new file system on `target`; gives its root.
pub fn mount_on(
    target: impl AsFd,
    kind: &str,
    options: &[(&str, &str)],
    attributes: MountAttrFlags,
) -> Result<OwnedFd> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    // What /proc/mounts shows as the device; programs look for the kind of the file system there.
    if !options.iter().any(|(name, _)| *name == "source") {
        fsconfig_set_string(&context, "source", kind)?;
    }
    for (name, value) in options {
        fsconfig_set_string(&context, *name, *value)?;
    }
    fsconfig_create(&context)?;
    let tree = fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?;
    attach(&tree, target)?;
    Ok(tree)
}

/// A copy of what is at `path`, to be attached elsewhere; an empty path means `from` itself.
pub fn copy(from: impl AsFd, path: &str) -> Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH
        | OpenTreeFlags::AT_RECURSIVE;
    open_tree(from, path, flags)
}

/// Puts a detached tree on `target`.
pub fn attach(tree: impl AsFd, target: impl AsFd) -> Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    move_mount(tree, "", target, "", flags)
}

/// How far a change of mounts goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    One,
    /// With all that is mounted in it.
    All,
}

/// Makes a mount read-only.
pub fn make_read_only(tree: &OwnedFd, depth: Depth) -> Result<()> {
    #[repr(C)]
    struct MountAttributes {
        set: u64,
        clear: u64,
        propagation: u64,
        user_namespace: u64,
    }
    let attributes = MountAttributes {
        set: MountAttrFlags::MOUNT_ATTR_RDONLY.bits().into(),
        clear: 0,
        propagation: 0,
        user_namespace: 0,
    };
    let recursive = match depth {
        Depth::One => 0,
        Depth::All => libc::AT_RECURSIVE,
    };
    // SAFETY: the structure has the layout and the size that the call wants.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            std::os::fd::AsRawFd::as_raw_fd(tree),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | recursive,
            &raw const attributes,
            size_of::<MountAttributes>(),
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}
