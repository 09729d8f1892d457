//! Watches over one running execution: everything between its process and the host passes here.
//!
//! One future, polled as a whole whenever any part of it has news:
//!
//! ```text
//! running ──process ends, `exited` sent──▶ ended ──all its output passed on: `flushed` sent──▶ ──both outputs closed──▶ done
//!    │  │                                   └──── call cancelled: what is left is read and dropped ──────▶ done
//!    │  └── session over: goes on alone, what it prints last is kept ──another host attends──▶ as before
//!    │                                              └── ended, and nobody came for long ──────────────────▶ done
//!    └───────── call cancelled, or contract broken: group killed ───────▶ done once the process has ended
//! ```

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;
use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::executions::{News, Slot, Visitor};
use super::input::Input;
use super::outbox::Outbox;
use super::output::Output;
use super::parts::Parts;
use super::request::{Terms, check_size};
use super::time_limit::TimeLimit;
use crate::fault::invalid;
use crate::portal::Session;
use crate::process::End;
use crate::proto::exec_request::Message as Order;
use crate::proto::exec_response::Message;
use crate::proto::{Credit, ExecExited, ExecRequest, ExecStarted, Stdio, StdioClosed};

/// How a shell tells of a child that SIGKILL has ended.
const KILLED_CHILD: u32 = 128 + libc::SIGKILL as u32;
const MAX_SIGNAL: u32 = 64;
/// How long the end of an execution is held for a host to hear of it.
const HELD_FOR: Duration = Duration::from_secs(600);

pub struct Supervisor {
    parts: Parts,
    /// None when the host has ended its side.
    inbound: Option<Streaming<ExecRequest>>,
    outbox: Outbox,
    /// None once only leftovers of a cut call are read.
    slot: Option<Slot>,
    session: Session,
    limit: TimeLimit,
    /// The process was still running at the end of its time.
    timed_out: bool,
    end: Option<(End, Duration)>,
    cut: bool,
    /// Stdin and terminal outlive the session.
    keep: bool,
    /// The host has said that it goes.
    leaving: bool,
    /// No host is there, and one may come.
    alone: bool,
    /// Until when one may, once the process has ended.
    held: Option<Pin<Box<Sleep>>>,
    /// Its number may be another's by now.
    reaped: bool,
}

