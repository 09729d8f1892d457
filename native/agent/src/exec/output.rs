//! One of stdout and stderr, on its way from the process's pipe or terminal to the outbox, as far as the host has given credit.
//!
//! Without credit, or room in the outbox, the pipe is not read, and its writer has to wait.

use std::cell::RefCell;
use std::future::Future;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::Sleep;

use super::kept::Kept;
use super::outbox::Outbox;
use crate::fault::from_errno;
use crate::proto::exec_response::Message;
use crate::proto::{Stdio, StdioClosed, StdioFlushed};
use crate::watch::watch;

/// The longest data message.
const MAX_DATA: usize = 64 * 1024;

/// How long a pipe that was found full is left alone while no host reads its output: one that floods it, now that no reader holds it
/// back, would keep a CPU busy with nothing.
const DROP_REST: Duration = Duration::from_millis(20);

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
    /// That was said to the host.
    closed: bool,
    /// No host is there: what comes is kept for the next.
    keeping: bool,
    kept: Kept,
    credit: u64,
    /// The last read filled its buffer: more is likely to come.
    busy: bool,
    /// The process has ended, and this much of what it wrote is still in the pipe, or kept.
    owed: Option<usize>,
    /// A terminal, of which nothing tells how much is on its way.
    terminal: bool,
    /// Its process has ended, and it was not found empty since.
    draining: bool,
    /// Nobody wants what comes, but its writers need not know.
    dropping: bool,
    /// Bytes that were read.
    moved: u64,
    /// Until when nothing more is dropped.
    rest: Option<Pin<Box<Sleep>>>,
}

impl Output {
    pub fn new(stdio: Stdio, pipe: OwnedFd, credit: u64) -> Self {
        Self {
            stdio,
            pipe: Some(Pipe::Fresh(pipe)),
            closed: false,
            keeping: false,
            kept: Kept::default(),
            credit,
            busy: false,
            owed: None,
            terminal: false,
            draining: false,
            dropping: false,
            moved: 0,
            rest: None,
        }
    }

    /// Of a terminal.
    pub fn shown(master: OwnedFd, credit: u64) -> Self {
        Self {
            terminal: true,
            ..Self::new(Stdio::Stdout, master, credit)
        }
    }

    pub fn give_credit(&mut self, bytes: u32) {
        self.credit = self.credit.saturating_add(bytes.into());
    }

    /// Bytes that the process has written, as far as they were read.
    pub fn moved(&self) -> u64 {
        self.moved
    }

    pub fn is_closed(&self) -> bool {
        self.closed || (self.dropping && self.pipe.is_none())
    }

    /// Stops listening; the process gets SIGPIPE if it goes on.
    pub fn close(&mut self) {
        self.pipe = None;
        self.closed = true;
    }

    /// Goes on reading, and keeps the last of what comes.
    pub fn keep(&mut self) {
        self.keeping = true;
    }

    /// How much is kept.
    pub fn kept(&self) -> u64 {
        self.kept.len() as u64
    }

    /// A host is there again, and takes so much. Gives how much was dropped meanwhile.
    pub fn attend(&mut self, credit: u64) -> u64 {
        self.keeping = false;
        self.rest = None;
        self.credit = credit;
        self.kept.take_dropped()
    }

    /// Goes on reading, so that nobody is held up or gets SIGPIPE, and drops what comes.
    pub fn drop_all(&mut self) {
        self.dropping = true;
        self.keeping = false;
        self.kept = Kept::default();
    }

    /// The process has ended: all that it wrote is in the pipe by now. What others write to the same pipe later does not count.
    pub fn process_ended(&mut self) {
        if self.terminal {
            self.draining = true;
            return;
        }
        self.owed = self
            .pipe
            .as_ref()
            .map(|pipe| rustix::io::ioctl_fionread(pipe.descriptor()).unwrap_or(0) as usize)
            .map(|unread| unread + self.kept.len());
    }

