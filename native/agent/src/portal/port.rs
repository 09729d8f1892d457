//! The port, and when something about it has changed.
//!
//! While no host is connected the port reports a hang-up all the time, which tokio takes for the end of it. So the port sits in an epoll
//! set of its own, edge-triggered, and tokio watches that set: it becomes ready when bytes came, when there is room for more, and when
//! a host came or went. Which of these it was shows when the port is used.

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, ready};

use rustix::event::epoll;
use rustix::io::{Errno, Result};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::watch::watch;

pub struct Port {
    port: OwnedFd,
    changes: AsyncFd<OwnedFd>,
}

/// What is there to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes, of one buffer of the port's queue.
    Piece(usize),
    /// None for now.
    Nothing,
    /// None, and no host is connected, as far as the guest has heard.
    NoHost,
}

impl Port {
    pub fn new(port: OwnedFd) -> io::Result<Self> {
        let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = epoll::EventFlags::IN
            | epoll::EventFlags::OUT
            | epoll::EventFlags::HUP
            | epoll::EventFlags::ET;
        epoll::add(&set, &port, epoll::EventData::new_u64(0), flags)?;
        Ok(Self {
            port,
            changes: watch(set, Interest::READABLE)?,
        })
    }

    pub fn read(&self, space: &mut [std::mem::MaybeUninit<u8>]) -> Result<Read> {
        loop {
            return match rustix::io::read(&self.port, &mut *space) {
                Ok(([], _)) => Ok(Read::NoHost),
                Ok((piece, _)) => Ok(Read::Piece(piece.len())),
                Err(Errno::AGAIN) => Ok(Read::Nothing),
                Err(Errno::INTR) => continue,
                Err(errno) => Err(errno),
            };
        }
    }

    /// Writes what the port takes: nothing when it is full, or when no host is connected.
    pub fn write(&self, bytes: &[u8]) -> Result<usize> {
        loop {
            return match rustix::io::write(&self.port, bytes) {
                Err(Errno::AGAIN) => Ok(0),
                Err(Errno::INTR) => continue,
                result => result,
            };
        }
    }

    /// Ready when something has changed since it was ready the last time. Use the port first: it may have changed before.
    pub fn poll_change(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut guard = ready!(self.changes.poll_read_ready(cx))?;
        guard.clear_ready();
        Poll::Ready(Ok(()))
    }

    pub async fn changed(&self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_change(cx)).await
    }
}
