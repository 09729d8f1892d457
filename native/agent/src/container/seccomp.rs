//! The filter of system calls that all processes of a container inherit; `seccomp/default.profile` says what is in it.
//!
//! The spawner puts it on itself, once it has nothing left to do that a process of the container may not. So starting one costs nothing.

use rustix::io::Errno;

mod generated {
    include!(concat!(env!("OUT_DIR"), "/seccomp.rs"));
}
use generated::{PROGRAM, SLOTS};

/// The filter for processes that have these capabilities.
fn filter(capabilities: u64) -> [libc::sock_filter; PROGRAM.len()] {
    let mut filter = PROGRAM;
    for &(index, capability) in SLOTS {
        if capabilities & (1 << capability) != 0 {
            filter[index].k = libc::SECCOMP_RET_ALLOW;
        }
    }
    filter
}

/// Cannot be undone. Needs CAP_SYS_ADMIN, so that programs with file capabilities still get them.
pub fn install(capabilities: u64) -> Result<(), Errno> {
    let mut filter = filter(capabilities);
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program.
    match unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) } {
        0 => Ok(()),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X86_64: u32 = 0xc000_003e;
    const I386: u32 = 0x4000_0003;
    const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
    const EPERM: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    const EINVAL: u32 = libc::SECCOMP_RET_ERRNO | libc::EINVAL as u32;
    const ENOSYS: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    const DEFAULT: u64 = 0xa804_25fb;

    /// What the kernel would do, for the few instructions that there are.
    fn verdict(capabilities: u64, architecture: u32, number: i64, args: [u64; 3]) -> u32 {
        let filter = filter(capabilities);
        let (mut at, mut loaded) = (0, 0);
        loop {
            let libc::sock_filter { code, jt, jf, k } = filter[at];
            at += 1;
            let branch = |holds: bool| usize::from(if holds { jt } else { jf });
            match code {
                0x20 => {
                    loaded = match k {
                        0 => number as u32,
                        4 => architecture,
                        _ => (args[(k as usize - 16) / 8] >> (k % 8 * 8)) as u32,
                    }
                }
                0x05 => at += k as usize,
                0x15 => at += branch(loaded == k),
                0x35 => at += branch(loaded >= k),
                0x06 => return k,
                _ => panic!("instruction {code:#x}"),
            }
        }
    }

    fn default(number: i64) -> u32 {
        verdict(DEFAULT, X86_64, number, [0; 3])
    }

    #[test]
    fn answers_by_the_profile() {
        for number in [
            libc::SYS_read,
            libc::SYS_execve,
            libc::SYS_clone3,
            libc::SYS_openat2,
        ] {
            assert_eq!(default(number), ALLOW, "{number}");
        }
        for number in [libc::SYS_kexec_load, libc::SYS_userfaultfd, libc::SYS_sysfs] {
            assert_eq!(default(number), EPERM, "{number}");
        }
        for number in [
            libc::SYS_io_uring_setup,
            libc::SYS_add_key,
            1000,
            0x4000_0000,
            -1,
        ] {
            assert_eq!(default(number), ENOSYS, "{number}");
        }
    }

    #[test]
    fn capabilities_open_what_is_theirs() {
        assert_eq!(default(libc::SYS_chroot), ALLOW);
        assert_eq!(verdict(0, X86_64, libc::SYS_chroot, [0; 3]), EPERM);
        assert_eq!(default(libc::SYS_bpf), EPERM);
        assert_eq!(verdict(1 << 21, X86_64, libc::SYS_bpf, [0; 3]), ALLOW);
    }

    #[test]
    fn looks_at_arguments_where_they_matter() {
        let of = |capabilities, number, args| verdict(capabilities, X86_64, number, args);
        assert_eq!(of(0, libc::SYS_personality, [8, 0, 0]), ALLOW);
        assert_eq!(of(0, libc::SYS_personality, [0x4_0000, 0, 0]), ENOSYS);
        assert_eq!(of(0, libc::SYS_personality, [0xffff_ffff, 0, 0]), ALLOW);
        assert_eq!(of(0, libc::SYS_personality, [u64::MAX, 0, 0]), ENOSYS);
        assert_eq!(of(0, libc::SYS_socket, [1, 0, 9]), ALLOW);
        assert_eq!(of(0, libc::SYS_socket, [16, 0, 0]), ALLOW);
        assert_eq!(of(0, libc::SYS_socket, [16, 0, 9]), EINVAL);
        assert_eq!(of(DEFAULT, libc::SYS_socket, [16, 0, 9]), ALLOW);
    }

    #[test]
    fn other_architectures_have_their_own_numbers_or_nothing() {
        // Of i386: 11 execve, 102 socketcall, 128 init_module, 425 io_uring_setup.
        for (number, expected) in [(11, ALLOW), (102, ALLOW), (128, EPERM), (425, ENOSYS)] {
            assert_eq!(verdict(DEFAULT, I386, number, [0; 3]), expected, "{number}");
        }
        let other = verdict(DEFAULT, 0xc000_00b7, libc::SYS_read, [0; 3]);
        assert_eq!(other, libc::SECCOMP_RET_KILL_PROCESS);
    }

    #[test]
    fn is_short() {
        assert!(PROGRAM.len() < 600, "{}", PROGRAM.len());
    }
}
