//! Mounts, roots and new namespaces.

use std::io;
use std::os::fd::AsRawFd;
use std::ptr;

use libc::c_int;

use crate::attempt::{Attempt, attempt};
use crate::sys::{check, owned, reached};

pub const ATTEMPTS: &[Attempt] = &[
    attempt("mount", &[], |_| {
        let place = c".";
        // SAFETY: C strings.
        unsafe {
            let kind = c"tmpfs".as_ptr();
            check(libc::mount(kind, place.as_ptr(), kind, 0, ptr::null()).into())?;
            // The directory that it was in is still the one beneath.
            check(
                libc::umount2(
                    std::ffi::CString::new(
                        std::env::current_dir()?
                            .into_os_string()
                            .into_encoded_bytes(),
                    )?
                    .as_ptr(),
                    libc::MNT_DETACH,
                )
                .into(),
            )
            .map(drop)
        }
    }),
    attempt("mount by descriptors", &[], |_| {
        // SAFETY: a C string; the mount is nowhere.
        unsafe {
            let context = owned(libc::syscall(libc::SYS_fsopen, c"tmpfs".as_ptr(), 0))?;
            const CREATE: c_int = 6;
            let none = ptr::null::<u8>();
            check(libc::syscall(
                libc::SYS_fsconfig,
                context.as_raw_fd(),
                CREATE,
                none,
                none,
                0,
            ))?;
            owned(libc::syscall(libc::SYS_fsmount, context.as_raw_fd(), 0, 0)).map(drop)
        }
    }),
    attempt("unmount", &[], |_| {
        // Not a mount, as the kernel finds out once it would unmount one.
        // SAFETY: a C string.
        reached(
            unsafe { libc::umount2(c".".as_ptr(), 0) }.into(),
            &[libc::EINVAL, libc::EBUSY],
        )
    }),
    attempt("change the root (pivot_root)", &[], |_| {
        // As above.
        // SAFETY: C strings.
        reached(
            unsafe { libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()) },
            &[libc::EINVAL, libc::EBUSY],
        )
    }),
    attempt("change the root (chroot)", &[], |_| {
        // SAFETY: a C string.
        check(unsafe { libc::chroot(c".".as_ptr()) }.into()).map(drop)
    }),
    attempt("make a user namespace (unshare)", &[], |_| {
        unshare(libc::CLONE_NEWUSER)
    }),
    attempt("make other namespaces (unshare)", &[], |_| {
        unshare(libc::CLONE_NEWNS | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWPID)
    }),
    attempt("make a user namespace (clone)", &[], |_| {
        let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
        // SAFETY: as fork(2).
        in_child(unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) })
    }),
    attempt("make a user namespace (clone3)", &[], |_| {
        let mut arguments = [0u64; 11];
        (arguments[0], arguments[4]) = (libc::CLONE_NEWUSER as u64, libc::SIGCHLD as u64);
        // SAFETY: as fork(2); the structure is as long as is said.
        in_child(unsafe {
            libc::syscall(
                libc::SYS_clone3,
                arguments.as_ptr(),
                size_of_val(&arguments),
            )
        })
    }),
    attempt("make a device", &[], |_| {
        let place = c"own/device";
        // The number of memory, as /dev/mem has it.
        // SAFETY: a C string.
        check(
            unsafe { libc::mknod(place.as_ptr(), libc::S_IFCHR | 0o600, libc::makedev(1, 1)) }
                .into(),
        )?;
        std::fs::remove_file("own/device")
    }),
];

fn unshare(flags: c_int) -> io::Result<()> {
    // SAFETY: plain system call.
    check(unsafe { libc::unshare(flags) }.into()).map(drop)
}

fn in_child(pid: libc::c_long) -> io::Result<()> {
    match check(pid)? {
        // SAFETY: ends the child.
        0 => unsafe { libc::_exit(0) },
        child => {
            // SAFETY: the status is not wanted.
            unsafe { libc::waitpid(child as libc::pid_t, ptr::null_mut(), 0) };
            Ok(())
        }
    }
}
