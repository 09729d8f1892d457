//! Names the system call that ends QEMU: the filter of its jail raises SIGSYS, which says no more than that to whoever waits for it.
//!
//! This is for people. The call is refused whatever becomes of this handler.

use core::ffi::{c_int, c_void};
use core::ptr;

const BEGIN: &[u8] = b"boxlite: forbidden system call ";
/// Digits of the largest number, a sign and the line's end.
const ROOM: usize = BEGIN.len() + 12;

/// What the kernel tells of a SIGSYS (sigaction(2), `si_syscall`).
#[repr(C)]
struct Information {
    signal: c_int,
    errno: c_int,
    code: c_int,
    address: *mut c_void,
    number: c_int,
    architecture: u32,
}

/// Runs before QEMU's own `main`.
#[cfg_attr(not(test), used, unsafe(link_section = ".init_array"))]
#[cfg_attr(test, allow(dead_code))]
static AT_LOAD: extern "C" fn() = watch;

pub extern "C" fn watch() {
    // SAFETY: an all-zero sigaction is valid; the handler does only what a handler may.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESETHAND;
        libc::sigaction(libc::SIGSYS, &action, ptr::null_mut());
    }
}

/// The default action is back when this runs; it follows when this returns.
extern "C" fn handle(signal: c_int, information: *mut libc::siginfo_t, _: *mut c_void) {
    let mut line = [0; ROOM];
    // SAFETY: the kernel gives a whole structure; plain system calls, the first on a buffer of this frame.
    unsafe {
        let number = (*information.cast::<Information>()).number;
        let length = describe(number, &mut line);
        libc::syscall(libc::SYS_write, 2, line.as_ptr(), length);
        let thread = libc::syscall(libc::SYS_gettid);
        libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, signal);
    }
}

/// Writes the line and gives its length.
fn describe(number: c_int, line: &mut [u8; ROOM]) -> usize {
    let mut digits = [0; 10];
    let mut rest = number.unsigned_abs();
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let sign: &[u8] = if number < 0 { b"-" } else { b"" };
    let mut length = 0;
    for byte in BEGIN
        .iter()
        .chain(sign)
        .chain(&digits[first..])
        .chain(b"\n")
    {
        line[length] = *byte;
        length += 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_any_call() {
        for number in [0, 7, 41, 2_147_483_647, -1, c_int::MIN] {
            let mut line = [0; ROOM];
            let length = describe(number, &mut line);
            let text = std::str::from_utf8(&line[..length]).unwrap();
            assert_eq!(text, format!("boxlite: forbidden system call {number}\n"));
        }
    }
}
