//! The orderly end of the guest: the container's processes, its mounts, the state of its disk.
//!
//! ```text
//! SIGTERM to all ──▶ all executions ended ──▶ no process is left but init: disks read-only, done
//!        │                    └── init has no children any more ──▶ init leaves ──▶ container::end ──▶ unmount
//!        └── grace is over ──────────────────────────────────────────────────────────▲
//! ```

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::container::{Container, cgroup, end, storage};
use crate::machine::{Machine, stopped};

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
        if cgroup::processes() == [container.init.pid()] && storage::seal() {
            machine.executions.cut_all(&stopped());
            return Ok(());
        }
        // What is left are children of the init process, which leaves when they are gone.
        container.init.signal(libc::SIGTERM);
        let _ = timeout_at(deadline, container.init.ended()).await;
    }
    end::run(container, &machine.executions, &stopped()).await;
    storage::unmount_or_freeze()
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
