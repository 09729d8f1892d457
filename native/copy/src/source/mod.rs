//! Reads a tree, a message at a time.

mod content;
mod entry;
mod file_system;
mod level;
mod top;

use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::Errno;

use self::content::{OpenFile, Pumped};
use self::level::Level;
use self::top::Top;
use crate::links::Seen;
use crate::record::{FULL, Record};
use crate::{Base, Fault, Progress, Result};

#[derive(Clone, Copy, Debug, Default)]
pub struct SourceOptions {
    /// When the source itself is a link: what it leads to. Links in the tree are copied as such.
    pub follow: bool,
    /// Extended attributes of all kinds that matter, not only the users' own.
    pub archive: bool,
}

pub struct Source {
    /// As it was given; for messages.
    path: Vec<u8>,
    archive: bool,
    levels: Vec<Level>,
    file: Option<OpenFile>,
    seen: Seen,
    /// What begins the stream; an error is told with the first message.
    top: Option<Top>,
    ended: bool,
    progress: Progress,
}

impl Source {
    /// `path` is absolute. With `/` behind it a link to a directory is followed, with `/.` only what is in the directory is copied.
    pub fn open(base: &(impl Base + ?Sized), path: &[u8], options: SourceOptions) -> Result<Self> {
        let top = top::open(base, path, options.follow)
            .map_err(|errno| Fault::system("open", path, errno))?;
        Ok(Self {
            path: path.to_vec(),
            archive: options.archive,
            levels: Vec::new(),
            file: None,
            seen: Seen::default(),
            top: Some(top),
            ended: false,
            progress: Progress::default(),
        })
    }

    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The next message; empty after the last one.
    pub fn message(&mut self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        if self.ended {
            return Ok(out);
        }
        out.reserve(FULL + 4096);
        while out.len() < FULL && !self.ended {
            if let Some(top) = self.top.take() {
                self.begin(top, &mut out)?;
            } else if let Some(file) = self.file.take() {
                if !OpenFile::fits(out.len()) {
                    self.file = Some(file);
                    break;
                }
                self.pump(file, &mut out)?;
            } else if !self.levels.is_empty() {
                self.next_entry(&mut out)?;
            } else {
                self.ended = true;
                let Progress {
                    entries, skipped, ..
                } = self.progress;
                Record::End { entries, skipped }.put(&mut out);
            }
        }
        Ok(out)
    }

    fn next_entry(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let Some(level) = self.levels.last_mut() else {
            return Ok(());
        };
        match level.next() {
            Ok(Some(entry)) => {
                let directory = level
                    .directory()
                    .map(|fd| {
                        // Held by the level, which lasts longer than the entry is read.
                        unsafe { BorrowedFd::borrow_raw(fd.as_raw_fd()) }
                    })
                    .map_err(|errno| self.failed("read", b"", errno))?;
                self.entry(directory, entry, out)
            }
            Ok(None) => {
                self.levels.pop();
                Record::Leave.put(out);
                Ok(())
            }
            Err(errno) => Err(self.failed("read", b"", errno)),
        }
    }

    fn pump(&mut self, mut file: OpenFile, out: &mut Vec<u8>) -> Result<()> {
        match file.pump(out) {
            Ok(Pumped::Data(length)) => self.progress.bytes += length,
            Ok(Pumped::Hole) => {}
            Ok(Pumped::Short) => return Err(Fault::Changed(self.shown(&file.name))),
            Err(errno) => return Err(self.failed("read", &file.name, errno)),
        }
        self.file = (!file.is_whole()).then_some(file);
        Ok(())
    }

    fn failed(&self, action: &'static str, name: &[u8], errno: Errno) -> Fault {
        Fault::system(action, &self.shown(name), errno)
    }

    /// The path of an entry of the directory that is read.
    fn shown(&self, name: &[u8]) -> Vec<u8> {
        let mut path = self.path.clone();
        // The top's own name ends the path already.
        let below = self.levels.iter().skip(1).map(|level| &level.name[..]);
        let last = (!self.levels.is_empty() && !name.is_empty()).then_some(name);
        for part in below.chain(last) {
            if path.last() != Some(&b'/') {
                path.push(b'/');
            }
            path.extend_from_slice(part);
        }
        path
    }
}
