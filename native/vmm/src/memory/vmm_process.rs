//! The process whose memory is read or written, and what is said when the kernel does not allow it.

use std::{
    fs, io,
    os::fd::{AsRawFd, RawFd},
};

use crate::{
    errno,
    failure::{Code, Failure, Result},
    process::PidFd,
};

/// A process that is known to be the same from `open` to `ensure_alive`, though ids are used again.
pub struct VmmProcess {
    pub pid: i32,
    handle: PidFd,
}

impl VmmProcess {
    pub fn open(pid: u32) -> Result<Self> {
        let number = i32::try_from(pid)
            .ok()
            .filter(|pid| *pid > 0)
            .ok_or_else(|| Failure::invalid_argument(format!("{pid} is no process id")))?;
        match PidFd::open(number) {
            Ok(handle) => Ok(Self {
                pid: number,
                handle,
            }),
            // The second: the id of a thread that leads no process.
            Err(error)
                if matches!(
                    error.raw_os_error(),
                    Some(libc::ESRCH | libc::EINVAL | libc::ENOENT)
                ) =>
            {
                Err(gone(number))
            }
            Err(error) => Err(failed(number, "find", &error)),
        }
    }

    /// Fails when the process has ended, reaped or not: what was asked about its id since then may be another's.
    /// One that is just ending gives up its memory first, and is told as ended, too.
    pub fn ensure_alive(&self) -> Result<()> {
        let statm = fs::read(format!("/proc/{}/statm", self.pid)).unwrap_or_default();
        if statm.is_empty() || statm.starts_with(b"0 ") || self.handle.wait(0) {
            return Err(gone(self.pid));
        }
        Ok(())
    }

    /// What an error of the operating system means; `action` is a verb: `read the memory of`.
    pub fn failure(&self, action: &str, error: &io::Error) -> Failure {
        match self.ensure_alive() {
            Err(gone) => gone,
            Ok(()) => failed(self.pid, action, error),
        }
    }
}

impl AsRawFd for VmmProcess {
    /// Readable when the process has ended.
    fn as_raw_fd(&self) -> RawFd {
        self.handle.as_raw_fd()
    }
}

fn gone(pid: i32) -> Failure {
    Failure::new(
        Code::Engine,
        "vmm-gone",
        format!("the VMM, process {pid}, has ended; its console and log say why"),
    )
}

fn failed(pid: i32, action: &str, error: &io::Error) -> Failure {
    match error.raw_os_error() {
        Some(libc::ESRCH) => gone(pid),
        Some(libc::EPERM | libc::EACCES) => Failure::new(
            Code::Engine,
            "EPERM",
            format!(
                "the kernel does not let this program {action} the VMM, process {pid}: {}",
                who_may(
                    fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope")
                        .ok()
                        .as_deref()
                )
            ),
        ),
        number => Failure::new(
            Code::Engine,
            number.map_or("io", errno::name),
            format!(
                "cannot {action} the VMM, process {pid}: {}",
                errno::describe(error)
            ),
        )
        .or_exhausted(),
    }
}

/// Who may read another process's memory (ptrace(2), 'Ptrace access mode checking' and '/proc/sys/kernel/yama/ptrace_scope').
fn who_may(yama: Option<&str>) -> &'static str {
    match yama.map(str::trim) {
        Some("1") => {
            "Yama (kernel.yama.ptrace_scope = 1) allows it to the program that started the VMM, to that program's parents, and to root; \
             use the program that started this Box"
        }
        Some("2") => {
            "Yama (kernel.yama.ptrace_scope = 2) allows it to root only; set it to 1 with `sysctl kernel.yama.ptrace_scope=1`"
        }
        Some("3") => {
            "Yama (kernel.yama.ptrace_scope = 3) allows it to nobody, until the host boots with another setting"
        }
        _ => {
            "it must run as the VMM's user, in a container that permits process_vm_readv, and the VMM must hold no capability that it lacks"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_is_told_as_such() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let process = VmmProcess::open(child.id()).unwrap();
        child.wait().unwrap();
        assert_eq!(process.ensure_alive().unwrap_err().reason, "vmm-gone");
        assert_eq!(
            VmmProcess::open(child.id()).err().unwrap().reason,
            "vmm-gone"
        );
        for pid in [0, u32::MAX] {
            assert_eq!(
                VmmProcess::open(pid).err().unwrap().code,
                Code::InvalidArgument
            );
        }
    }

    #[test]
    fn a_refusal_says_what_the_host_wants() {
        let refused = failed(7, "read the memory of", &io::Error::from_raw_os_error(1));
        assert_eq!((refused.code, refused.reason), (Code::Engine, "EPERM"));
        assert!(who_may(Some("1\n")).contains("ptrace_scope = 1"));
        assert!(who_may(None).contains("user"));
    }
}
