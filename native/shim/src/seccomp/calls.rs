//! The calls that QEMU makes, by what it makes them for.

use libc::*;
use seccompiler::{SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};

use super::{Rules, Syscalls, refusals};

/// The dynamic loader, the C library, threads and their memory.
const PROGRAM: &[c_long] = &[
    SYS_arch_prctl,
    SYS_brk,
    SYS_execve,
    SYS_exit,
    SYS_exit_group,
    SYS_futex,
    SYS_get_mempolicy,
    SYS_getcpu,
    SYS_getegid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getpid,
    SYS_getrandom,
    SYS_getrlimit,
    SYS_getrusage,
    SYS_gettid,
    SYS_getuid,
    SYS_madvise,
    SYS_membarrier,
    SYS_memfd_create,
    SYS_mmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_munmap,
    SYS_prlimit64,
    SYS_restart_syscall,
    SYS_rseq,
    SYS_rt_sigaction,
    SYS_rt_sigpending,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigtimedwait,
    SYS_sched_getaffinity,
    SYS_sched_yield,
    SYS_seccomp,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_sigaltstack,
    SYS_sysinfo,
    SYS_tgkill,
    SYS_uname,
];

/// Its main loop, clocks and timers.
const LOOP: &[c_long] = &[
    SYS_clock_getres,
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_epoll_wait,
    SYS_eventfd2,
    SYS_gettimeofday,
    SYS_nanosleep,
    SYS_pipe2,
    SYS_poll,
    SYS_ppoll,
    SYS_signalfd4,
    SYS_timer_create,
    SYS_timer_delete,
    SYS_timer_settime,
    SYS_timerfd_create,
    SYS_timerfd_settime,
];

/// Disks, logs and saved states.
const FILES: &[c_long] = &[
    SYS_access,
    SYS_close,
    SYS_dup,
    SYS_dup2,
    SYS_dup3,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_fadvise64,
    SYS_fchdir,
    SYS_fallocate,
    SYS_fcntl,
    SYS_fdatasync,
    SYS_flock,
    SYS_fstat,
    SYS_fstatfs,
    SYS_fsync,
    SYS_ftruncate,
    SYS_getcwd,
    SYS_getdents64,
    SYS_lseek,
    SYS_lstat,
    SYS_newfstatat,
    SYS_open,
    SYS_openat,
    SYS_pread64,
    SYS_preadv,
    SYS_pwrite64,
    SYS_pwritev,
    SYS_read,
    SYS_readlink,
    SYS_readv,
    SYS_stat,
    SYS_statfs,
    SYS_statx,
    SYS_sync_file_range,
    SYS_write,
    SYS_writev,
];

/// The sockets that it was given. It can make none.
const SOCKETS: &[c_long] = &[
    SYS_accept,
    SYS_accept4,
    SYS_getpeername,
    SYS_getsockname,
    SYS_getsockopt,
    SYS_listen,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_sendto,
    SYS_setsockopt,
    SYS_shutdown,
];

/// Of prctl(2): names of threads, how exact their timers are, what a fault of memory does, and the two steps to QEMU's own filter.
const PROCESS_OPTIONS: &[c_int] = &[
    PR_GET_NAME,
    PR_MCE_KILL,
    PR_SET_NAME,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_SECCOMP,
    PR_SET_TIMERSLACK,
];

/// Of ioctl(2): whether a descriptor is a terminal, and that it does not block. QEMU without KVM was seen to make no request at all.
const REQUESTS: &[Ioctl] = &[TCGETS, FIONBIO];

/// What the share's files are asked: how many times their number was used again (ioctl_iflags(2)).
const SHARE_REQUESTS: &[Ioctl] = &[FS_IOC_GETVERSION];

/// The byte of a request that says whose it is (ioctl(2)), and what it is for KVM; no other driver has that (ioctl-number.rst).
const REQUEST_TYPE: u64 = 0xff00;
const KVM_REQUESTS: u64 = 0xae00;

/// Calls whose refusal is for another filter to say.
const REFUSED_ELSEWHERE: &[c_long] = &refusals::UNKNOWN;

/// What a guest may do with directories of the host.
const SHARE: &[c_long] = &[
    SYS_chmod,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchmodat2,
    SYS_fchown,
    SYS_fchownat,
    SYS_fgetxattr,
    SYS_flistxattr,
    SYS_fremovexattr,
    SYS_fsetxattr,
    SYS_getxattr,
    SYS_lgetxattr,
    SYS_linkat,
    SYS_listxattr,
    SYS_llistxattr,
    SYS_lremovexattr,
    SYS_lsetxattr,
    SYS_mkdirat,
    SYS_mknodat,
    SYS_readlinkat,
    SYS_removexattr,
    SYS_renameat,
    SYS_renameat2,
    SYS_setxattr,
    SYS_symlinkat,
    SYS_umask,
    SYS_unlinkat,
    SYS_utimensat,
];

pub fn allowed(syscalls: Syscalls, share: bool) -> Rules {
    let accelerator: &[c_long] = match syscalls {
        Syscalls::Tcg => &[],
        // Guest memory that is shared with the kernel is placed and locked.
        Syscalls::Kvm => &[SYS_mbind, SYS_mincore, SYS_mlock, SYS_munlock],
    };
    let for_share = if share { SHARE } else { &[] };
    let mut rules: Rules = [
        PROGRAM,
        LOOP,
        FILES,
        SOCKETS,
        REFUSED_ELSEWHERE,
        accelerator,
        for_share,
    ]
    .into_iter()
    .flatten()
    .map(|number| (*number, Vec::new()))
    .collect();
    rules.insert(SYS_clone, threads_only());
    let options = PROCESS_OPTIONS.iter().map(|option| *option as u64);
    rules.insert(SYS_prctl, any_of(0, options));
    rules.insert(SYS_ioctl, requests(syscalls, share));
    rules
}

fn requests(syscalls: Syscalls, share: bool) -> Vec<SeccompRule> {
    let of_share = if share { SHARE_REQUESTS } else { &[] };
    let mut rules = any_of(1, REQUESTS.iter().chain(of_share).copied());
    if let Syscalls::Kvm = syscalls {
        rules.extend(rule(&[(1, REQUEST_TYPE, KVM_REQUESTS)]));
    }
    rules
}

/// The argument is one of these.
fn any_of(argument: u8, values: impl Iterator<Item = u64>) -> Vec<SeccompRule> {
    const WHOLE: u64 = u32::MAX as u64;
    values
        .flat_map(|value| rule(&[(argument, WHOLE, value)]))
        .collect()
}

/// Neither processes nor namespaces.
fn threads_only() -> Vec<SeccompRule> {
    let thread = (CLONE_VM | CLONE_THREAD) as u64;
    let namespaces = (CLONE_NEWNS
        | CLONE_NEWUSER
        | CLONE_NEWPID
        | CLONE_NEWNET
        | CLONE_NEWIPC
        | CLONE_NEWUTS
        | CLONE_NEWCGROUP) as u64;
    rule(&[(0, thread | namespaces, thread)])
}

/// One rule: each of these arguments, masked, has that value.
pub fn rule(conditions: &[(u8, u64, u64)]) -> Vec<SeccompRule> {
    let conditions = conditions.iter().map(|(argument, mask, value)| {
        SeccompCondition::new(
            *argument,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(*mask),
            *value,
        )
    });
    let conditions = conditions
        .collect::<Result<Vec<_>, _>>()
        .expect("calls have six arguments");
    vec![SeccompRule::new(conditions).expect("there are conditions")]
}
