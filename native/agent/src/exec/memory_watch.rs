//! Tells whether the kernel ended an execution because memory ran out.

use std::sync::Arc;

use crate::container::cgroup::OomKills;
use crate::process::End;

/// How a shell tells of a child that SIGKILL has ended.
const KILLED_CHILD: u32 = 128 + libc::SIGKILL as u32;

pub struct MemoryWatch {
    kills: Arc<OomKills>,
    at_begin: u64,
}

impl MemoryWatch {
    pub fn begin(kills: Arc<OomKills>) -> Self {
        let at_begin = kills.count();
        Self { kills, at_begin }
    }

    /// True when it ended as those do that the kernel kills, and the kernel has killed one for want of memory since the begin.
    pub fn explains(&self, end: End) -> bool {
        let killed = match end {
            End::Exited(code) => code == KILLED_CHILD,
            End::Signalled(signal) => signal == libc::SIGKILL as u32,
        };
        killed && self.kills.count() > self.at_begin
    }
}
