//! Mounts by descriptors: what is looked up once is what is mounted.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::sys::check;

// See the kernel's include/uapi/linux/mount.h.
pub const RDONLY: u64 = 0x1;
pub const NOSUID: u64 = 0x2;
pub const NODEV: u64 = 0x4;
pub const NOEXEC: u64 = 0x8;

const OPEN_TREE_CLONE: libc::c_int = 1;
const AT_RECURSIVE: libc::c_int = 0x8000;
const MOVE_MOUNT_F_EMPTY_PATH: libc::c_int = 0x4;
const FSMOUNT_CLOEXEC: libc::c_int = 1;
const FSOPEN_CLOEXEC: libc::c_int = 1;
const FSCONFIG_SET_STRING: libc::c_int = 1;
const FSCONFIG_CMD_CREATE: libc::c_int = 6;

/// A copy of what is at `path`, with all that is mounted beneath it, that is nowhere yet.
pub fn copy(path: &CStr) -> io::Result<OwnedFd> {
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC | AT_RECURSIVE;
    // SAFETY: `path` is a C string.
    owned(unsafe {
        libc::syscall(
            libc::SYS_open_tree,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags as libc::c_uint,
        )
    })
}

/// A new tmpfs that is nowhere yet.
pub fn tmpfs(options: &[(&CStr, &CStr)], attributes: u64) -> io::Result<OwnedFd> {
    // SAFETY: all strings are C strings; absent ones are null.
    unsafe {
        let context = owned(libc::syscall(
            libc::SYS_fsopen,
            c"tmpfs".as_ptr(),
            FSOPEN_CLOEXEC,
        ))?;
        let configure =
            |command: libc::c_int, name: *const libc::c_char, value: *const libc::c_char| {
                let fd = context.as_raw_fd();
                done(libc::syscall(
                    libc::SYS_fsconfig,
                    fd,
                    command,
                    name,
                    value,
                    0,
                ))
            };
        for (name, value) in options {
            configure(FSCONFIG_SET_STRING, name.as_ptr(), value.as_ptr())?;
        }
        configure(FSCONFIG_CMD_CREATE, std::ptr::null(), std::ptr::null())?;
        owned(libc::syscall(
            libc::SYS_fsmount,
            context.as_raw_fd(),
            FSMOUNT_CLOEXEC,
            attributes as libc::c_uint,
        ))
    }
}

/// Puts a tree that is nowhere on `name` beneath `directory`.
pub fn attach(tree: &OwnedFd, directory: RawFd, name: &CStr) -> io::Result<()> {
    // SAFETY: both paths are C strings.
    done(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            directory,
            name.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    })
}

/// Whether attributes are set on a mount alone, or on all mounts beneath it as well.
#[derive(Clone, Copy)]
pub enum Reach {
    One,
    /// And nothing that is mounted there by others gets in later.
    AllAndPrivate,
}

/// Adds attributes to a mount; none is taken away.
pub fn restrict(tree: &OwnedFd, attributes: u64, reach: Reach) -> io::Result<()> {
    #[repr(C)]
    struct MountAttributes {
        set: u64,
        clear: u64,
        propagation: u64,
        user_namespace: u64,
    }
    let (flags, propagation) = match reach {
        Reach::One => (0, 0),
        Reach::AllAndPrivate => (AT_RECURSIVE, libc::MS_PRIVATE),
    };
    let attributes = MountAttributes {
        set: attributes,
        clear: 0,
        propagation,
        user_namespace: 0,
    };
    // SAFETY: the structure has the layout and the size that the call wants (mount_setattr(2)).
    done(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            (libc::AT_EMPTY_PATH | flags) as libc::c_uint,
            &raw const attributes,
            size_of::<MountAttributes>(),
        )
    })
}

fn owned(result: libc::c_long) -> io::Result<OwnedFd> {
    let fd = check(result as libc::c_int)?;
    // SAFETY: the kernel just gave it, and to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn done(result: libc::c_long) -> io::Result<()> {
    check(result as libc::c_int).map(drop)
}
