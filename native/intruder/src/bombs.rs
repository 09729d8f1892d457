//! More than its share of what everybody needs. What it takes is given back, should nothing stop it.

use std::io;
use std::ptr;

use crate::attempt::{Attempt, attempt};
use crate::sys::check;
use crate::targets::Targets;

pub const ATTEMPTS: &[Attempt] = &[
    attempt("make processes without end", &["processes"], |on| {
        fork(on.number("processes"))
    }),
    attempt("make threads without end", &["threads"], |on| {
        threads(on.number("threads"))
    }),
    attempt("take memory without end", &["mebibytes"], memory),
];

fn fork(wanted: usize) -> io::Result<()> {
    let mut children = Vec::with_capacity(wanted);
    let mut outcome = Ok(());
    for _ in 0..wanted {
        // SAFETY: the child does nothing but wait for its end.
        match unsafe { libc::fork() } {
            0 => unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                loop {
                    libc::pause();
                }
            },
            -1 => {
                outcome = Err(io::Error::last_os_error());
                break;
            }
            child => children.push(child),
        }
    }
    for child in children {
        // SAFETY: a child of this process that nobody has waited for.
        unsafe {
            libc::kill(child, libc::SIGKILL);
            libc::waitpid(child, ptr::null_mut(), 0);
        }
    }
    outcome
}

/// They last as long as the process.
fn threads(wanted: usize) -> io::Result<()> {
    for _ in 0..wanted {
        std::thread::Builder::new()
            .stack_size(64 * 1024)
            .spawn(std::thread::park)?;
    }
    Ok(())
}

/// Written to, so that it is there.
fn memory(on: &Targets) -> io::Result<()> {
    let bytes: usize = on.number::<usize>("mebibytes") << 20;
    // SAFETY: new memory, which is unmapped by nobody else.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let mapped = libc::mmap(ptr::null_mut(), bytes, access, flags, -1, 0);
        check(mapped as libc::c_long)?;
        for page in (0..bytes).step_by(4096) {
            mapped.cast::<u8>().add(page).write_volatile(1);
        }
        check(libc::munmap(mapped, bytes).into()).map(drop)
    }
}
