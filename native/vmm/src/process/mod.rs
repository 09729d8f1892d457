//! Processes that are not our children: who they are, when they end, and signals that reach no other.

mod pidfd;
mod start_time;
mod watcher;

use std::{io, sync::Arc};

pub use pidfd::{Exit, PidFd};
pub use start_time::start_time;
pub use watcher::{OnExit, Watcher};

use crate::failure::{Code, Failure, Result};

/// A process that is being watched until dropped.
pub struct ProcessWatch {
    process: Arc<PidFd>,
    watcher: Arc<Watcher>,
    id: u64,
}

impl ProcessWatch {
    /// `None` when there is no process with this id that started at this time, or it has ended and only its parent has not taken note of that,
    /// which may never come. `reap`: it is a child of this process that nobody else waits for; how it ended is told then, also when it has.
    pub fn open(
        pid: u32,
        expected_start: u64,
        reap: bool,
        on_exit: OnExit,
    ) -> Result<Option<Self>> {
        let Some(number) = i32::try_from(pid).ok().filter(|pid| *pid > 0) else {
            return Ok(None);
        };
        let process = match PidFd::open(number) {
            Ok(process) => Arc::new(process),
            // The second: the id of a thread that leads no process.
            Err(error)
                if matches!(
                    error.raw_os_error(),
                    Some(libc::ESRCH | libc::EINVAL | libc::ENOENT)
                ) =>
            {
                return Ok(None);
            }
            Err(error) => {
                return Err(Failure::from(error).within(format_args!("cannot watch process {pid}")));
            }
        };
        // Asked for after the descriptor was opened: whatever has the id now is what the descriptor stands for, or is newer.
        if start_time(pid) != Some(expected_start) {
            return Ok(None);
        }
        if !reap && process.wait(0) {
            return Ok(None);
        }
        let watcher = Watcher::shared()?;
        let id = watcher.add(&process, reap, on_exit)?;
        Ok(Some(Self {
            process,
            watcher,
            id,
        }))
    }

    /// False when the process has ended.
    pub fn kill(&self, signal: i32) -> Result<bool> {
        match self.process.send_signal(signal) {
            Ok(()) => Ok(true),
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(false),
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Err(
                Failure::invalid_argument(format!("there is no signal {signal}")),
            ),
            Err(error) => Err(denied(signal, &error)),
        }
    }
}

impl Drop for ProcessWatch {
    fn drop(&mut self) {
        self.watcher.remove(&self.process, self.id);
    }
}

fn denied(signal: i32, error: &io::Error) -> Failure {
    let failure = Failure::from(io::Error::from_raw_os_error(
        error.raw_os_error().unwrap_or(libc::EPERM),
    ));
    Failure {
        code: Code::Internal,
        ..failure
    }
    .within(format_args!("cannot send signal {signal} to a process"))
}

#[cfg(test)]
mod tests {
    use std::{process::Command, sync::mpsc, time::Duration};

    use super::*;

    #[test]
    fn an_end_is_told_once_and_a_signal_reaches_it() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let (sender, exits) = mpsc::channel();
        let start = start_time(child.id()).unwrap();
        assert!(
            ProcessWatch::open(child.id(), start + 1, false, Box::new(|_| ()))
                .unwrap()
                .is_none()
        );
        let watch = ProcessWatch::open(
            child.id(),
            start,
            false,
            Box::new(move |_| sender.send(()).unwrap()),
        )
        .unwrap()
        .unwrap();
        assert!(watch.kill(0).unwrap());
        assert_eq!(watch.kill(9999).unwrap_err().code, Code::InvalidArgument);
        assert!(exits.recv_timeout(Duration::from_millis(20)).is_err());
        assert!(watch.kill(libc::SIGKILL).unwrap());
        exits.recv_timeout(Duration::from_secs(5)).unwrap();
        child.wait().unwrap();
        assert!(!watch.kill(0).unwrap());
    }

    #[test]
    #[expect(clippy::zombie_processes, reason = "it is what the test is about")]
    fn a_child_is_reaped_also_when_nobody_listens() {
        let listened = Command::new("sh").args(["-c", "exit 7"]).spawn().unwrap();
        let (sender, exits) = mpsc::channel();
        let start = start_time(listened.id()).unwrap();
        let tell = Box::new(move |exit| sender.send(exit).unwrap());
        let watch = ProcessWatch::open(listened.id(), start, true, tell).unwrap();
        assert_eq!(
            exits.recv_timeout(Duration::from_secs(5)).unwrap(),
            Some(Exit::Code(7))
        );
        drop(watch);

        let ignored = Command::new("sleep").arg("60").spawn().unwrap();
        let start = start_time(ignored.id()).unwrap();
        let watch = ProcessWatch::open(
            ignored.id(),
            start,
            true,
            Box::new(|_| panic!("nobody listens")),
        )
        .unwrap()
        .unwrap();
        assert!(watch.kill(libc::SIGTERM).unwrap());
        drop(watch);
        for _ in 0..500 {
            if start_time(ignored.id()).is_none() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it is still there");
    }

    #[test]
    fn one_that_has_ended_is_not_there_though_nobody_has_reaped_it() {
        let mut child = Command::new("true").spawn().unwrap();
        let start = start_time(child.id()).unwrap();
        assert!(PidFd::open(child.id() as i32).unwrap().wait(5_000));
        assert_eq!(start_time(child.id()), Some(start));
        let open = || ProcessWatch::open(child.id(), start, false, Box::new(|_| ()));
        assert!(open().unwrap().is_none());
        child.wait().unwrap();
    }

    #[test]
    fn a_dropped_watch_is_silent() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let (sender, exits) = mpsc::channel();
        let watch = ProcessWatch::open(
            child.id(),
            start_time(child.id()).unwrap(),
            false,
            Box::new(move |_| sender.send(()).unwrap()),
        )
        .unwrap();
        drop(watch);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(exits.recv_timeout(Duration::from_secs(1)).is_err());
    }
}