impl Supervisor {
    pub fn new(
        parts: Parts,
        terms: Terms,
        inbound: Streaming<ExecRequest>,
        outbox: Outbox,
        slot: Slot,
        session: Session,
    ) -> Self {
        Self {
            parts,
            inbound: Some(inbound),
            outbox,
            slot: Some(slot),
            session,
            limit: TimeLimit::new(terms.timeout, terms.grace),
            timed_out: false,
            end: None,
            cut: false,
            keep: terms.keep,
            leaving: false,
            alone: false,
            held: None,
            reaped: false,
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
                Ok(Stdio::Stderr) => {
                    if let Some(stderr) = &mut self.parts.stderr {
                        stderr.give_credit(bytes);
                    }
                }
                _ => return Err(invalid("credit comes for neither stdout nor stderr")),
            },
            Some(Order::Resize(size)) => match &self.parts.terminal {
                Some(terminal) => terminal.resize(check_size(size)?),
                None => return Err(invalid("a size comes for an execution without a terminal")),
            },
            Some(Order::Signal(signal)) => {
                if !(1..=MAX_SIGNAL).contains(&signal.number) {
                    return Err(invalid(format!("there is no signal {}", signal.number)));
                }
                let number = signal.number as i32;
                match (self.reaped, signal.process_only) {
                    (true, _) => {}
                    (false, true) => self.parts.process.signal(number),
                    (false, false) => self.parts.process.signal_group(number),
                }
            }
            Some(Order::Detach(_)) => {
                self.leaving = true;
                self.outbox.finish(None);
                self.cut();
            }
            Some(Order::Start(_) | Order::Attach(_)) => {
                return Err(invalid("an execution is started twice"));
            }
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

    /// Nobody waits for it any more. When the host does not want it, a process that still runs is killed, with its group. When the host
    /// is gone, or is another one than the one this guest was restored from memory with, nobody has decided that: it goes on, within
    /// its time limit, and the last of what it prints is kept for a host that attends it again; unless it has a terminal that hangs up,
    /// as one does when its line is cut.
    fn cut(&mut self) {
        if self.cut {
            return;
        }
        self.cut = true;
        self.inbound = None;
        let lost = self.leaving || self.session.is_over();
        let unwanted = !lost && self.end.is_none();
        let keep = lost && self.keep;
        if !keep {
            self.parts.stdin = None;
        }
        let hangs_up = !keep && self.parts.terminal.take().is_some();
        if unwanted {
            self.limit.cancel();
            self.parts.process.signal_group(libc::SIGKILL);
        }
        if unwanted || hangs_up {
            self.parts.outputs().for_each(Output::close);
            if let Some(slot) = &self.slot {
                slot.close();
            }
        } else if lost {
            self.alone = true;
            self.parts.outputs().for_each(Output::keep);
            self.hold();
        } else {
            self.give_up();
        }
    }

    /// A process that has ended while nobody was there, is held for a while.
    fn hold(&mut self) {
        if !self.alone || self.end.is_none() {
            return;
        }
        // One that is to be kept is held until somebody has heard of its end.
        if !self.keep {
            self.held = Some(Box::pin(tokio::time::sleep(HELD_FOR)));
            if let Some(slot) = &self.slot {
                slot.set_unheard();
            }
        }
        // Nothing shows any more that it was there; but its number is its group's until the time limit.
        if !self.limit.is_set() {
            self.reaped = true;
            self.parts.process.reap();
        }
    }

    /// Nobody comes any more: what it left behind is read and dropped, so that it neither waits nor fills memory.
    fn give_up(&mut self) {
        self.alone = false;
        self.held = None;
        self.slot = None;
        self.parts.outputs().for_each(Output::drop_all);
    }

    fn poll_news(&mut self, cx: &mut Context<'_>) {
        while let Some(Poll::Ready(news)) = self.slot.as_ref().map(|slot| slot.poll_news(cx)) {
            match news {
                News::Visit(visitor) => {
                    // It may have come before the end of the last session was noticed.
                    self.cut();
                    self.attend(*visitor);
                }
                News::Forget => self.give_up(),
            }
        }
        if let Some(held) = &mut self.held
            && held.as_mut().poll(cx).is_ready()
        {
            self.give_up();
        }
    }

    fn attend(&mut self, visitor: Visitor) {
        if !self.alone {
            let message = "the execution cannot be attended any more";
            visitor.outbox.finish(Some(invalid(message)));
            return;
        }
        (self.alone, self.cut, self.held) = (false, false, None);
        self.leaving = false;
        self.inbound = Some(visitor.inbound);
        self.outbox = visitor.outbox;
        self.session = visitor.session;
        let Parts {
            stdout,
            stderr,
            stdin,
            terminal,
            pid,
            ..
        } = &mut self.parts;
        let has_stderr = stderr.is_some();
        self.outbox.push(Message::Started(ExecStarted {
            pid: *pid,
            stdin_credit: stdin.as_ref().map_or(0, Input::credit),
            tty: terminal.is_some(),
            stdin: stdin.is_some(),
            stdout_kept: stdout.kept(),
            stderr_kept: stderr.as_ref().map_or(0, Output::kept),
            stdout_dropped: stdout.attend(visitor.credit),
            stderr_dropped: stderr
                .as_mut()
                .map_or(0, |stderr| stderr.attend(visitor.credit)),
        }));
        if !has_stderr {
            self.outbox.push(Message::Closed(StdioClosed {
                stdio: Stdio::Stderr.into(),
            }));
        }
        if let Some((end, duration)) = self.end {
            self.say_exited(end, duration);
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
            self.parts.outputs().for_each(Output::process_ended);
            if self.alone {
                self.hold();
            } else if self.cut {
                self.slot = None;
            } else {
                self.say_exited(end, duration);
            }
        }
    }

    /// The time limit holds for the whole group, so also for what outlives the process and keeps its output open.
    fn poll_limit(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(signal) = self.limit.poll(cx) {
            if signal == libc::SIGTERM {
                self.timed_out = self.end.is_none();
            }
            self.parts.process.signal_group(signal);
        }
    }

    fn poll_stdio(&mut self, cx: &mut Context<'_>) {
        if let Some(stdin) = &mut self.parts.stdin {
            stdin.poll(cx, &self.outbox);
        }
        for output in self.parts.outputs() {
            output.poll(cx, &self.outbox);
        }
    }

    /// Whether it ended because the kernel killed it for want of memory, or what it ran as a shell does.
    fn oom_killed(&self, end: End) -> bool {
        match end {
            End::Signalled(signal) => signal == libc::SIGKILL as u32 && self.parts.memory.hit(),
            End::Exited(code) => code == KILLED_CHILD && self.parts.memory.hit_another(),
        }
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
            oom_killed: self.oom_killed(end),
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
        this.poll_news(cx);
        // The orders of one who has just come.
        this.poll_orders(cx);
        // Before the outputs are read: what the process wrote is then in the pipes for sure.
        this.poll_end(cx);
        this.poll_limit(cx);
        let moved = this.parts.moved();
        this.poll_stdio(cx);
        // That a host comes, looks and goes is nothing.
        if this.keep
            && this.parts.moved() != moved
            && let Some(slot) = &this.slot
        {
            slot.tell();
        }
        if this.end.is_none() || !this.parts.outputs().all(|output| output.is_closed()) {
            return Poll::Pending;
        }
        this.parts.process.reap();
        this.outbox.finish(None);
        Poll::Ready(())
    }
}