    /// Passes on what is there.
    pub fn poll(&mut self, cx: &mut Context<'_>, outbox: &Outbox) {
        if self.closed {
            return;
        }
        if self.hand_over_kept(cx, outbox) {
            self.read_on(cx, outbox);
        }
        if self.keeping {
            return;
        }
        if self.pipe.is_some() {
            self.say_flushed(outbox);
        } else if self.kept.len() == 0 {
            self.closed = true;
            let stdio = self.stdio.into();
            outbox.push(Message::Closed(StdioClosed { stdio }));
        }
    }

    /// False when some is left of what was kept.
    fn hand_over_kept(&mut self, cx: &mut Context<'_>, outbox: &Outbox) -> bool {
        while !self.keeping && self.kept.len() > 0 {
            if self.credit == 0 || outbox.poll_room(cx).is_pending() {
                return false;
            }
            let data = self.kept.shift(self.credit.min(MAX_DATA as u64) as usize);
            self.pass_on(data, outbox);
        }
        true
    }

    fn read_on(&mut self, cx: &mut Context<'_>, outbox: &Outbox) {
        while let Some(pipe) = &self.pipe {
            let unread = self.dropping || self.keeping;
            if unread {
                if let Some(rest) = &mut self.rest
                    && rest.as_mut().poll(cx).is_pending()
                {
                    return;
                }
                self.rest = None;
            } else if self.credit == 0 || outbox.poll_room(cx).is_pending() {
                return;
            }
            let mut guard = match pipe {
                Pipe::Fresh(_) => None,
                // Reading makes the kernel look for what is on its way.
                Pipe::Watched(_) if self.draining => None,
                Pipe::Watched(pipe) => match pipe.poll_read_ready(cx) {
                    Poll::Ready(Ok(guard)) => Some(guard),
                    Poll::Ready(Err(_)) | Poll::Pending => return,
                },
            };
            let want = if unread {
                MAX_DATA
            } else {
                self.credit.min(MAX_DATA as u64) as usize
            };
            let result = read(pipe.descriptor(), want, self.busy);
            // Found empty, now or by the next read; what comes then makes it ready again. Its end is not forgotten by this. Of a
            // terminal, more may be on its way.
            let emptied = match &result {
                Ok(data) => !self.terminal && !data.is_empty() && data.len() < want,
                Err(errno) => *errno == Errno::AGAIN,
            };
            if emptied && let Some(guard) = &mut guard {
                guard.clear_ready();
            }
            self.moved += result.as_ref().map_or(0, |data| data.len() as u64);
            match result {
                Ok(data) if !data.is_empty() && unread => {
                    if self.keeping {
                        let dropped = self.kept.push(&data);
                        self.owed = self.owed.map(|owed| owed.saturating_sub(dropped));
                    }
                    if data.len() == MAX_DATA {
                        self.rest = Some(Box::pin(tokio::time::sleep(DROP_REST)));
                    }
                }
                Ok(data) if !data.is_empty() => self.pass_on(data, outbox),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    if std::mem::take(&mut self.draining) {
                        self.owed = Some(self.kept.len());
                    }
                    self.watch(outbox);
                }
                Ok(_) | Err(_) => self.pipe = None,
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
        if self.owed == Some(0) {
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn drops_what_comes_and_lets_a_flood_wait() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        for pipe in [&reader, &writer] {
            rustix::io::ioctl_fionbio(pipe, true).unwrap();
        }
        let mut output = Output::new(Stdio::Stdout, reader, 0);
        let (outbox, _responses) = Outbox::new();
        output.drop_all();
        let mut writer = Some(writer);
        let begun = std::time::Instant::now();
        for round in 0..4 {
            // As much as the pipe holds, which is what is read at once.
            while rustix::io::write(writer.as_ref().unwrap(), &[0; 4096]).is_ok() {}
            if round == 3 {
                writer = None;
            }
            poll_fn(|cx| {
                output.poll(cx, &outbox);
                let left = output
                    .pipe
                    .as_ref()
                    .map(|pipe| rustix::io::ioctl_fionread(pipe.descriptor()).unwrap());
                match left {
                    None | Some(0) => Poll::Ready(()),
                    Some(_) => Poll::Pending,
                }
            })
            .await;
        }
        assert!(begun.elapsed() >= 3 * DROP_REST);
        poll_fn(|cx| {
            output.poll(cx, &outbox);
            match output.is_closed() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}
