//! Other processes: their memory, descriptors, keys, and their end.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::ptr;

use libc::{c_long, pid_t};

use crate::attempt::{Attempt, attempt};
use crate::sys::{check, owned, reached};
use crate::targets::Targets;

pub const ATTEMPTS: &[Attempt] = &[
    attempt("signal the owner", &["owner"], |on| {
        // SAFETY: plain system call; signal 0 does nothing.
        check(unsafe { libc::kill(on.number("owner"), 0) }.into()).map(drop)
    }),
    attempt("signal a thread of the owner", &["owner"], |on| {
        let owner: pid_t = on.number("owner");
        // SAFETY: as above.
        check(unsafe { libc::syscall(libc::SYS_tgkill, owner, owner, 0) }).map(drop)
    }),
    attempt("signal the owner by a pidfd", &["owner"], |on| {
        let owner: pid_t = on.number("owner");
        // SAFETY: as above; no information goes with the signal.
        unsafe {
            let pidfd = owned(libc::syscall(libc::SYS_pidfd_open, owner, 0))?;
            let none = ptr::null::<libc::siginfo_t>();
            check(libc::syscall(
                libc::SYS_pidfd_send_signal,
                pidfd.as_raw_fd(),
                0,
                none,
                0,
            ))
            .map(drop)
        }
    }),
    attempt("signal everyone", &["victim"], |on| {
        // SAFETY: signal 0 does nothing. Only the victim counts: in a namespace of its own there is somebody to signal, too.
        check(unsafe { libc::kill(on.number("victim"), 0) }.into())?;
        check(unsafe { libc::kill(-1, 0) }.into()).map(drop)
    }),
    attempt("trace another VMM", &["victim"], |on| {
        let victim: pid_t = on.number("victim");
        // SAFETY: it is not stopped by this, and let go when this process ends.
        check(unsafe { libc::ptrace(libc::PTRACE_SEIZE, victim, 0, 0) }).map(drop)
    }),
    attempt("read another VMM's memory", &["victim", "address"], |on| {
        let mut byte = [0u8];
        let local = libc::iovec {
            iov_base: byte.as_mut_ptr().cast(),
            iov_len: 1,
        };
        let remote = libc::iovec {
            iov_base: on.number::<usize>("address") as *mut _,
            iov_len: 1,
        };
        // SAFETY: one byte of this process is written.
        let read = unsafe { libc::process_vm_readv(on.number("victim"), &local, 1, &remote, 1, 0) };
        check(read as c_long).map(drop)
    }),
    attempt("open another VMM's memory", &["victim", "address"], |on| {
        let memory = File::open(format!("/proc/{}/mem", on.text("victim")))?;
        memory.read_exact_at(&mut [0], on.number("address"))
    }),
    attempt("take another VMM's descriptor", &["victim"], |on| {
        let victim: pid_t = on.number("victim");
        // SAFETY: plain system calls.
        unsafe {
            let pidfd = owned(libc::syscall(libc::SYS_pidfd_open, victim, 0))?;
            owned(libc::syscall(
                libc::SYS_pidfd_getfd,
                pidfd.as_raw_fd(),
                0,
                0,
            ))
            .map(drop)
        }
    }),
    attempt("map shared memory of the host", &["shm"], |on| {
        // SAFETY: whatever is mapped is not looked at.
        let mapped = unsafe { libc::shmat(on.number("shm"), ptr::null(), libc::SHM_RDONLY) };
        check(mapped as c_long).map(drop)
    }),
    attempt("enter another process's namespaces", &["victim"], enter),
    attempt("read a key of the owner's session", &["secret"], |_| {
        // SAFETY: C strings; the last argument makes no key.
        check(unsafe {
            libc::syscall(
                libc::SYS_request_key,
                c"user".as_ptr(),
                crate::careless::KEY.as_ptr(),
                ptr::null::<u8>(),
                0,
            )
        })
        .map(drop)
    }),
    attempt("make keys", &[], |_| {
        const PROCESS_KEYRING: c_long = -2;
        // SAFETY: C strings, and one byte of content.
        check(unsafe {
            libc::syscall(
                libc::SYS_add_key,
                c"user".as_ptr(),
                c"boxlite-intruder".as_ptr(),
                c"x".as_ptr(),
                1,
                PROCESS_KEYRING,
            )
        })
        .map(drop)
    }),
    attempt("execute another program", &["program"], |on| {
        let program = on.path("program");
        let args = [program.as_ptr(), ptr::null()];
        // It is no program, as the kernel finds out once it would run it.
        // SAFETY: both arrays end with a null pointer.
        reached(
            unsafe { libc::execve(program.as_ptr(), args.as_ptr(), args[1..].as_ptr()) }.into(),
            &[libc::ENOEXEC],
        )
    }),
];

fn enter(on: &Targets) -> io::Result<()> {
    let namespace = File::open(format!("/proc/{}/ns/uts", on.text("victim")))?;
    // SAFETY: plain system call.
    check(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWUTS) }.into()).map(drop)
}
