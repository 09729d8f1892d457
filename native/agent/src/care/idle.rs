//! Ends a guest in which nothing goes on: no command but the main process, no call for files; and the main process neither prints nor reads.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::ending;
use crate::machine::Machine;

pub async fn run(machine: Arc<Machine>, limit: Duration) {
    let activity = machine.executions.activity();
    loop {
        let mut changed = pin!(activity.changed());
        // Before it is looked: what changes meanwhile is not missed.
        changed.as_mut().enable();
        if activity.calls() > 0 || machine.executions.are_busy() {
            changed.await;
        } else if timeout(limit, changed).await.is_err() {
            break;
        }
    }
    ending::begin(&machine, "idle");
}
