//! What changes in a file or a directory, by inotify. The kernel holds what nobody takes, up to its bound, and says when it lost some.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::fs::{Dir, FileType, Mode, OFlags, fstat, openat};
use rustix::io::{Errno, Result};
use tokio::io::Interest;
use tokio::sync::mpsc::Sender;
use tonic::Status;

use super::{blocking, resolve};
use crate::container::Container;
use crate::fault::{Kind, fault, plain_errno};
use crate::proto::{FileEvent, FileEventType, WatchFilesResponse};

/// Of one watch; each costs the kernel about a kilobyte.
const MAX_DIRECTORIES: usize = 8192;
const MAX_DEPTH: usize = 256;
const EVENTS_PER_MESSAGE: usize = 128;
const BUFFER: usize = 16 * 1024;

pub struct Watch {
    inotify: OwnedFd,
    path: Vec<u8>,
    recursive: bool,
    /// What is watched, by its path below `path`.
    watched: HashMap<i32, Vec<u8>>,
    container: Arc<Container>,
}

/// One event, as the kernel gave it.
struct Seen {
    watch: i32,
    flags: ReadFlags,
    name: Vec<u8>,
}

pub fn open(
    container: Arc<Container>,
    path: &[u8],
    recursive: bool,
) -> std::result::Result<Watch, Status> {
    let begin = || -> Result<(Watch, bool)> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let mut watch = Watch {
            inotify,
            path: path.to_vec(),
            recursive,
            watched: HashMap::new(),
            container,
        };
        let top = watch.open_below(b"", OFlags::PATH)?;
        let is_directory = FileType::from_raw_mode(fstat(&top)?.st_mode) == FileType::Directory;
        watch.add(&top, b"")?;
        let whole = !(recursive && is_directory) || watch.add_below(b"", &mut Vec::new())?;
        Ok((watch, whole))
    };
    match begin() {
        Ok((watch, true)) => Ok(watch),
        Ok((_, false)) | Err(Errno::NOSPC) => {
            let message = format!(
                "there are more than {MAX_DIRECTORIES} directories to watch; watch some of them"
            );
            Err(fault(
                Kind::ResourceExhausted,
                "too-many-directories",
                message,
            ))
        }
        Err(errno) => Err(plain_errno(errno)),
    }
}

impl Watch {
    fn open_below(&self, below: &[u8], flags: OFlags) -> Result<OwnedFd> {
        match below {
            b"" => resolve::open(&self.container.root, &self.path, flags),
            _ => {
                let path = [&self.path, &b"/"[..], below].concat();
                resolve::open(&self.container.root, &path, flags | OFlags::NOFOLLOW)
            }
        }
    }

    fn add(&mut self, file: impl AsFd, below: &[u8]) -> Result<()> {
        let mask = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::EXCL_UNLINK;
        // By descriptor, for the path is one of the container's.
        let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        let watch = inotify::add_watch(&self.inotify, path, mask)?;
        self.watched.insert(watch, below.to_vec());
        Ok(())
    }

