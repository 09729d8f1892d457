//! System calls as they are, and their errors by name.

use std::ffi::{CStr, c_char, c_int, c_long};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// The error that a trapped call gets; no call of the kernel's has it.
pub const TRAPPED: i32 = 4000;

/// What a C function or a raw call gave.
pub fn check(result: c_long) -> io::Result<c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

pub fn owned(result: c_long) -> io::Result<OwnedFd> {
    // SAFETY: the kernel just gave it, and to nobody else.
    check(result).map(|fd| unsafe { OwnedFd::from_raw_fd(fd as c_int) })
}

/// As well when the call failed by one of these: errors that come after all that could have forbidden it.
pub fn reached(result: c_long, errors: &[i32]) -> io::Result<()> {
    match check(result) {
        Err(error) if errors.contains(&error.raw_os_error().unwrap_or(0)) => Ok(()),
        result => result.map(drop),
    }
}

pub fn failure(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
}

/// `ENOENT` and the like.
pub fn name_of(errno: i32) -> String {
    unsafe extern "C" {
        fn strerrorname_np(errno: c_int) -> *const c_char;
    }
    if errno == TRAPPED {
        return "SIGSYS".into();
    }
    // SAFETY: gives a constant string or null.
    let name = unsafe { strerrorname_np(errno) };
    if name.is_null() {
        return format!("error {errno}");
    }
    // SAFETY: not null, so a C string.
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into()
}

/// Lets the program go on after a call that a filter trapped, which fails by [`TRAPPED`].
pub fn survive_traps() -> io::Result<()> {
    extern "C" fn answer(_: c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the kernel passes the interrupted thread's context, which is put back when this returns.
        let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
        context.uc_mcontext.gregs[libc::REG_RAX as usize] = -i64::from(TRAPPED);
    }
    // SAFETY: the handler touches nothing but its argument.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = answer as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
        check(libc::sigaction(libc::SIGSYS, &action, std::ptr::null_mut()).into()).map(drop)
    }
}
