//! The kernel's own: its modules, programs in it, its clock, and parts of it that have been ways in before.

use std::os::fd::AsRawFd;
use std::ptr;

use crate::attempt::{Attempt, attempt};
use crate::sys::{check, owned, reached};

/// Longer than any of the structures passed here; what follows them is zero.
type Zeros = [u64; 32];

pub const ATTEMPTS: &[Attempt] = &[
    attempt("load a kernel module", &[], |_| {
        // No module, as the kernel finds out once it would take one.
        // SAFETY: the kernel reads 64 bytes.
        let result =
            unsafe { libc::syscall(libc::SYS_init_module, [0u8; 64].as_ptr(), 64, c"".as_ptr()) };
        reached(result, &[libc::ENOEXEC])
    }),
    attempt("load a kernel module from a file", &[], |_| {
        // SAFETY: this program is no module either.
        unsafe {
            let own = owned(libc::memfd_create(c"module".as_ptr(), 0).into())?;
            check(libc::ftruncate(own.as_raw_fd(), 4096).into())?;
            reached(
                libc::syscall(libc::SYS_finit_module, own.as_raw_fd(), c"".as_ptr(), 0),
                &[libc::ENOEXEC],
            )
        }
    }),
    attempt("load another kernel", &[], |_| {
        // SAFETY: no segments: nothing is loaded.
        let result =
            unsafe { libc::syscall(libc::SYS_kexec_load, 0, 0, ptr::null::<u8>(), 0x003e_0000) };
        check(result).map(drop)
    }),
    attempt("use BPF", &[], |_| {
        const MAP_CREATE: i32 = 0;
        let mut attributes: Zeros = [0; 32];
        // An array of one element: type 2, key and value of 4 bytes.
        (attributes[0], attributes[1]) = (2 | 4 << 32, 4 | 1 << 32);
        // SAFETY: the attributes are as long as is said.
        owned(unsafe { libc::syscall(libc::SYS_bpf, MAP_CREATE, &raw const attributes, 72) })
            .map(drop)
    }),
    attempt("use userfaultfd", &[], |_| {
        // For faults of the kernel as well: that is how it holds a kernel up where it must not wait.
        // SAFETY: plain system call.
        owned(unsafe { libc::syscall(libc::SYS_userfaultfd, 0) }).map(drop)
    }),
    attempt("use userfaultfd for its own faults", &[], |_| {
        const USER_MODE_ONLY: i32 = 1;
        // SAFETY: plain system call.
        owned(unsafe { libc::syscall(libc::SYS_userfaultfd, USER_MODE_ONLY) }).map(drop)
    }),
    attempt("use io_uring", &[], |_| {
        let mut parameters: Zeros = [0; 32];
        // SAFETY: the kernel writes 120 bytes.
        owned(unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, &raw mut parameters) }).map(drop)
    }),
    attempt("measure the whole machine (perf)", &[], |_| {
        let mut attributes: Zeros = [0; 32];
        // A software event, PERF_COUNT_SW_CPU_CLOCK, of version 0 with its 64 bytes; the kernel's part as well.
        attributes[0] = 1 | 64 << 32;
        // SAFETY: the attributes are as long as they say.
        owned(unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attributes,
                -1,
                0,
                -1,
                0,
            )
        })
        .map(drop)
    }),
    attempt("set the clock", &[], |_| {
        // SAFETY: the structure is valid; the clock is set to what it says.
        unsafe {
            let mut now: libc::timespec = std::mem::zeroed();
            check(libc::clock_gettime(libc::CLOCK_REALTIME, &mut now).into())?;
            check(libc::clock_settime(libc::CLOCK_REALTIME, &now).into()).map(drop)
        }
    }),
    attempt("restart the machine", &[], |_| {
        // Not a word that the call knows: it fails once it is allowed.
        // SAFETY: nothing is restarted.
        let result = unsafe { libc::syscall(libc::SYS_reboot, 0xfee1_deadu32, 672_274_793, 7, 0) };
        reached(result, &[libc::EINVAL, libc::EBUSY])
    }),
    attempt("read the kernel's log", &[], |_| {
        const READ_ALL: i32 = 3;
        let mut text = [0u8; 64];
        // SAFETY: the buffer is as long as is said.
        check(unsafe { libc::klogctl(READ_ALL, text.as_mut_ptr().cast(), 64) }.into()).map(drop)
    }),
    attempt("have no random addresses (personality)", &[], |_| {
        // SAFETY: for programs that are executed later.
        check(unsafe { libc::personality(libc::ADDR_NO_RANDOMIZE as u64) }.into()).map(drop)
    }),
];