    /// Watches the directories below one, and notes what is in them; false when there are too many.
    fn add_below(&mut self, below: &[u8], found: &mut Vec<Vec<u8>>) -> Result<bool> {
        let mut waiting = vec![below.to_vec()];
        while let Some(below) = waiting.pop() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            // What is gone or another file by now has nothing to watch.
            let Ok(directory) = self.open_below(&below, flags) else {
                continue;
            };
            let mut entries = Dir::read_from(&directory)?;
            while let Some(entry) = entries.read() {
                let entry = entry?;
                let name = entry.file_name();
                if name == c"." || name == c".." {
                    continue;
                }
                let path = join(&below, name.to_bytes());
                if entry.file_type() == FileType::Directory {
                    let flags =
                        OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                    if let Ok(child) = openat(&directory, name, flags, Mode::empty()) {
                        let depth = path.iter().filter(|&&byte| byte == b'/').count();
                        if self.watched.len() == MAX_DIRECTORIES || depth == MAX_DEPTH {
                            return Ok(false);
                        }
                        self.add(child, &path)?;
                        waiting.push(path.clone());
                    }
                }
                if found.len() < MAX_DIRECTORIES {
                    found.push(path);
                }
            }
        }
        Ok(true)
    }

    /// What the kernel has now; nothing when it has nothing.
    fn read(&self) -> Result<Vec<Seen>> {
        let mut buffer = [const { MaybeUninit::uninit() }; BUFFER];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        let mut seen = Vec::new();
        loop {
            match reader.next() {
                Ok(event) => seen.push(Seen {
                    watch: event.wd(),
                    flags: event.events(),
                    name: event
                        .file_name()
                        .map_or_else(Vec::new, |name| name.to_bytes().to_vec()),
                }),
                Err(Errno::AGAIN) => break,
                Err(errno) => return Err(errno),
            }
            // What the buffer holds would be lost with it.
            if reader.is_buffer_empty() {
                break;
            }
        }
        Ok(seen)
    }

    /// What is to be told of an event; false when nothing is watched any more.
    fn handle(&mut self, seen: Seen, events: &mut Vec<FileEvent>) -> bool {
        if seen.flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            events.push(event(FileEventType::Overflow, Vec::new()));
            return true;
        }
        let Some(below) = self.watched.get(&seen.watch).cloned() else {
            return true;
        };
        if seen
            .flags
            .intersects(ReadFlags::IGNORED | ReadFlags::UNMOUNT)
        {
            self.watched.remove(&seen.watch);
            return !below.is_empty();
        }
        if seen.flags.contains(ReadFlags::DELETE_SELF) {
            // That of others is told by the directory that they are in.
            if below.is_empty() {
                events.push(event(FileEventType::Removed, Vec::new()));
            }
            return !below.is_empty();
        }
        // As seen by itself, which the directory that it is in tells as well.
        if seen.name.is_empty() && !below.is_empty() {
            return true;
        }
        let path = match &seen.name[..] {
            b"" => below,
            name => join(&below, name),
        };
        let is_directory = seen.flags.contains(ReadFlags::ISDIR);
        let kind = match seen.flags {
            flags if flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) => {
                FileEventType::Created
            }
            flags if flags.intersects(ReadFlags::DELETE | ReadFlags::MOVED_FROM) => {
                FileEventType::Removed
            }
            flags if flags.contains(ReadFlags::MODIFY) => FileEventType::Changed,
            _ => FileEventType::Attributes,
        };
        events.push(event(kind, path.clone()));
        if is_directory && self.recursive {
            match kind {
                FileEventType::Created => self.arrived(&path, events),
                FileEventType::Removed => self.left(&path),
                _ => {}
            }
        }
        true
    }

    /// A directory that is new, with what was put into it before it was watched.
    fn arrived(&mut self, path: &[u8], events: &mut Vec<FileEvent>) {
        let mut found = Vec::new();
        let mut add = || -> Result<bool> {
            if self.watched.len() == MAX_DIRECTORIES {
                return Ok(false);
            }
            let directory = self.open_below(path, OFlags::PATH | OFlags::DIRECTORY)?;
            self.add(directory, path)?;
            self.add_below(path, &mut found)
        };
        let result = add();
        events.extend(
            found
                .into_iter()
                .map(|path| event(FileEventType::Created, path)),
        );
        // One that has gone meanwhile is told as such.
        if matches!(result, Ok(false) | Err(Errno::NOSPC)) {
            events.push(event(FileEventType::Overflow, Vec::new()));
        }
    }

    /// One that was moved away has other paths now, or is none of ours.
    fn left(&mut self, path: &[u8]) {
        let inotify = &self.inotify;
        self.watched.retain(|&watch, below| {
            let is_within = below
                .strip_prefix(path)
                .is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
            if is_within {
                let _ = inotify::remove_watch(inotify, watch);
            }
            !is_within
        });
    }
}

fn join(below: &[u8], name: &[u8]) -> Vec<u8> {
    match below {
        b"" => name.to_vec(),
        _ => [below, b"/", name].concat(),
    }
}

fn event(kind: FileEventType, path: Vec<u8>) -> FileEvent {
    FileEvent {
        r#type: kind.into(),
        path: path.into(),
    }
}

/// Sends events, until nobody wants more or nothing is left to watch.
pub async fn send(watch: Watch, sender: Sender<std::result::Result<WatchFilesResponse, Status>>) {
    if let Err(errno) = follow(watch, &sender).await {
        let _ = sender.send(Err(plain_errno(errno))).await;
    }
}

async fn follow(
    mut watch: Watch,
    sender: &Sender<std::result::Result<WatchFilesResponse, Status>>,
) -> Result<()> {
    let io = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let descriptor = watch.inotify.try_clone().map_err(io)?;
    let ready = crate::watch::watch(descriptor, Interest::READABLE).map_err(io)?;
    // Says that it watches.
    let mut messages = vec![WatchFilesResponse::default()];
    loop {
        for message in messages {
            if sender.send(Ok(message)).await.is_err() {
                return Ok(());
            }
        }
        if watch.watched.is_empty() {
            return Ok(());
        }
        let mut closed = pin!(sender.closed());
        let wait = poll_fn(|cx| match closed.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => ready.poll_read_ready(cx).map(Some),
        });
        let Some(guard) = wait.await else {
            return Ok(());
        };
        let mut guard = guard.map_err(io)?;
        let seen = watch.read()?;
        if seen.is_empty() {
            guard.clear_ready();
            messages = Vec::new();
            continue;
        }
        drop(guard);
        let work = blocking(move || {
            let mut events = Vec::new();
            for each in seen {
                if !watch.handle(each, &mut events) {
                    watch.watched.clear();
                    break;
                }
            }
            let messages = events.chunks(EVENTS_PER_MESSAGE).map(|events| {
                let events = events.to_vec();
                WatchFilesResponse { events }
            });
            let messages = messages.collect::<Vec<_>>();
            Ok((watch, messages))
        });
        (watch, messages) = work.await.map_err(|_| Errno::IO)?;
    }
}
