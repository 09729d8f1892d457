//! Reading a file: `PIECE` bytes at a time on a thread for blocking work, sent on in messages.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use bytes::Bytes;
use rustix::fs::{FileType, OFlags, fstat};
use rustix::io::Errno;
use tokio::sync::mpsc::Sender;
use tonic::Status;

use super::blocking;
use super::resolve;
use crate::container::Container;
use crate::fault::plain_errno;
use crate::proto::FileChunk;

const MAX_DATA: usize = 64 * 1024;
const PIECE: usize = 4 * MAX_DATA;

/// An open file, what was read of it last, and whether there may be more.
pub struct Opened {
    file: File,
    piece: Bytes,
    more: bool,
    /// Not to be removed before the file is closed.
    container: Arc<Container>,
}

pub fn open(container: Arc<Container>, path: &[u8]) -> Result<Opened, Status> {
    // Not blocking: a FIFO would wait for its writer, before it is seen to be one.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = resolve::open(&container.root, path, flags).map_err(plain_errno)?;
    let size = check(&file).map_err(plain_errno)?;
    // One more byte than the file has, so that a small file's end is seen at once.
    let first = usize::try_from(size)
        .unwrap_or(PIECE)
        .saturating_add(1)
        .clamp(4096, PIECE);
    read_piece(container, file.into(), first)
}

fn check(file: &OwnedFd) -> Result<i64, Errno> {
    let stat = fstat(file)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(stat.st_size),
        FileType::Directory => Err(Errno::ISDIR),
        _ => Err(Errno::INVAL),
    }
}

fn read_piece(container: Arc<Container>, mut file: File, size: usize) -> Result<Opened, Status> {
    let mut piece = Vec::with_capacity(size);
    let read = (&mut file).take(size as u64).read_to_end(&mut piece);
    read.map_err(|error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        plain_errno(errno)
    })?;
    Ok(Opened {
        container,
        file,
        more: piece.len() == size,
        piece: piece.into(),
    })
}

/// Sends the file, until its end or until nobody wants more.
pub async fn send(first: Opened, sender: Sender<Result<FileChunk, Status>>) {
    let mut opened = first;
    loop {
        let Opened {
            container,
            file,
            mut piece,
            more,
        } = opened;
        while !piece.is_empty() {
            let data = piece.split_to(piece.len().min(MAX_DATA));
            if sender.send(Ok(FileChunk { data })).await.is_err() {
                return;
            }
        }
        if !more {
            return;
        }
        opened = match blocking(move || read_piece(container, file, PIECE)).await {
            Ok(opened) => opened,
            Err(status) => {
                let _ = sender.send(Err(status)).await;
                return;
            }
        };
    }
}
