//! The end of a container: of all that runs in it, and of all that the agent holds of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tonic::Status;

use super::{Container, cgroup, storage};
use crate::exec::Executions;
use crate::fault::{Kind, describe, fault};
use crate::spawner::Client;

/// How long calls that work on the container's files may take to let go of it when its place is to be taken.
const PATIENCE: Duration = Duration::from_secs(5);

/// Kills the init process, with which the kernel ends all that is in its PID namespace, and then the spawner. Executions fail with
/// `reason`. False when calls go on after `patience` that work on the container's files.
pub async fn run(
    container: Arc<Container>,
    executions: &Executions,
    reason: &Status,
    patience: Duration,
) -> bool {
    container.init.signal(libc::SIGKILL);
    // Processes that have ended are still waited for by calls whose readers are slow; no more.
    executions.cut_all(reason);
    container.init.ended().await;
    container.init.reap();
    // Its mount namespace is the container's, so it holds the mounts as well.
    Client::end(container.spawner.pid);
    timeout(patience, dropped(container)).await.is_ok()
}

/// Waits for the other owners.
async fn dropped(container: Arc<Container>) {
    let dropped = container.when_dropped();
    drop(container);
    let _ = dropped.await;
}

/// Ends a container whose place another one is to take: nothing of it stays behind, neither mounts nor pages of its disks.
pub async fn remove(container: Arc<Container>, executions: &Executions) -> Result<(), Status> {
    let message = "the Box's container was removed";
    let reason = fault(Kind::Stopped, "container-removed", message);
    let failed = |message: String| fault(Kind::Storage, "container-not-removed", message);
    if !run(container, executions, &reason, PATIENCE).await {
        let message = "files of the container are still being read or written";
        return Err(failed(message.to_owned()));
    }
    storage::release().map_err(failed)?;
    cgroup::remove().map_err(|errno| {
        let why = describe(errno);
        failed(format!("could not remove the container's cgroup: {why}"))
    })
}
