//! The port as the byte stream of one session.
//!
//! Each write to the port is a trip of a virtqueue, so writes are gathered and go out when the session's turn is over
//! (`PortalStream::send`), not at each flush that HTTP/2 asks for.
//!
//! The two halves of the work, the HTTP/2 connection and `session`, share the stream within one task.

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hyper::rt::ReadBufCursor;
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::handshake::{HELLO_BYTES, Hello, MAGIC};
use crate::watch::watch;

/// Above this much unsent, HTTP/2 has to wait.
const MAX_UNSENT: usize = 128 * 1024;

struct Shared {
    port: AsyncFd<OwnedFd>,
    /// Read before the session began.
    early: Vec<u8>,
    unsent: Vec<u8>,
    sent: usize,
    /// A hello in the middle of the session: the host has begun another one.
    interrupted: Option<Hello>,
}

#[derive(Clone)]
pub struct PortalStream(Rc<RefCell<Shared>>);

impl PortalStream {
    /// `early` is what was read after the hello; `echo` is sent before all else.
    pub fn new(port: OwnedFd, early: Vec<u8>, echo: &Hello) -> io::Result<Self> {
        Ok(Self(Rc::new(RefCell::new(Shared {
            port: watch(port, Interest::READABLE | Interest::WRITABLE)?,
            early,
            unsent: echo.to_vec(),
            sent: 0,
            interrupted: None,
        }))))
    }

    /// Writes what was gathered, as far as the port takes it. An error means that the session is over.
    pub fn send(&self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.0.borrow_mut().poll_send(cx) {
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    /// The hello that ended the session, if one did.
    pub fn interrupted(&self) -> Option<Hello> {
        self.0.borrow().interrupted
    }
}

impl Shared {
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.unsent.len() {
            let mut guard = ready!(self.port.poll_write_ready(cx))?;
            match rustix::io::write(guard.get_inner(), &self.unsent[self.sent..]) {
                Ok(length) => self.sent += length,
                Err(Errno::AGAIN) if guard.ready().is_write_closed() => {
                    return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
                }
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                Err(errno) => return Poll::Ready(Err(errno.into())),
            }
        }
        self.unsent.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.early.is_empty() {
            let length = self.early.len().min(buffer.remaining());
            buffer.put_slice(&self.early[..length]);
            self.early.drain(..length);
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut guard = ready!(self.port.poll_read_ready(cx))?;
            // SAFETY: nothing is de-initialised.
            let space = unsafe { buffer.as_mut() };
            match rustix::io::read(guard.get_inner(), &mut *space) {
                Ok((piece, _)) => {
                    if let Some(hello) = as_hello(piece) {
                        self.interrupted = Some(hello);
                        return Poll::Ready(Ok(()));
                    }
                    let length = piece.len();
                    // SAFETY: so many bytes were just read into it. Zero is the end: no host is connected.
                    unsafe { buffer.advance(length) };
                    return Poll::Ready(Ok(()));
                }
                // The host has hung up, even if another one is connected by now.
                Err(Errno::AGAIN) if guard.ready().is_read_closed() => return Poll::Ready(Ok(())),
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                Err(errno) => return Poll::Ready(Err(errno.into())),
            }
        }
    }
}

/// A host that connects anew writes its hello at once, and the port hands over each connection's bytes apart.
fn as_hello(piece: &[u8]) -> Option<Hello> {
    if piece.len() == HELLO_BYTES && piece.starts_with(&MAGIC) {
        return piece.try_into().ok();
    }
    None
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
        let mut shared = self.0.borrow_mut();
        if shared.unsent.len() - shared.sent >= MAX_UNSENT {
            ready!(shared.poll_send(cx))?;
        }
        shared.unsent.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut shared = self.0.borrow_mut();
        if shared.unsent.len() - shared.sent >= MAX_UNSENT {
            ready!(shared.poll_send(cx))?;
        }
        for piece in pieces {
            shared.unsent.extend_from_slice(piece);
        }
        Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()))
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
