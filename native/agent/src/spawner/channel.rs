//! Requests and answers on a socket, for those who have nothing else to wait for.

use std::convert::Infallible;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::{Errno, Result};

use super::frame::{self, Incoming};
use super::request::{Answer, Request};

/// Takes one request after the other and answers it, until the other side is gone, or asks for what there is no answer to.
pub fn serve(
    socket: &OwnedFd,
    mut answer: impl FnMut(Request, Vec<OwnedFd>) -> Option<Answer>,
) -> Errno {
    let mut serve = || -> Result<Infallible> {
        loop {
            let (request, descriptors) = receive_request(socket)?;
            let answer = answer(request, descriptors).ok_or(Errno::BADMSG)?;
            send(socket, answer.encode(), &[])?;
        }
    };
    match serve() {
        Ok(never) => match never {},
        Err(errno) => errno,
    }
}

pub fn receive_request(socket: &OwnedFd) -> Result<(Request, Vec<OwnedFd>)> {
    let (body, descriptors) = receive(socket)?;
    let request = Request::decode(&body).ok_or(Errno::BADMSG)?;
    Ok((request, descriptors))
}

pub fn send_answer(socket: &OwnedFd, answer: &Answer) -> Result<()> {
    send(socket, answer.encode(), &[])
}

/// Sends a request and waits for its answer.
pub fn ask(socket: &OwnedFd, request: &Request, descriptors: &[BorrowedFd<'_>]) -> Result<Answer> {
    send(socket, request.encode(), descriptors)?;
    receive_answer(socket)
}

pub fn receive_answer(socket: &OwnedFd) -> Result<Answer> {
    let (body, _) = receive(socket)?;
    Answer::decode(&body).ok_or(Errno::BADMSG)
}

fn receive(socket: impl AsFd) -> Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut incoming = Incoming::default();
    loop {
        match incoming.receive(&socket) {
            Ok(Some(frame)) => return Ok(frame),
            Ok(None) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

fn send(socket: impl AsFd, body: Vec<u8>, descriptors: &[BorrowedFd<'_>]) -> Result<()> {
    let frame = frame::seal(body);
    let mut sent = 0;
    while sent < frame.len() {
        let descriptors = if sent == 0 { descriptors } else { &[] };
        match frame::send(&socket, &frame[sent..], descriptors) {
            Ok(length) => sent += length,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
