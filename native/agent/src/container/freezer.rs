//! Halts the container's processes, and keeps others from being started meanwhile.
//!
//! A VM that is saved may be restored many times, each with the same random numbers until its host has said hello. No process of the
//! user's may run before that, so none runs when it is saved.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use tokio::time::timeout;

use super::cgroup;
use crate::fault::to_errno;
use crate::watch::watch;

/// A process that has not halted by then sleeps in the kernel, in a write to a disk for example, and halts before it comes back from
/// there.
const PATIENCE: Duration = Duration::from_secs(1);

/// For a process that is being started, and waits for a slow file system. Shorter than hosts wait for an answer: a freeze that comes
/// after its host has given up would never be undone.
const STARTS_PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
pub struct Freezer {
    starts: Arc<RwLock<()>>,
    /// There while the container is frozen.
    frozen: Mutex<Option<OwnedRwLockWriteGuard<()>>>,
}

impl Freezer {
    /// To be held while a process is started. Waits for the thaw.
    pub async fn start(&self) -> OwnedRwLockReadGuard<()> {
        self.starts.clone().read_owned().await
    }

    /// Gives how long the first processes have stood still when the last does.
    pub async fn freeze(&self) -> Result<Duration, Errno> {
        if self.slot().is_none() {
            // What is being started has a pid first, and this process an owner for it.
            let guard = timeout(STARTS_PATIENCE, self.starts.clone().write_owned()).await;
            self.slot().get_or_insert(guard.map_err(|_| Errno::BUSY)?);
        }
        let begin = Instant::now();
        cgroup::freeze(true)?;
        timeout(PATIENCE, halted()).await.unwrap_or(Ok(()))?;
        Ok(begin.elapsed())
    }

    pub fn thaw(&self) -> Result<(), Errno> {
        // Costs nothing when it is not frozen: this is on the way of each start.
        let mut slot = self.slot();
        if slot.is_some() {
            cgroup::freeze(false)?;
            *slot = None;
        }
        Ok(())
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<OwnedRwLockWriteGuard<()>>> {
        self.frozen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until the kernel says that all processes have halted.
async fn halted() -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let events = rustix::fs::open(cgroup::EVENTS, flags, Mode::empty())?;
    let watched = watch(events, Interest::PRIORITY).map_err(to_errno)?;
    loop {
        let mut text = [0; 256];
        let length = rustix::io::pread(watched.get_ref(), &mut text, 0)?;
        let text = String::from_utf8_lossy(&text[..length]);
        if cgroup::find_named(&text, "frozen") == Some(1) {
            return Ok(());
        }
        let mut guard = watched.ready(Interest::PRIORITY).await.map_err(to_errno)?;
        guard.clear_ready();
    }
}
