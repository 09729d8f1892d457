//! What the owner hears: one line when the sockets are bound, or one line for the step that failed.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use serde::Serialize;

use crate::sys;

/// Where the owner's end of the status pipe is given to this process.
pub const STATUS_FD: RawFd = 3;

/// A step that could not be done.
#[derive(Debug, Serialize)]
pub struct Failure {
    pub step: &'static str,
    /// 0 when the failure is not the kernel's.
    pub errno: i32,
    pub detail: String,
}

impl Failure {
    pub fn new(step: &'static str, detail: impl Into<String>) -> Self {
        Failure {
            step,
            errno: 0,
            detail: detail.into(),
        }
    }

    pub fn io(step: &'static str, subject: impl Into<String>, error: &io::Error) -> Self {
        Failure {
            step,
            errno: error.raw_os_error().unwrap_or(0),
            detail: subject.into(),
        }
    }
}

/// Names the step and its subject where the kernel refused something.
pub trait Step<T> {
    fn step(self, step: &'static str, subject: &str) -> Result<T, Failure>;
}

impl<T> Step<T> for io::Result<T> {
    fn step(self, step: &'static str, subject: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::io(step, subject, &error))
    }
}

/// The status pipe. It closes itself when the engine is executed.
pub struct Status(Option<OwnedFd>);

impl Status {
    /// Takes the pipe over, out of the range that the plan may number. Without one, failures go unheard.
    pub fn take() -> Self {
        let moved = sys::move_above(STATUS_FD, sys::FIRST_PRIVATE_FD);
        // SAFETY: `move_above` returns a descriptor that nothing else owns.
        Status(moved.ok().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    pub fn fd(&self) -> Option<RawFd> {
        self.0.as_ref().map(AsRawFd::as_raw_fd)
    }

    pub fn listening(&self) -> Result<(), Failure> {
        self.write("{\"listening\":true}\n")
            .step("status", "the status pipe")
    }

    pub fn failed(&self, failure: &Failure) {
        if let Ok(mut line) = serde_json::to_string(failure) {
            line.push('\n');
            // The owner is gone, or hears of the failure by the exit code.
            let _ = self.write(&line);
        }
    }

    fn write(&self, line: &str) -> io::Result<()> {
        match self.fd() {
            Some(fd) => sys::write_all(fd, line.as_bytes()),
            None => Ok(()),
        }
    }
}
