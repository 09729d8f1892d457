//! What the guest uses of its resources at this moment.

use std::fs;

use rustix::time::{ClockId, clock_gettime};

use crate::boot::mounts::DISK;
use crate::container::cgroup;
use crate::proto::MetricsResponse;

pub fn read(executions: usize) -> MetricsResponse {
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = |name| cgroup::find_named(&memory, name).unwrap_or(0) * 1024;
    let (disk_total_bytes, disk_used_bytes) = disk();
    MetricsResponse {
        uptime_micros: uptime_micros(),
        cpu_micros: cgroup::named_number("cpu.stat", "usage_usec"),
        memory_total_bytes: memory("MemTotal"),
        memory_available_bytes: memory("MemAvailable"),
        container_memory_bytes: cgroup::number("memory.current"),
        // Without the init process, which is the agent's own.
        processes: cgroup::number("pids.current").saturating_sub(1) as u32,
        disk_total_bytes,
        disk_used_bytes,
        executions: executions as u32,
        container_memory_limit_bytes: cgroup::number("memory.max"),
        oom_kills: cgroup::named_number("memory.events", "oom_kill"),
    }
}

pub fn uptime_micros() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1000
}

/// Of the writable disk; zeros until it is mounted.
fn disk() -> (u64, u64) {
    let Ok(disk) = rustix::fs::statfs(DISK) else {
        return (0, 0);
    };
    const EXT4: i64 = 0xef53;
    if disk.f_type != EXT4 {
        return (0, 0);
    }
    let block = disk.f_bsize as u64;
    (
        disk.f_blocks * block,
        (disk.f_blocks - disk.f_bfree) * block,
    )
}
