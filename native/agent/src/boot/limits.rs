//! Limits of the agent itself. Containers get theirs in `spawner::child`.

use std::fs;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Four descriptors for each execution, and some for files that are read or written.
const MAX_OPEN_FILES: u64 = 32_768;

/// Lifts the limit of open files, keeps the kernel from choosing the agent when memory runs out and its log from the container, and lets
/// modes be what is asked for.
pub fn apply() -> std::io::Result<()> {
    rustix::process::umask(rustix::fs::Mode::empty());
    let limit = Rlimit {
        current: Some(MAX_OPEN_FILES),
        maximum: Some(MAX_OPEN_FILES),
    };
    setrlimit(Resource::Nofile, limit)?;
    // The kernel's log tells of the VM; as Debian has it, only those with CAP_SYSLOG read it. A kernel without a log has nothing to tell.
    let _ = fs::write("/proc/sys/kernel/dmesg_restrict", "1");
    fs::write("/proc/self/oom_score_adj", "-1000")
}

/// Freed memory is kept up to 1 MiB instead of 128 KiB: under emulation, giving pages back and faulting them in again is dear.
/// One arena: the few threads for blocking work have no need of their own.
pub fn tune_allocator() {
    // SAFETY: mallopt takes plain numbers; no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 20);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 20);
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
