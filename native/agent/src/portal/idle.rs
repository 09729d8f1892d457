//! Between two sessions: waits until a host is connected and has said hello.
//!
//! While no host is connected the port reports a hang-up all the time, which tokio takes for the end. So the port sits in an
//! epoll set of its own, edge-triggered, and tokio watches that set: it becomes ready only when something has changed.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::epoll;
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::handshake::{Hello, Scanner};
use crate::watch::watch;

pub struct Idle {
    changes: AsyncFd<OwnedFd>,
}

impl Idle {
    pub fn new(port: &OwnedFd) -> io::Result<Self> {
        let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ET;
        epoll::add(&set, port, epoll::EventData::new_u64(0), flags)?;
        Ok(Self {
            changes: watch(set, Interest::READABLE)?,
        })
    }

    /// The next hello, and the bytes that came after it.
    pub async fn hello(&self, port: &OwnedFd, already: Vec<u8>) -> io::Result<(Hello, Vec<u8>)> {
        let mut scanner = Scanner::default();
        let mut buffer = already;
        loop {
            if let Some((hello, used)) = scanner.scan(&buffer) {
                return Ok((hello, buffer.split_off(used)));
            }
            buffer.resize(4096, 0);
            match rustix::io::read(port, &mut buffer[..]) {
                Ok(length @ 1..) => buffer.truncate(length),
                // Zero: nobody is connected.
                Ok(_) | Err(Errno::AGAIN) => {
                    buffer.clear();
                    self.changed().await?;
                }
                Err(Errno::INTR) => buffer.clear(),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    async fn changed(&self) -> io::Result<()> {
        let mut guard = self.changes.readable().await?;
        let mut events = [const { std::mem::MaybeUninit::uninit() }; 1];
        let now = rustix::event::Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        epoll::wait(guard.get_inner().as_fd(), &mut events[..], Some(&now))?;
        guard.clear_ready();
        Ok(())
    }
}
