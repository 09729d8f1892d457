//! One of stdout and stderr, on its way from the process's pipe to the outbox, as far as the host has given credit.
//!
//! Without credit, or room in the outbox, the pipe is not read, and its writer has to wait.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};

use bytes::Bytes;
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::outbox::Outbox;
use crate::fault::from_errno;
use crate::proto::exec_response::Message;
use crate::proto::{Stdio, StdioClosed, StdioFlushed};
use crate::watch::watch;

/// The longest data message.
const MAX_DATA: usize = 64 * 1024;

thread_local! {
    /// For reads whose length is not known before; what was read is copied to a place of its size.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; MAX_DATA]);
}

/// Watched only once it was found empty: the pipes of a short command never are.
enum Pipe {
    Fresh(OwnedFd),
    Watched(AsyncFd<OwnedFd>),
}

impl Pipe {
    fn descriptor(&self) -> &OwnedFd {
        match self {
            Pipe::Fresh(pipe) => pipe,
            Pipe::Watched(pipe) => pipe.get_ref(),
        }
    }
}

pub struct Output {
    stdio: Stdio,
    /// None when nobody holds the other end any more.
    pipe: Option<Pipe>,
    credit: u64,
    /// The last read filled its buffer: more is likely to come.
    busy: bool,
    /// The process has ended, and this much of what it wrote is still in the pipe.
    owed: Option<usize>,
    /// Nobody wants what comes, but its writers need not know.
    dropping: bool,
}

impl Output {
    pub fn new(stdio: Stdio, pipe: OwnedFd, credit: u64) -> Self {
        Self {
            stdio,
            pipe: Some(Pipe::Fresh(pipe)),
            credit,
            busy: false,
            owed: None,
            dropping: false,
        }
    }

    pub fn give_credit(&mut self, bytes: u32) {
        self.credit = self.credit.saturating_add(bytes.into());
    }

    pub fn is_closed(&self) -> bool {
        self.pipe.is_none()
    }

    /// Stops listening; the process gets SIGPIPE if it goes on.
    pub fn close(&mut self) {
        self.pipe = None;
    }

    /// Goes on reading, so that nobody is held up or gets SIGPIPE, and drops what comes.
    pub fn drop_all(&mut self) {
        self.dropping = true;
    }

    /// The process has ended: all that it wrote is in the pipe by now. What others write to the same pipe later does not count.
    pub fn process_ended(&mut self) {
        self.owed = self
            .pipe
            .as_ref()
            .map(|pipe| rustix::io::ioctl_fionread(pipe.descriptor()).unwrap_or(0) as usize);
    }

    /// Passes on what is there.
    pub fn poll(&mut self, cx: &mut Context<'_>, outbox: &Outbox) {
        self.read_on(cx, outbox);
        // Not when it was closed meanwhile, which says more.
        self.say_flushed(outbox);
    }

    fn read_on(&mut self, cx: &mut Context<'_>, outbox: &Outbox) {
        while let Some(pipe) = &self.pipe {
            if !self.dropping && (self.credit == 0 || outbox.poll_room(cx).is_pending()) {
                return;
            }
            let mut guard = match pipe {
                Pipe::Fresh(_) => None,
                Pipe::Watched(pipe) => match pipe.poll_read_ready(cx) {
                    Poll::Ready(Ok(guard)) => Some(guard),
                    Poll::Ready(Err(_)) | Poll::Pending => return,
                },
            };
            let want = if self.dropping {
                MAX_DATA
            } else {
                self.credit.min(MAX_DATA as u64) as usize
            };
            let result = read(pipe.descriptor(), want, self.busy);
            // Found empty, now or by the next read; what comes then makes it ready again. Its end is not forgotten by this.
            let emptied = match &result {
                Ok(data) => !data.is_empty() && data.len() < want,
                Err(errno) => *errno == Errno::AGAIN,
            };
            if emptied && let Some(guard) = &mut guard {
                guard.clear_ready();
            }
            match result {
                Ok(data) if !data.is_empty() && self.dropping => {}
                Ok(data) if !data.is_empty() => self.pass_on(data, outbox),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.watch(outbox),
                Ok(_) | Err(_) => {
                    self.pipe = None;
                    let stdio = self.stdio.into();
                    outbox.push(Message::Closed(StdioClosed { stdio }));
                }
            }
        }
    }

    fn pass_on(&mut self, data: Bytes, outbox: &Outbox) {
        self.busy = data.len() == MAX_DATA;
        self.credit -= data.len() as u64;
        self.owed = self.owed.map(|owed| owed.saturating_sub(data.len()));
        outbox.push(match self.stdio {
            Stdio::Stderr => Message::Stderr(data),
            _ => Message::Stdout(data),
        });
    }

    fn say_flushed(&mut self, outbox: &Outbox) {
        if self.owed == Some(0) && self.pipe.is_some() {
            self.owed = None;
            let stdio = self.stdio.into();
            outbox.push(Message::Flushed(StdioFlushed { stdio }));
        }
    }

    fn watch(&mut self, outbox: &Outbox) {
        self.pipe = match self.pipe.take() {
            Some(Pipe::Fresh(pipe)) => match watch(pipe, Interest::READABLE) {
                Ok(pipe) => Some(Pipe::Watched(pipe)),
                Err(error) => {
                    let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
                    let what = "could not watch an output of an execution";
                    outbox.finish(Some(from_errno(errno, what)));
                    None
                }
            },
            watched => watched,
        };
    }
}

fn read(pipe: &OwnedFd, want: usize, busy: bool) -> Result<Bytes, Errno> {
    if busy {
        let mut buffer = Vec::with_capacity(want);
        rustix::io::read(pipe, rustix::buffer::spare_capacity(&mut buffer))?;
        return Ok(buffer.into());
    }
    SCRATCH.with_borrow_mut(|scratch| {
        let length = rustix::io::read(pipe, &mut scratch[..want])?;
        Ok(Bytes::copy_from_slice(&scratch[..length]))
    })
}
