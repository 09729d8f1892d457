//! Has QEMU take a quota for a full disk. A guest whose host has no room is halted until there is some; QEMU does that for ENOSPC only, and tells the
//! guest of any other error.
//!
//! What fsync(2) says stays as it is: what it could not write may be lost, so the guest has to know, and QEMU never flushes such a file again.

use core::ffi::{c_int, c_long, c_void};

use libc::{iovec, off_t, size_t, ssize_t};

/// What a call has returned, with ENOSPC for EDQUOT.
pub fn told<T: PartialEq + From<i8>>(result: T) -> T {
    if result == T::from(-1) {
        // SAFETY: the C library's errno of this thread.
        unsafe {
            let errno = libc::__errno_location();
            if *errno == libc::EDQUOT {
                *errno = libc::ENOSPC;
            }
        }
    }
    result
}

macro_rules! interpose {
    ($($name:ident, $call:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        /// # Safety
        /// As the function of the C library.
        #[cfg_attr(not(feature = "inside-faults"), unsafe(no_mangle))]
        pub unsafe extern "C" fn $name(fd: c_int, $($argument: $kind),*) -> $result {
            // SAFETY: the same contract.
            told(unsafe { libc::syscall(libc::$call, fd, $($argument),*) as $result })
        }
    )*};
}

interpose! {
    pwrite, SYS_pwrite64(bytes: *const c_void, length: size_t, offset: off_t) -> ssize_t;
    pwrite64, SYS_pwrite64(bytes: *const c_void, length: size_t, offset: off_t) -> ssize_t;
    ftruncate, SYS_ftruncate(length: off_t) -> c_int;
    ftruncate64, SYS_ftruncate(length: off_t) -> c_int;
}

/// The kernel takes the offset in two halves; on 64 bits the low one is all of it.
///
/// # Safety
/// As pwritev(2).
unsafe fn written_at(fd: c_int, parts: *const iovec, count: c_int, offset: off_t) -> ssize_t {
    // SAFETY: the same contract.
    told(unsafe {
        libc::syscall(libc::SYS_pwritev, fd, parts, count, offset, 0 as c_long) as ssize_t
    })
}

/// # Safety
/// As pwritev(2).
#[cfg_attr(not(feature = "inside-faults"), unsafe(no_mangle))]
pub unsafe extern "C" fn pwritev(
    fd: c_int,
    parts: *const iovec,
    count: c_int,
    offset: off_t,
) -> ssize_t {
    // SAFETY: the same contract.
    unsafe { written_at(fd, parts, count, offset) }
}

/// # Safety
/// As pwritev(2).
#[cfg_attr(not(feature = "inside-faults"), unsafe(no_mangle))]
pub unsafe extern "C" fn pwritev64(
    fd: c_int,
    parts: *const iovec,
    count: c_int,
    offset: off_t,
) -> ssize_t {
    // SAFETY: the same contract.
    unsafe { written_at(fd, parts, count, offset) }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    /// Has the kernel answer these calls of this process with EDQUOT from here on.
    fn reach_the_quota(calls: &[c_long]) {
        const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
        const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
        const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
        let statement = |code, k| libc::sock_filter {
            code,
            jt: 0,
            jf: 0,
            k,
        };
        let mut filter = vec![statement(LOAD, 0)];
        for call in calls {
            filter.push(libc::sock_filter {
                code: EQUAL,
                jt: 0,
                jf: 1,
                k: *call as u32,
            });
            filter.push(statement(
                RETURN,
                libc::SECCOMP_RET_ERRNO | libc::EDQUOT as u32,
            ));
        }
        filter.push(statement(RETURN, libc::SECCOMP_RET_ALLOW));
        let program = libc::sock_fprog {
            len: filter.len() as u16,
            filter: filter.as_mut_ptr(),
        };
        // SAFETY: the program is valid for the call.
        unsafe {
            assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
            assert_eq!(
                libc::prctl(
                    libc::PR_SET_SECCOMP,
                    libc::SECCOMP_MODE_FILTER,
                    &raw const program
                ),
                0
            );
        }
    }

    fn errno() -> Option<i32> {
        std::io::Error::last_os_error().raw_os_error()
    }

    #[test]
    fn what_a_quota_forbids_has_no_room() {
        // A filter holds the thread that sets it, which ends with it.
        let one = std::thread::spawn(|| {
            let path = std::env::temp_dir().join(format!("preload-{}-quota", std::process::id()));
            let file = crate::tests::make(&path);
            std::fs::remove_file(&path).unwrap();
            let fd = file.as_raw_fd();
            let byte = [1u8];
            let part = iovec {
                iov_base: byte.as_ptr() as *mut c_void,
                iov_len: 1,
            };
            reach_the_quota(&[libc::SYS_pwrite64, libc::SYS_pwritev, libc::SYS_fallocate]);
            // SAFETY: buffers of their length.
            unsafe {
                for result in [
                    pwrite64(fd, byte.as_ptr().cast(), 1, 0),
                    pwrite(fd, byte.as_ptr().cast(), 1, 0),
                    pwritev64(fd, &raw const part, 1, 0),
                    pwritev(fd, &raw const part, 1, 0),
                    crate::fallocate64(fd, 0, 0, 4096) as ssize_t,
                ] {
                    assert_eq!((result, errno()), (-1, Some(libc::ENOSPC)));
                }
            }
        });
        one.join().unwrap();
    }

    #[test]
    fn all_else_is_as_the_kernel_says() {
        let path = std::env::temp_dir().join(format!("preload-{}-told", std::process::id()));
        let file = crate::tests::make(&path);
        let fd = file.as_raw_fd();
        let text = b"text";
        // SAFETY: buffers of their length.
        unsafe {
            assert_eq!(pwrite64(fd, text.as_ptr().cast(), 4, 2), 4);
            assert_eq!(ftruncate64(fd, 5), 0);
            assert_eq!(
                (pwrite(-1, text.as_ptr().cast(), 4, 0), errno()),
                (-1, Some(libc::EBADF))
            );
        }
        assert_eq!(std::fs::read(&path).unwrap(), b"\0\0tex");
        std::fs::remove_file(&path).unwrap();
    }
}
