//! A file descriptor that stands for one process, whoever gets its id later (pidfd_open(2)).

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
};

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
