//! Watches over one running execution: everything between its process and the host passes here.
//!
//! One future, polled as a whole whenever any part of it has news:
//!
//! ```text
//! running ──process ends, `exited` sent──▶ ended ──all its output passed on: `flushed` sent──▶ ──both outputs closed──▶ done
//!    │                                      └──────── call cut: what is left is read and dropped ────────▶ done
//!    └──────────── call cut, or contract broken: group killed ──────────▶ done once the process has ended
//! ```

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::executions::Slot;
use super::input::Input;
use super::outbox::Outbox;
use super::output::Output;
use super::request::Terms;
use crate::fault::invalid;
use crate::process::{End, Process};
use crate::proto::exec_request::Message as Order;
use crate::proto::exec_response::Message;
use crate::proto::{Credit, ExecExited, ExecRequest, Stdio};

const MAX_SIGNAL: u32 = 64;

/// What the start has made.
pub struct Parts {
    pub process: Process,
    pub begun: Instant,
    pub stdin: Option<Input>,
    pub stdout: Output,
    pub stderr: Output,
}

pub struct Supervisor {
    parts: Parts,
    /// None when the host has ended its side.
    inbound: Option<Streaming<ExecRequest>>,
    outbox: Outbox,
    /// None once only leftovers of a cut call are read.
    slot: Option<Slot>,
    /// The end of the time limit, then that of the grace.
    alarm: Option<Pin<Box<Sleep>>>,
    grace: Duration,
    /// The group was told to end.
    warned: bool,
    /// And the process was still running then.
    timed_out: bool,
    end: Option<(End, Duration)>,
    cut: bool,
}

impl Supervisor {
    pub fn new(
        parts: Parts,
        terms: Terms,
        inbound: Streaming<ExecRequest>,
        outbox: Outbox,
        slot: Slot,
    ) -> Self {
        Self {
            parts,
            inbound: Some(inbound),
            outbox,
            slot: Some(slot),
            alarm: terms
                .timeout
                .map(|timeout| Box::pin(tokio::time::sleep(timeout))),
            grace: terms.grace,
            warned: false,
            timed_out: false,
            end: None,
            cut: false,
        }
    }

    fn poll_orders(&mut self, cx: &mut Context<'_>) {
        while let Some(inbound) = &mut self.inbound {
            let result = match Pin::new(inbound).poll_next(cx) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(request))) => self.obey(request),
                Poll::Ready(Some(Err(_))) => {
                    self.cut();
                    return;
                }
                Poll::Ready(None) => {
                    self.inbound = None;
                    self.end_stdin();
                    return;
                }
            };
            if let Err(status) = result {
                self.outbox.finish(Some(status));
                self.cut();
            }
        }
    }

    fn obey(&mut self, request: ExecRequest) -> Result<(), Status> {
        match request.message {
            Some(Order::Stdin(data)) => match &mut self.parts.stdin {
                Some(stdin) => stdin.accept(&data)?,
                None => return Err(invalid("stdin comes for an execution that has none")),
            },
            Some(Order::StdinEnd(_)) => self.end_stdin(),
            Some(Order::Credit(Credit { stdio, bytes })) => match Stdio::try_from(stdio) {
                Ok(Stdio::Stdout) => self.parts.stdout.give_credit(bytes),
                Ok(Stdio::Stderr) => self.parts.stderr.give_credit(bytes),
                _ => return Err(invalid("credit comes for neither stdout nor stderr")),
            },
            Some(Order::Signal(signal)) => {
                if !(1..=MAX_SIGNAL).contains(&signal.number) {
                    return Err(invalid(format!("there is no signal {}", signal.number)));
                }
                self.parts.process.signal_group(signal.number as i32);
            }
            Some(Order::Start(_)) => return Err(invalid("an execution is started twice")),
            None => {
                return Err(invalid(
                    "an execution's message is empty, or of a kind unknown here",
                ));
            }
        }
        Ok(())
    }

    fn end_stdin(&mut self) {
        if let Some(stdin) = &mut self.parts.stdin {
            stdin.end();
        }
    }

    /// The host does not want it any more. A process that still runs is killed, with its group; what one that has ended left
    /// behind goes on, and may go on printing.
    fn cut(&mut self) {
        if self.cut {
            return;
        }
        self.cut = true;
        self.inbound = None;
        self.alarm = None;
        self.parts.stdin = None;
        if self.end.is_some() {
            self.parts.stdout.drop_all();
            self.parts.stderr.drop_all();
            self.slot = None;
        } else {
            self.parts.process.signal_group(libc::SIGKILL);
            self.parts.stdout.close();
            self.parts.stderr.close();
        }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) {
        if self.end.is_some() {
            return;
        }
        if let Poll::Ready(end) = self.parts.process.poll_end(cx) {
            let duration = self.parts.begun.elapsed();
            self.end = Some((end, duration));
            if let Some(slot) = &self.slot {
                slot.set_ended();
            }
            self.parts.stdout.process_ended();
            self.parts.stderr.process_ended();
            self.say_exited(end, duration);
        }
    }

    /// The time limit holds for the whole group, so also for what outlives the process and keeps its output open.
    fn poll_alarm(&mut self, cx: &mut Context<'_>) {
        while let Some(alarm) = &mut self.alarm {
            if alarm.as_mut().poll(cx).is_pending() {
                return;
            }
            if self.warned {
                self.parts.process.signal_group(libc::SIGKILL);
                self.alarm = None;
            } else {
                self.warned = true;
                self.timed_out = self.end.is_none();
                self.parts.process.signal_group(libc::SIGTERM);
                self.alarm = Some(Box::pin(tokio::time::sleep(self.grace)));
            }
        }
    }

    fn poll_stdio(&mut self, cx: &mut Context<'_>) {
        if let Some(stdin) = &mut self.parts.stdin {
            stdin.poll(cx, &self.outbox);
        }
        self.parts.stdout.poll(cx, &self.outbox);
        self.parts.stderr.poll(cx, &self.outbox);
    }

    fn say_exited(&self, end: End, duration: Duration) {
        let (exit_code, signal) = match end {
            End::Exited(code) => (Some(code), None),
            End::Signalled(signal) => (None, Some(signal)),
        };
        self.outbox.push(Message::Exited(ExecExited {
            exit_code,
            signal,
            timed_out: self.timed_out,
            duration_micros: duration.as_micros() as u64,
        }));
    }
}

impl Future for Supervisor {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.outbox.poll_over(cx).is_ready() {
            this.cut();
        }
        this.poll_orders(cx);
        // Before the outputs are read: what the process wrote is then in the pipes for sure.
        this.poll_end(cx);
        this.poll_alarm(cx);
        this.poll_stdio(cx);
        let Parts {
            stdout,
            stderr,
            process,
            ..
        } = &this.parts;
        if this.end.is_none() || !stdout.is_closed() || !stderr.is_closed() {
            return Poll::Pending;
        }
        process.reap();
        this.outbox.finish(None);
        Poll::Ready(())
    }
}
