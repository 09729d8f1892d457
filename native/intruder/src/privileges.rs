//! Being more than it is.

use std::ffi::{CStr, CString};
use std::io;
use std::ptr;

use crate::attempt::{Attempt, attempt, be_apart};
use crate::sys::{check, failure};
use crate::targets::Targets;

pub const ATTEMPTS: &[Attempt] = &[
    attempt("take capabilities back", &[], |_| take_back()),
    attempt("become another user", &[], |_| {
        const NOBODY: u32 = 65534;
        // SAFETY: plain system call.
        check(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) }.into()).map(drop)
    }),
    attempt(
        "execute a set-user-ID program",
        &["setuid"],
        execute_set_uid,
    ),
];

/// Raises all that the kernel ever knew, as far as the process still may.
fn take_back() -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    const SYS_ADMIN: u32 = 1 << 21;
    let header = [VERSION_3, 0];
    let wanted = [SYS_ADMIN, SYS_ADMIN, 0, 0, 0, 0];
    // SAFETY: both are as capset(2) has them for version 3.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), wanted.as_ptr()) }).map(drop)
}

fn execute_set_uid(on: &Targets) -> io::Result<()> {
    be_apart()?;
    let program = on.path("setuid");
    let args = [program.as_ptr(), c"changed".as_ptr(), ptr::null()];
    let env: [*const libc::c_char; 1] = [ptr::null()];
    // SAFETY: both arrays end with a null pointer.
    check(unsafe { libc::execve(program.as_ptr(), args.as_ptr(), env.as_ptr()) }.into()).map(drop)
}

/// Ends as `execute_set_uid` would.
pub fn changed() -> io::Result<()> {
    // SAFETY: plain system calls.
    let changed = unsafe { libc::geteuid() != libc::getuid() };
    if changed {
        Ok(())
    } else {
        std::process::exit(libc::EPERM)
    }
}

/// A C string of a path of this program's own.
pub fn c_string(text: &str) -> io::Result<CString> {
    CString::new(text).map_err(|_| failure(libc::EINVAL))
}

/// The pointers that execve(2) wants.
pub fn pointers(texts: &[CString]) -> Vec<*const libc::c_char> {
    texts
        .iter()
        .map(|text: &CString| CStr::as_ptr(text))
        .chain([ptr::null()])
        .collect()
}
