//! Writing a file: into a draft beside its place, which takes the place when all has come (`put_in_place`). A draft that is not finished is removed.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use boxlite_copy::{draft_name, put_in_place};
use bytes::Bytes;
use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid, fchmod, fchown, fstat, openat, statat,
    unlinkat,
};
use rustix::io::Errno;
use tonic::{Status, Streaming};

use super::blocking;
use super::resolve;
use crate::container::Container;
use crate::fault::{invalid, plain_errno};
use crate::proto::write_file_request::Message;
use crate::proto::{WriteFileOpen, WriteFileRequest};

const NEW_FILE_MODE: u32 = 0o644;
/// Gathered before a thread is bothered with it.
const PIECE: usize = 256 * 1024;

type Inbound = Streaming<WriteFileRequest>;

/// The message that says what to write.
pub async fn first(mut inbound: Inbound) -> Result<(WriteFileOpen, Inbound), Status> {
    match inbound.message().await?.and_then(|request| request.message) {
        Some(Message::Open(open)) => Ok((open, inbound)),
        _ => Err(invalid("the first message of a write is its open")),
    }
}

/// Takes the content, and puts the file in its place; gives its size.
pub async fn receive(
    container: Arc<Container>,
    open: WriteFileOpen,
    mut inbound: Inbound,
) -> Result<u64, Status> {
    let (mut piece, mut more) = gather(&mut inbound).await?;
    let mut draft = blocking(move || {
        let draft = Draft::begin(container, &open).map_err(plain_errno)?;
        draft.take(&piece, !more).map_err(plain_errno)
    })
    .await?;
    while more {
        (piece, more) = gather(&mut inbound).await?;
        draft = blocking(move || draft.take(&piece, !more).map_err(plain_errno)).await?;
    }
    Ok(draft.size)
}

/// The next piece, and whether there may be another.
async fn gather(inbound: &mut Inbound) -> Result<(Vec<Bytes>, bool), Status> {
    let (mut piece, mut size) = (Vec::new(), 0);
    while size < PIECE {
        match inbound.message().await? {
            Some(WriteFileRequest {
                message: Some(Message::End(_)),
            }) => return Ok((piece, false)),
            None => return Err(invalid("a write broke off before its end")),
            Some(WriteFileRequest {
                message: Some(Message::Data(data)),
            }) => {
                // Small pieces count for what they occupy.
                size += data.len().max(1024);
                piece.push(data);
            }
            Some(_) => return Err(invalid("after its open, a write has data and an end only")),
        }
    }
    Ok((piece, true))
}

struct Draft {
    directory: OwnedFd,
    name: Vec<u8>,
    /// None when it is written in place, to its end.
    draft_name: Option<Vec<u8>>,
    file: File,
    mode: u32,
    size: u64,
    in_place: bool,
    /// Not to be removed before the file is closed.
    _container: Arc<Container>,
}

impl Draft {
    fn begin(container: Arc<Container>, open: &WriteFileOpen) -> Result<Self, Errno> {
        let (directory, name) = resolve::parent_of_target(&container.root, &open.path)?;
        let existing = existing(&directory, &name)?;
        if open.append {
            return Self::at_the_end(container, directory, name);
        }
        let mode = match (open.mode, &existing) {
            (Some(mode), _) => mode & 0o7777,
            (None, Some(stat)) => stat.st_mode & 0o7777,
            (None, None) => NEW_FILE_MODE,
        };
        let draft_name = draft_name()?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = File::from(openat(
            &directory,
            &draft_name[..],
            flags,
            Mode::from(0o600),
        )?);
        // From here on it is removed when something fails.
        let draft = Self {
            directory,
            name,
            draft_name: Some(draft_name),
            file,
            mode,
            size: 0,
            in_place: false,
            _container: container,
        };
        if let Some(Stat { st_uid, st_gid, .. }) = existing {
            fchown(
                &draft.file,
                Some(Uid::from_raw(st_uid)),
                Some(Gid::from_raw(st_gid)),
            )?;
        }
        Ok(draft)
    }

    /// Of a file that gets more, at its end. Whoever else writes to it meanwhile may come in between.
    fn at_the_end(
        container: Arc<Container>,
        directory: OwnedFd,
        name: Vec<u8>,
    ) -> Result<Self, Errno> {
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::CLOEXEC;
        // No link or FIFO that was put there since it was looked at.
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = openat(&directory, &name[..], flags, Mode::from(NEW_FILE_MODE))?;
        if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
            return Err(Errno::INVAL);
        }
        Ok(Self {
            directory,
            name,
            draft_name: None,
            file: file.into(),
            mode: NEW_FILE_MODE,
            size: 0,
            in_place: true,
            _container: container,
        })
    }

    /// Takes a piece of the content; with the last one the file is complete.
    fn take(mut self, piece: &[Bytes], last: bool) -> Result<Self, Errno> {
        for data in piece {
            self.file
                .write_all(data)
                .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
            self.size += data.len() as u64;
        }
        if last {
            self.put_in_place()?;
        }
        Ok(self)
    }

    fn put_in_place(&mut self) -> Result<(), Errno> {
        let Some(draft_name) = &self.draft_name else {
            return Ok(());
        };
        fchmod(&self.file, Mode::from(self.mode))?;
        put_in_place(&self.directory, draft_name, &self.name)?;
        self.in_place = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let (false, Some(draft_name)) = (self.in_place, &self.draft_name) {
            let _ = unlinkat(&self.directory, &draft_name[..], AtFlags::empty());
        }
    }
}

/// The regular file that is to be replaced, if there is one; anything else is not.
fn existing(directory: &OwnedFd, name: &[u8]) -> Result<Option<Stat>, Errno> {
    match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(Some(stat)),
            FileType::Directory => Err(Errno::ISDIR),
            _ => Err(Errno::INVAL),
        },
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}
