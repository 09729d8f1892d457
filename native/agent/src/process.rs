//! A child of the agent: a process that the spawner started, watched through a pidfd.
//!
//! It is reaped only by `reap`, however long it has been dead. So its number stays its own until then, and a signal to its group can
//! never reach another one.

use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};

use rustix::io::{Errno, Result};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::watch::watch;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Exited(u32),
    Signalled(u32),
}

pub struct Process {
    pid: Pid,
    exit: AsyncFd<OwnedFd>,
}

impl Process {
    pub fn adopt(pid: i32) -> Result<Self> {
        let pid = Pid::from_raw(pid).ok_or(Errno::SRCH)?;
        let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
        let exit = watch(pidfd, Interest::READABLE)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        Ok(Self { pid, exit })
    }

    /// Ready once it has ended.
    pub fn poll_end(&self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            let mut guard = match ready!(self.exit.poll_read_ready(cx)) {
                Ok(guard) => guard,
                // The runtime is shutting down.
                Err(_) => return Poll::Pending,
            };
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            match waitid(WaitId::PidFd(self.exit.get_ref().as_fd()), options) {
                Ok(Some(status)) => {
                    return Poll::Ready(match status.exit_status() {
                        Some(code) => End::Exited(code as u32),
                        None => End::Signalled(status.terminating_signal().unwrap_or(0) as u32),
                    });
                }
                Ok(None) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                // Nobody else reaps; if that ever happens, it has ended all the same.
                Err(_) => return Poll::Ready(End::Signalled(libc::SIGKILL as u32)),
            }
        }
    }

    pub async fn ended(&self) -> End {
        std::future::poll_fn(|cx| self.poll_end(cx)).await
    }

    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: no pointers. Not reaped yet, so the number is its own.
        unsafe { libc::kill(self.pid(), signal) };
    }

    /// Signals its process group, that is, all it has started that did not leave the group.
    pub fn signal_group(&self, signal: i32) {
        // SAFETY: as above; the spawner makes it the leader of a group.
        unsafe { libc::kill(-self.pid(), signal) };
    }

    /// Takes it out of the process table, once it has ended.
    pub fn reap(&self) {
        let _ = waitid(
            WaitId::PidFd(self.exit.get_ref().as_fd()),
            WaitIdOptions::EXITED | WaitIdOptions::NOHANG,
        );
    }
}

/// Reaps a child that ended before it became a program; it is dead already, or about to be.
pub fn reap_failed(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
    }
}
