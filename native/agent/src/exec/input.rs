//! Stdin: what the host has sent and the process has not read yet. The host sends against credit, so it is bounded.

use std::os::fd::OwnedFd;
use std::task::{Context, Poll};

use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tonic::Status;

use super::outbox::Outbox;
use super::terminal;
use crate::fault::invalid;
use crate::proto::exec_response::Message;
use crate::proto::{Credit, Stdio, StdioClosed};
use crate::watch::watch;

/// The longest data message.
const MAX_DATA: usize = 64 * 1024;
/// Credit is given back in pieces of this size, or when all has been read.
const CREDIT_STEP: usize = 32 * 1024;
const MOST_CREDIT: usize = 256 * 1024;
const LEAST_CREDIT: usize = 16 * 1024;
/// What all executions together may make the agent hold, as long as there are not too many of them.
const ALL_CREDIT: usize = 8 << 20;

pub struct Input {
    /// None when the process does not read any more, or all has been written.
    pipe: Option<AsyncFd<OwnedFd>>,
    held: Vec<u8>,
    written: usize,
    /// What the host may still send.
    credit: usize,
    /// Read by the process, and not yet given back as credit.
    spent: usize,
    /// Bytes that were written.
    moved: u64,
    ending: bool,
    /// It is a terminal, where the end has to be typed, which was not done yet.
    types_end: bool,
    /// The byte that was written last.
    last: Option<u8>,
}

/// The credit that an execution starts with when so many others run.
pub fn first_credit(executions: usize) -> usize {
    (ALL_CREDIT / executions.max(1)).clamp(LEAST_CREDIT, MOST_CREDIT)
}

impl Input {
    pub fn new(pipe: OwnedFd, credit: usize) -> std::io::Result<Self> {
        let pipe = Some(watch(pipe, Interest::WRITABLE)?);
        Ok(Self {
            pipe,
            held: Vec::new(),
            written: 0,
            credit,
            spent: 0,
            moved: 0,
            ending: false,
            types_end: false,
            last: None,
        })
    }

    /// Of a terminal.
    pub fn typed(master: OwnedFd, credit: usize) -> std::io::Result<Self> {
        Ok(Self {
            types_end: true,
            ..Self::new(master, credit)?
        })
    }

    /// Bytes that were passed to the process.
    pub fn moved(&self) -> u64 {
        self.moved
    }

    /// How much the host may still send.
    pub fn credit(&self) -> u32 {
        self.credit as u32
    }

    /// Takes a message of the host.
    pub fn accept(&mut self, data: &[u8]) -> Result<(), Status> {
        if self.ending {
            return Err(invalid("stdin comes after its end"));
        }
        if data.len() > MAX_DATA || data.len() > self.credit {
            return Err(invalid("more stdin comes than there is credit for"));
        }
        self.credit -= data.len();
        if self.pipe.is_some() {
            self.held.extend_from_slice(data);
        }
        Ok(())
    }

    /// Nothing more comes.
    pub fn end(&mut self) {
        self.ending = true;
    }

    /// Writes what the pipe takes.
    pub fn poll(&mut self, cx: &mut Context<'_>, outbox: &Outbox) {
        while let Some(pipe) = &self.pipe {
            if self.written == self.held.len() {
                self.held.clear();
                self.written = 0;
                if !self.ending {
                    break;
                }
                if !self.types_end {
                    self.pipe = None;
                    break;
                }
                self.types_end = false;
                self.held = terminal::end_of_file(pipe.get_ref(), self.last);
            }
            let Poll::Ready(Ok(mut guard)) = pipe.poll_write_ready(cx) else {
                break;
            };
            match rustix::io::write(guard.get_inner(), &self.held[self.written..]) {
                Ok(length) => {
                    self.written += length;
                    self.spent += length;
                    self.moved += length as u64;
                    self.last = self.held[..self.written].last().copied().or(self.last);
                }
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                // EPIPE: nobody reads it any more, which is the process's right.
                Err(_) => {
                    self.pipe = None;
                    self.held = Vec::new();
                    self.written = 0;
                    outbox.push(Message::Closed(StdioClosed {
                        stdio: Stdio::Stdin.into(),
                    }));
                }
            }
        }
        self.give_credit(outbox);
    }

    fn give_credit(&mut self, outbox: &Outbox) {
        let due = self.spent >= CREDIT_STEP || (self.spent > 0 && self.credit < CREDIT_STEP);
        if due && !self.ending && self.pipe.is_some() {
            let bytes = self.spent as u32;
            self.credit += self.spent;
            self.spent = 0;
            outbox.push(Message::Credit(Credit {
                stdio: Stdio::Stdin.into(),
                bytes,
            }));
        }
        // A burst is over: give its memory back.
        if self.held.is_empty() && self.held.capacity() > CREDIT_STEP {
            self.held = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_shrinks_when_many_run() {
        assert_eq!(first_credit(0), MOST_CREDIT);
        assert_eq!(first_credit(32), MOST_CREDIT);
        assert_eq!(first_credit(64), MOST_CREDIT / 2);
        assert_eq!(first_credit(4096), LEAST_CREDIT);
    }

    #[tokio::test]
    async fn takes_no_more_than_its_credit() {
        let (_reader, writer) = rustix::pipe::pipe().unwrap();
        let mut input = Input::new(writer, 100).unwrap();
        assert!(input.accept(&[0; 60]).is_ok());
        assert!(input.accept(&[0; 41]).is_err());
        assert!(input.accept(&[0; 40]).is_ok());
        input.end();
        assert!(input.accept(&[]).is_err());
    }
}
