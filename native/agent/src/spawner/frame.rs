//! Frames on the socket between agent and spawner: a length, the body, and descriptors that come with the first bytes.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::{Errno, Result};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// An execution's arguments and environment, with the length of each.
const MAX_BODY: usize = 8 << 20;
pub const MAX_DESCRIPTORS: usize = 3;
const LENGTH_BYTES: usize = 4;
/// Most frames fit into it.
const FIRST_PIECE: usize = 4096;

/// Puts the length before a body.
pub fn seal(body: Vec<u8>) -> Vec<u8> {
    let mut frame = Vec::with_capacity(LENGTH_BYTES + body.len());
    frame.extend_from_slice(&(body.len() as u32).to_le_bytes());
    frame.extend(body);
    frame
}

/// Sends a piece of a frame; gives how much of it went. Descriptors belong to a frame's first piece.
pub fn send(socket: impl AsFd, piece: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    sendmsg(
        socket,
        &[IoSlice::new(piece)],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )
}

/// A frame that comes in pieces.
#[derive(Default)]
pub struct Incoming {
    bytes: Vec<u8>,
    descriptors: Vec<OwnedFd>,
}

impl Incoming {
    /// Receives a piece; gives the frame when it is whole. `Errno::PIPE` when the other side is gone.
    ///
    /// Requests and answers take turns, so what is there belongs to one frame.
    pub fn receive(&mut self, socket: impl AsFd) -> Result<Option<(Vec<u8>, Vec<OwnedFd>)>> {
        let have = self.bytes.len();
        let missing = match self.length() {
            None => FIRST_PIECE,
            Some(length) if length > MAX_BODY => return Err(Errno::MSGSIZE),
            Some(length) => LENGTH_BYTES + length - have,
        };
        self.bytes.resize(have + missing, 0);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut pieces = [std::io::IoSliceMut::new(&mut self.bytes[have..])];
        let received = recvmsg(socket, &mut pieces, &mut ancillary, RecvFlags::CMSG_CLOEXEC);
        let length = received.as_ref().map_or(0, |message| message.bytes);
        self.bytes.truncate(have + length);
        received?;
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.descriptors.extend(descriptors);
            }
        }
        if length == 0 {
            return Err(Errno::PIPE);
        }
        match self.length() {
            Some(length) if self.bytes.len() == LENGTH_BYTES + length => {}
            Some(length) if self.bytes.len() > LENGTH_BYTES + length => return Err(Errno::BADMSG),
            _ => return Ok(None),
        }
        let mut body = std::mem::take(&mut self.bytes);
        body.drain(..LENGTH_BYTES);
        Ok(Some((body, std::mem::take(&mut self.descriptors))))
    }

    fn length(&self) -> Option<usize> {
        self.bytes
            .first_chunk()
            .map(|length| u32::from_le_bytes(*length) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    #[test]
    fn carries_bodies_and_descriptors() {
        let (left, right) = socketpair(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::empty(),
            None,
        )
        .unwrap();
        for size in [0usize, 1, 3, 4, 5000, 100_000] {
            let body: Vec<u8> = (0..size).map(|index| index as u8).collect();
            let frame = seal(body.clone());
            let (received, descriptors) = std::thread::scope(|scope| {
                scope.spawn(|| {
                    let mut sent = 0;
                    while sent < frame.len() {
                        let descriptors = [left.as_fd(), right.as_fd()];
                        let count = if sent == 0 { 2 } else { 0 };
                        let end = frame.len().min(sent + 7000);
                        sent += send(&left, &frame[sent..end], &descriptors[..count]).unwrap();
                    }
                });
                let mut incoming = Incoming::default();
                loop {
                    if let Some(whole) = incoming.receive(&right).unwrap() {
                        break whole;
                    }
                }
            });
            assert_eq!(received, body);
            assert_eq!(descriptors.len(), 2);
        }
        drop(left);
        assert_eq!(
            Incoming::default().receive(&right).unwrap_err(),
            Errno::PIPE
        );
    }
}
