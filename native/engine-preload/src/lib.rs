//! Loaded into QEMU ahead of the C library, it stands between QEMU and the file that a guest's RAM is mapped from privately.
//!
//! Many VMs map that file. QEMU opens it for writing, although it only maps it; and when a guest reports free pages, QEMU punches
//! holes into the file before it gives up the VM's own copies of them (`ram_block_discard_range`, QEMU 7.2 to 10). With this library
//!
//! - QEMU has no descriptor that can write to the file. It is told to open `/dev/null/fd/N`, and gets a copy of the descriptor N, which
//!   was open when it started, for reading only. There is no such path without this library, and then QEMU does not start.
//! - Punching a hole through that copy succeeds and does nothing. The `madvise` that follows gives up the VM's own pages, and what the
//!   guest finds there from then on is the file's content.
//!
//! And QEMU makes no files: the one that it writes the state of devices to is there before, and the jail forbids to ask for a new one. (Its 9p
//! server calls openat, which stays as it is.)
//!
//! A quota that is reached is a full disk to it. All other calls go to the kernel as they came. Beside that it names the system call that the jail forbids, if QEMU makes one, and keeps the
//! log of the guest's console short.
//!
//! Built with `panic=abort` it has no standard library, and needs few symbols, which every C library for Linux has.

#![cfg_attr(panic = "abort", no_std)]

pub mod console;
mod forbidden;
pub mod quota;

use core::ffi::{CStr, c_char, c_int};
use core::sync::atomic::{AtomicI32, Ordering};

use libc::{mode_t, off_t};

/// Nothing can be below `/dev/null`.
const DESCRIPTORS: &[u8] = b"/dev/null/fd/";

/// The copy that QEMU has of the RAM's descriptor.
static RAM: AtomicI32 = AtomicI32::new(-1);

/// Where this source is a part of `native/faults`: false in a process that is no QEMU.
#[cfg(feature = "inside-faults")]
pub static IN_ENGINE: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(true);

#[cfg(feature = "inside-faults")]
fn makes_no_files() -> bool {
    IN_ENGINE.load(Ordering::Relaxed)
}

#[cfg(not(feature = "inside-faults"))]
const fn makes_no_files() -> bool {
    true
}

fn fail(errno: c_int) -> c_int {
    // SAFETY: the C library's errno of this thread.
    unsafe { *libc::__errno_location() = errno };
    -1
}

/// For the compiler only: nothing here panics.
#[cfg(panic = "abort")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::abort() }
}

/// The descriptor that `path` names below `place`.
fn inherited(path: &CStr, place: &[u8]) -> Option<c_int> {
    let digits = path.to_bytes().strip_prefix(place)?;
    digits.iter().try_fold(0, |number: c_int, digit| {
        let digit = digit.is_ascii_digit().then_some(c_int::from(digit & 0xf))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// A copy of the descriptor `fd`, which must not be able to write.
fn ram(fd: c_int) -> c_int {
    // SAFETY: plain system calls.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        if flags < 0 {
            return -1;
        }
        if flags & libc::O_ACCMODE != libc::O_RDONLY {
            return fail(libc::EPERM);
        }
        let copy = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0);
        RAM.store(copy, Ordering::Relaxed);
        copy
    }
}

/// # Safety
/// As open(2): `path` is a C string.
unsafe fn opened(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the caller promises; a null pointer is the kernel's to refuse. It looks at the mode only where a file is made, and
    // whoever makes none has passed none.
    unsafe {
        let named = |place| {
            if path.is_null() {
                return None;
            }
            inherited(CStr::from_ptr(path), place)
        };
        match (named(DESCRIPTORS), named(console::LOGS)) {
            (Some(fd), _) => ram(fd),
            (_, Some(fd)) => console::log(fd),
            _ => {
                let flags = if makes_no_files() {
                    flags & !libc::O_CREAT
                } else {
                    flags
                };
                libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path, flags, mode) as c_int
            }
        }
    }
}

/// open(2). In C `mode` is a variable argument, which is passed as a third one would be.
///
/// # Safety
/// As open(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the same contract.
    unsafe { opened(path, flags, mode) }
}

/// # Safety
/// As open(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the same contract.
    unsafe { opened(path, flags, mode) }
}

/// What a program compiled with `_FORTIFY_SOURCE` calls to open what exists.
///
/// # Safety
/// As open(2).
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn __open_2(path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the same contract.
    unsafe { opened(path, flags, 0) }
}

/// # Safety
/// As open(2).
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn __open64_2(path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the same contract.
    unsafe { opened(path, flags, 0) }
}

fn allocated(fd: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int {
    if mode & libc::FALLOC_FL_PUNCH_HOLE != 0 && fd >= 0 && fd == RAM.load(Ordering::Relaxed) {
        return 0;
    }
    // SAFETY: plain system call.
    quota::told(unsafe { libc::syscall(libc::SYS_fallocate, fd, mode, offset, length) as c_int })
}

/// fallocate(2).
#[unsafe(no_mangle)]
pub extern "C" fn fallocate(fd: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int {
    allocated(fd, mode, offset, length)
}

#[unsafe(no_mangle)]
pub extern "C" fn fallocate64(fd: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int {
    allocated(fd, mode, offset, length)
}

#[cfg(test)]
mod tests;
