//! The orderly end of the guest: the container's processes, its mounts, the state of its disk.
//!
//! ```text
//! SIGTERM to all, SIGHUP where there is a terminal ──▶ all executions ended ──▶ neither a process but init nor a call is left: disks read-only, done
//!        │                    └── init has no children any more ──▶ init leaves ──▶ container::end ──▶ unmount
//!        └── grace is over ──────────────────────────────────────────────────────────▲
//! ```

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::container::{Container, cgroup, end, processes, storage};
use crate::machine::{Machine, stopped};

/// How long calls that work on the container's files may go on after its processes: the host waits 2 s in all for what comes after the grace,
/// and the last state of the disks is to be written within that.
const PATIENCE: Duration = Duration::from_secs(1);

pub async fn run(
    machine: &Machine,
    container: Option<Arc<Container>>,
    grace: Duration,
) -> Result<(), String> {
    let Some(container) = container else {
        rustix::fs::sync();
        return Ok(());
    };
    // A frozen process hears no signal but SIGKILL.
    let _ = container.freezer.thaw();
    let deadline = Instant::now() + grace;
    terminate_all(container.init.pid());
    if timeout_at(deadline, machine.executions.all_ended())
        .await
        .is_ok()
    {
        if is_unused(&container) && storage::make_read_only() {
            machine.executions.cut_all(&stopped());
            return Ok(());
        }
        // What is left are children of the init process, which leaves when they are gone.
        container.init.signal(libc::SIGTERM);
        let _ = timeout_at(deadline, container.init.ended()).await;
    }
    end::run(container, &machine.executions, &stopped(), PATIENCE).await;
    storage::unmount_or_freeze()
}

/// Whether neither a process nor a call works in the container; none begins any more.
fn is_unused(container: &Arc<Container>) -> bool {
    Arc::strong_count(container) == 1 && cgroup::holds_only(container.init.pid())
}

/// Every process but the init process, which takes the signal for an order. Shells at a terminal ignore SIGTERM, and end when that hangs up.
fn terminate_all(init: i32) {
    for pid in cgroup::processes() {
        if pid != init {
            let hangs_up = processes::has_terminal(pid);
            // SAFETY: no pointers.
            unsafe {
                libc::kill(pid, libc::SIGTERM);
                if hangs_up {
                    libc::kill(pid, libc::SIGHUP);
                }
            }
        }
    }
}
