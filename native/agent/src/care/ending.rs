//! The end of a guest that its agent has decided.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::console;
use crate::container::cgroup;
use crate::guest::shut_down;
use crate::machine::Machine;

/// Between SIGTERM and SIGKILL, as a host that stops a Box has it by default.
const GRACE: Duration = Duration::from_secs(10);

/// Ends the guest, unless it ends already. In a task of its own: who finds that it is to end may be ended by it.
pub fn begin(machine: &Arc<Machine>, why: &'static str) {
    let Ok(container) = machine.begin_stop() else {
        return;
    };
    machine.set_ends_itself();
    // First of all: whoever sees the end of a process by this knows why.
    console::error(format_args!("the guest has ended: {why}"));
    let machine = machine.clone();
    tokio::spawn(async move {
        if let Err(message) = shut_down(&machine, container, GRACE).await {
            console::error(message);
        }
        machine.finish_stop();
        console::power_off()
    });
}

/// A host wants the end of a guest that ends already. Returns when it is over, though the machine may be off by then.
pub async fn wait_for(machine: &Machine, grace: Duration) {
    sleep(grace).await;
    while machine.is_stopping() {
        for pid in cgroup::processes() {
            // SAFETY: no pointers.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
        sleep(GRACE).await;
    }
}
