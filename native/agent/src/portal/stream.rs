//! The port as the byte stream of one session.
//!
//! Each write to the port is a trip of a virtqueue, so writes are gathered and go out when the session's turn is over
//! (`PortalStream::send`), not at each flush that HTTP/2 asks for.
//!
//! A host that comes anew says hello in the middle of the session, and the port may not tell that the old one has gone. So the stream
//! looks at each piece that it reads, and looks ahead (`PortalStream::look_ahead`) while HTTP/2 does not read, because it has more to say
//! than anybody takes.
//!
//! That a host has gone, or come, is a message of another queue than the host's bytes: it may be read after a hello that came later. So
//! a hang-up ends a session only when it lasts.
//!
//! The two halves of the work, the HTTP/2 connection and `session`, share the stream within one task.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::ReadBufCursor;
use tokio::time::Sleep;

use super::frames::Frames;
use super::greeting::Greeting;
use super::port::{Port, Read};

/// Above this much unsent, HTTP/2 has to wait.
const MAX_UNSENT: usize = 128 * 1024;
/// The port gives one buffer of its queue for each read, which is a page at most. A greeting is never cut by reading less.
const PIECE: usize = 4096;
/// Most that is read ahead; a host that has sent more had an agent that listened.
const MAX_AHEAD: usize = 128 * 1024;
/// A hang-up that is older than the session is over by then.
const HANG_UP: Duration = Duration::from_millis(500);

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// No host is connected.
    HungUp,
    /// A host has begun anew.
    Interrupted(Greeting),
}

struct Shared {
    port: Rc<Port>,
    /// What was read of the session.
    frames: Frames,
    /// Read before HTTP/2 wanted it.
    ahead: Vec<u8>,
    taken: usize,
    /// HTTP/2 waits for more, in this turn of the session.
    wanted: bool,
    unsent: Vec<u8>,
    sent: usize,
    /// HTTP/2 waits for room.
    held: bool,
    /// While no host is connected: until when that may be so.
    hung_up: Option<Pin<Box<Sleep>>>,
    over: Option<Over>,
}

#[derive(Clone)]
pub struct PortalStream(Rc<RefCell<Shared>>);

impl PortalStream {
    /// `early` is what was read after the hello; `echo` is sent before all else.
    pub fn new(port: Rc<Port>, early: Vec<u8>, echo: &Greeting) -> Self {
        let mut frames = Frames::default();
        frames.pass(&early);
        Self(Rc::new(RefCell::new(Shared {
            port,
            frames,
            ahead: early,
            taken: 0,
            wanted: false,
            unsent: echo.bytes().to_vec(),
            sent: 0,
            held: false,
            hung_up: None,
            over: None,
        })))
    }

    /// Call at the end of a turn: writes what was gathered, as far as the port takes it.
    pub fn send(&self, cx: &mut Context<'_>) -> io::Result<()> {
        let mut shared = self.0.borrow_mut();
        let sent = shared.poll_send(cx);
        // The change that it waits for may have been noticed by somebody else in this turn.
        if shared.held && !shared.is_full() {
            cx.waker().wake_by_ref();
        }
        match sent {
            Poll::Ready(result) => result,
            Poll::Pending => Ok(()),
        }
    }

    /// Call before `send`: reads ahead when HTTP/2 has not read all that there was.
    pub fn look_ahead(&self, cx: &mut Context<'_>) -> io::Result<()> {
        let mut shared = self.0.borrow_mut();
        while !std::mem::take(&mut shared.wanted) && shared.ahead.len() < MAX_AHEAD {
            match shared.poll_ahead(cx) {
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Ok(false)) | Poll::Pending => break,
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Why the session is over, as soon as that shows.
    pub fn over(&self) -> Option<Over> {
        self.0.borrow().over
    }
}

impl Shared {
    fn is_full(&self) -> bool {
        self.unsent.len() - self.sent >= MAX_UNSENT
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.unsent.len() {
            match self.port.write(&self.unsent[self.sent..])? {
                0 => ready!(self.port.poll_change(cx))?,
                length => self.sent += length,
            }
        }
        self.unsent.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.held = self.is_full() && self.poll_send(cx)?.is_pending();
        if self.held {
            return Poll::Pending;
        }
        for piece in pieces {
            self.unsent.extend_from_slice(piece);
        }
        Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()))
    }

    /// Reads a piece of the session; gives its length, zero when the session is over.
    fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
        space: &mut [MaybeUninit<u8>],
    ) -> Poll<io::Result<usize>> {
        while self.over.is_none() {
            match self.port.read(space)? {
                Read::Piece(length) => {
                    self.hung_up = None;
                    // SAFETY: so many bytes were just read into it.
                    let piece =
                        unsafe { std::slice::from_raw_parts(space.as_ptr().cast(), length) };
                    match self.frames.greeting(piece) {
                        Some(greeting) => self.over = Some(Over::Interrupted(greeting)),
                        None => {
                            self.frames.pass(piece);
                            return Poll::Ready(Ok(length));
                        }
                    }
                }
                Read::Nothing => {
                    self.hung_up = None;
                    ready!(self.port.poll_change(cx))?;
                }
                Read::NoHost => {
                    let until = self
                        .hung_up
                        .get_or_insert_with(|| Box::pin(tokio::time::sleep(HANG_UP)));
                    if until.as_mut().poll(cx).is_ready() {
                        self.over = Some(Over::HungUp);
                    } else {
                        ready!(self.port.poll_change(cx))?;
                    }
                }
            }
        }
        Poll::Ready(Ok(0))
    }

    /// Reads a piece ahead; false when the session is over.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.reserve(PIECE);
        let result = self.poll_piece(cx, &mut ahead.spare_capacity_mut()[..PIECE]);
        if let Poll::Ready(Ok(length)) = result {
            // SAFETY: so many bytes were just read behind what was there.
            unsafe { ahead.set_len(ahead.len() + length) };
        }
        self.ahead = ahead;
        result.map_ok(|length| length > 0)
    }

    fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.taken == self.ahead.len() {
            self.ahead.clear();
            self.taken = 0;
            if buffer.remaining() >= PIECE {
                // SAFETY: nothing is de-initialised.
                let space = unsafe { buffer.as_mut() };
                let result = self.poll_piece(cx, space);
                self.wanted = result.is_pending();
                let length = ready!(result)?;
                // SAFETY: so many bytes were just read into it.
                unsafe { buffer.advance(length) };
                return Poll::Ready(Ok(()));
            }
            let result = self.poll_ahead(cx);
            self.wanted = result.is_pending();
            ready!(result)?;
        }
        // Nothing, which means the end, when the session is over.
        let rest = &self.ahead[self.taken..];
        let length = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..length]);
        self.taken += length;
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Read for PortalStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.borrow_mut().poll_receive(cx, buffer)
    }
}

impl hyper::rt::Write for PortalStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0
            .borrow_mut()
            .poll_write(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_write(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing waits for bytes to be on their way; `PortalStream::send` follows in the same turn.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().poll_send(cx)
    }
}

#[cfg(test)]
mod tests;
