//! The calls that write to files. Where none is to fail they go to the kernel as they came.

use core::ffi::{c_int, c_long, c_void};

use libc::{iovec, off_t, size_t, ssize_t};

use crate::control::control;

fn is_file(fd: c_int) -> bool {
    // SAFETY: fstat fills the whole of it, or fails.
    unsafe {
        let mut status: libc::stat = core::mem::zeroed();
        libc::fstat(fd, &raw mut status) == 0 && status.st_mode & libc::S_IFMT == libc::S_IFREG
    }
}

/// True when this operation is to fail; errno is set then.
fn fails(fd: c_int) -> bool {
    let control = control();
    if control
        .countdown
        .load(core::sync::atomic::Ordering::Relaxed)
        == 0
        || !is_file(fd)
    {
        return false;
    }
    let Some(errno) = control.next() else {
        return false;
    };
    // SAFETY: the C library's errno of this thread.
    unsafe { *libc::__errno_location() = errno };
    true
}

macro_rules! interpose {
    ($($name:ident, $call:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        /// # Safety
        /// As the function of the C library.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(fd: c_int, $($argument: $kind),*) -> $result {
            if fails(fd) {
                return -1;
            }
            // SAFETY: the same contract.
            unsafe { libc::syscall(libc::$call, fd, $($argument),*) as $result }
        }
    )*};
}

interpose! {
    write, SYS_write(bytes: *const c_void, length: size_t) -> ssize_t;
    pwrite, SYS_pwrite64(bytes: *const c_void, length: size_t, offset: off_t) -> ssize_t;
    pwrite64, SYS_pwrite64(bytes: *const c_void, length: size_t, offset: off_t) -> ssize_t;
    fsync, SYS_fsync() -> c_int;
    fdatasync, SYS_fdatasync() -> c_int;
    ftruncate, SYS_ftruncate(length: off_t) -> c_int;
    ftruncate64, SYS_ftruncate(length: off_t) -> c_int;
}

#[cfg(not(test))]
use crate::engine_preload::console::writev as write_parts;

#[cfg(test)]
unsafe fn write_parts(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: the same contract.
    unsafe { libc::syscall(libc::SYS_writev, fd, parts, count) as ssize_t }
}

/// # Safety
/// As writev(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    if fails(fd) {
        return -1;
    }
    // SAFETY: the same contract.
    unsafe { write_parts(fd, parts, count) }
}

/// # Safety
/// As pwritev(2).
unsafe fn written_at(fd: c_int, parts: *const iovec, count: c_int, offset: off_t) -> ssize_t {
    if fails(fd) {
        return -1;
    }
    // The kernel takes the offset in two halves; on 64 bits the low one is all of it.
    // SAFETY: the same contract.
    unsafe { libc::syscall(libc::SYS_pwritev, fd, parts, count, offset, 0 as c_long) as ssize_t }
}

/// # Safety
/// As pwritev(2).
#[unsafe(no_mangle)]
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
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwritev64(
    fd: c_int,
    parts: *const iovec,
    count: c_int,
    offset: off_t,
) -> ssize_t {
    // SAFETY: the same contract.
    unsafe { written_at(fd, parts, count, offset) }
}
