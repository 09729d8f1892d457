//! A file descriptor that stands for one process, whoever gets its id later (pidfd_open(2)).

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
};

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(i32),
}

#[derive(Debug)]
pub struct PidFd(OwnedFd);

impl PidFd {
    pub fn open(pid: i32) -> io::Result<Self> {
        // SAFETY: the call takes two numbers. It sets close-on-exec.
        let status = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        if status < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel just gave us this descriptor.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(status as RawFd) }))
    }

    pub fn send_signal(&self, signal: i32) -> io::Result<()> {
        let no_info = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: the descriptor is open, and a null `siginfo` is allowed.
        match unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.0.as_raw_fd(),
                signal,
                no_info,
                0,
            )
        } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Takes note of a child's end, so that its id is free again. `None` when it has not ended, or is nobody's child here.
    pub fn reap(&self) -> Option<Exit> {
        // SAFETY: an all-zero siginfo_t is valid, and the call fills it.
        let info = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WEXITED | libc::WNOHANG;
            if libc::waitid(
                libc::P_PIDFD,
                self.0.as_raw_fd() as libc::id_t,
                &mut info,
                options,
            ) != 0
            {
                return None;
            }
            info
        };
        // SAFETY: the fields of a SIGCHLD, which is what waitid(2) fills in.
        let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
        match info.si_code {
            _ if pid == 0 => None,
            libc::CLD_EXITED => Some(Exit::Code(status)),
            _ => Some(Exit::Signal(status)),
        }
    }

    /// Waits until the process has ended; false when it did not in that time.
    pub fn wait(&self, timeout_ms: i32) -> bool {
        let mut poll = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one initialised `pollfd` of a descriptor that is open.
        unsafe { libc::poll(&mut poll, 1, timeout_ms) == 1 }
    }
}

impl AsRawFd for PidFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
