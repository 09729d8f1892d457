//! What the owner hears: a line with the id of the engine's process, then one when the sockets are bound, or one for the step that failed.

use std::borrow::Cow;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use serde::{Deserialize, Serialize};

use crate::cgroup;
use crate::jail::InForce;
use crate::namespaces::Namespaces;
use crate::sys;

/// Where the owner's end of the status pipe is given to this process.
pub const STATUS_FD: RawFd = 3;

/// A step that could not be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    pub step: Cow<'static, str>,
    /// 0 when the failure is not the kernel's.
    pub errno: i32,
    pub detail: String,
}

impl Failure {
    pub fn new(step: &'static str, detail: impl Into<String>) -> Self {
        Failure {
            step: Cow::Borrowed(step),
            errno: 0,
            detail: detail.into(),
        }
    }

    pub fn io(step: &'static str, subject: impl Into<String>, error: &io::Error) -> Self {
        Failure {
            step: Cow::Borrowed(step),
            errno: error.raw_os_error().unwrap_or(0),
            detail: subject.into(),
        }
    }
}

impl Failure {
    /// What another process of this program said.
    pub fn from_json(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_else(|_| Failure::new("birth", "an unknown reason"))
    }

    /// What may be reached outside but not in these namespaces is their failure: a directory in another process's view of the file system.
    pub fn within(self, namespaces: Namespaces) -> Self {
        if namespaces.any() && self.errno == libc::EACCES {
            return Failure {
                step: Cow::Borrowed("namespaces"),
                ..self
            };
        }
        self
    }

    /// Whether the host refused a layer of the jail: `EPERM` and `EACCES`, or that it does not know it, or has no more of it.
    pub fn is_refusal(&self) -> bool {
        const REFUSALS: [i32; 6] = [
            libc::EPERM,
            libc::EACCES,
            libc::ENOSPC,
            libc::EUSERS,
            libc::ENOSYS,
            libc::EINVAL,
        ];
        self.step == "namespaces" && REFUSALS.contains(&self.errno)
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

    /// The engine's process is there, a child of the owner. Of several, the last is the engine's.
    pub fn born(&self, pid: libc::pid_t) -> Result<(), Failure> {
        self.write(&format!("{{\"pid\":{pid}}}\n"))
            .step("status", "the status pipe")
    }

    /// What limits it, by the host's cgroups.
    pub fn limited(&self, cgroup: &cgroup::Report) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Limited<'a> {
            cgroup: &'a cgroup::Report,
        }
        let line = serde_json::to_string(&Limited { cgroup });
        let line = line.map_err(|error| Failure::new("status", error.to_string()))?;
        self.write(&format!("{line}\n"))
            .step("status", "the status pipe")
    }

    pub fn listening(&self, jail: &InForce) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Listening<'a> {
            listening: bool,
            jail: &'a InForce,
        }
        let line = serde_json::to_string(&Listening {
            listening: true,
            jail,
        });
        let line = line.map_err(|error| Failure::new("status", error.to_string()))?;
        self.write(&format!("{line}\n"))
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
