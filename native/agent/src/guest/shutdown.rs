//! The orderly end of the container: its processes, its mounts, the state of its disk.
//!
//! ```text
//! SIGTERM to all ──▶ all executions ended, then init has no children ──▶ init leaves
//!        └── grace is over ──▶ SIGKILL to init: the kernel ends all that is in its PID namespace ──▶ unmount
//! ```

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::container::{Container, cgroup, storage};
use crate::machine::Machine;

pub async fn run(
    machine: &Machine,
    container: Option<Arc<Container>>,
    grace: Duration,
) -> Result<(), String> {
    let Some(container) = container else {
        rustix::fs::sync();
        return Ok(());
    };
    let deadline = Instant::now() + grace;
    terminate_all(container.init.pid());
    if timeout_at(deadline, machine.executions.all_ended())
        .await
        .is_ok()
    {
        // What is left are children of the init process, which leaves when they are gone.
        container.init.signal(libc::SIGTERM);
        let _ = timeout_at(deadline, container.init.ended()).await;
    }
    container.init.signal(libc::SIGKILL);
    // Processes that have ended are still waited for by calls whose readers are slow; no more.
    machine.executions.cut_all();
    container.init.ended().await;
    container.init.reap();
    drop(container);
    end_spawner(machine.spawner.pid);
    storage::unmount_all()
}

/// Every process but the init process, which takes the signal for an order.
fn terminate_all(init: i32) {
    for pid in cgroup::processes() {
        if pid != init {
            // SAFETY: no pointers.
            unsafe { libc::kill(pid, libc::SIGTERM) };
        }
    }
}

/// Its mount namespace is the container's, so it holds the mounts as well.
fn end_spawner(pid: i32) {
    // SAFETY: no pointers; the process is this one's child and not reaped.
    unsafe {
        libc::kill(pid, libc::SIGKILL);
        libc::waitpid(pid, std::ptr::null_mut(), 0);
    }
}
