//! Writes the tree that a stream tells of.
//!
//! What is not complete has no final name: a directory that is new is made under a draft's name, filled there with the names that its
//! files have, and renamed once when it is left; in a directory that was there already, each file is a draft of its own. A sink that is
//! dropped before the end removes the draft it is at. So a tree of many files costs one rename, not one for each.

mod attributes;
mod file;
mod levels;
mod named;
mod top;

use rustix::fs::Stat;
use rustix::io::Errno;

use self::attributes::Attributes;
pub use self::attributes::Owner;
use self::file::OpenFile;
use self::levels::Levels;
use self::named::Named;
use crate::links::{Linked, LinkedFile};
use crate::meta::Meta;
use crate::record::{Record, Records};
use crate::{Base, Fault, Progress, Result};

#[derive(Clone, Copy, Debug)]
pub struct SinkOptions {
    pub owner: Owner,
    /// Whether files keep setuid and setgid.
    pub set_id: bool,
}

pub struct Sink {
    base: Box<dyn Base + Send>,
    /// As it was given, then the directory that the copy goes to; for messages.
    path: Vec<u8>,
    attributes: Attributes,
    levels: Levels,
    file: Option<OpenFile>,
    linked: Linked,
    /// The one entry that a stream tells of is complete.
    whole: bool,
    ended: bool,
    progress: Progress,
}

impl Sink {
    /// `path` is absolute, and looked up when the stream has said what is copied.
    pub fn new(base: Box<dyn Base + Send>, path: &[u8], options: SinkOptions) -> Self {
        Self {
            base,
            path: path.to_vec(),
            attributes: Attributes::new(options),
            levels: Levels::default(),
            file: None,
            linked: Linked::default(),
            whole: false,
            ended: false,
            progress: Progress::default(),
        }
    }

    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The stream has come to its end, and all is in its place.
    pub fn ended(&self) -> bool {
        self.ended
    }

    pub fn take(&mut self, message: &[u8]) -> Result<()> {
        for record in Records::of(message)? {
            self.record(record?)?;
        }
        Ok(())
    }

    fn record(&mut self, record: Record<'_>) -> Result<()> {
        if self.ended {
            return Err(Fault::Stream("records behind the end"));
        }
        match (record, self.file.is_some()) {
            (Record::Data(data), true) => self.data(data),
            (Record::Hole(length), true) => self.hole(length),
            (Record::Data(_) | Record::Hole(_), false) => Err(Fault::Stream("data of no file")),
            (_, true) => Err(Fault::Stream("a file that is shorter than it says")),
            (Record::Leave, false) => self.leave(),
            (Record::End { entries, skipped }, false) => self.end(entries, skipped),
            (record, false) => self.entry(record),
        }
    }

    fn end(&mut self, entries: u64, skipped: u64) -> Result<()> {
        // A top that is a socket is skipped, and nothing is copied.
        let nothing = entries == 0 && self.levels.is_empty();
        if !self.whole && !nothing {
            return Err(Fault::Stream("an end too early"));
        }
        if entries != self.progress.entries {
            return Err(Fault::Stream("another number of entries"));
        }
        self.progress.skipped = skipped;
        self.ended = true;
        Ok(())
    }

    fn entry(&mut self, record: Record<'_>) -> Result<()> {
        if self.whole {
            return Err(Fault::Stream("more than one tree"));
        }
        self.progress.entries += 1;
        if !self.levels.is_empty() {
            return self.put(record);
        }
        let mut name = Vec::new();
        let given = self.path.clone();
        let (directory, record) = top::place(&*self.base, &mut self.path, record, &mut name)
            .map_err(|errno| Fault::system("copy to", &given, errno))?;
        self.levels.begin(directory);
        match record {
            Record::Enter { name: b"", .. } => self
                .levels
                .enter_again()
                .map_err(|errno| self.failed("open", b"", errno)),
            record => self.put(record),
        }
    }

    fn put(&mut self, record: Record<'_>) -> Result<()> {
        match record {
            Record::Enter { name: b"", .. } => Err(Fault::Stream("a directory without a name")),
            Record::Enter { name, meta } => self
                .levels
                .enter(name, meta)
                .map_err(|errno| self.failed("make the directory", name, errno)),
            Record::File {
                name,
                meta,
                id,
                size,
            } => self.begin_file(name, meta, id, size),
            Record::Symlink {
                name,
                meta,
                id,
                target,
            } => self.named(&Named::Symlink { target }, name, &meta, id),
            Record::Fifo { name, meta, id } => self.named(&Named::Fifo, name, &meta, id),
            Record::Link { name, id } => self.link(name, id),
            _ => Err(Fault::Stream("a record out of place")),
        }
    }

    fn leave(&mut self) -> Result<()> {
        if self.levels.is_empty() || self.levels.is_at_top() {
            return Err(Fault::Stream("an end of no directory"));
        }
        let lost = self.levels.leave(&self.attributes);
        let lost = lost.map_err(|errno| self.failed("finish", b"", errno))?;
        self.progress.lost_xattrs += lost;
        self.whole = self.levels.is_at_top();
        Ok(())
    }

    fn begin_file(&mut self, name: &[u8], meta: Meta, id: u64, size: u64) -> Result<()> {
        let file = OpenFile::create(self.levels.last(), name, meta, id, size);
        self.file = Some(file.map_err(|errno| self.failed("create", name, errno))?);
        self.finish_if_whole()
    }

    fn data(&mut self, data: &[u8]) -> Result<()> {
        let Some(open) = &mut self.file else {
            return Ok(());
        };
        open.check(data.len() as u64)?;
        self.progress.bytes += data.len() as u64;
        if let Err(errno) = open.write(data) {
            let name = open.name.clone();
            return Err(self.failed("write", &name, errno));
        }
        self.finish_if_whole()
    }

    fn hole(&mut self, length: u64) -> Result<()> {
        let Some(open) = &mut self.file else {
            return Ok(());
        };
        open.check(length)?;
        open.skip(length);
        self.finish_if_whole()
    }

    fn finish_if_whole(&mut self) -> Result<()> {
        let Some(open) = self.file.as_ref().filter(|open| open.is_whole()) else {
            return Ok(());
        };
        let (lost, stat) = open
            .finish(self.levels.last(), &self.attributes)
            .map_err(|errno| self.failed("finish", &open.name, errno))?;
        self.progress.lost_xattrs += lost;
        self.whole = self.levels.is_at_top();
        match (self.file.take(), stat) {
            (Some(open), Some(stat)) => self.may_get_names(open.id, &open.name, &stat),
            _ => Ok(()),
        }
    }

    fn named(&mut self, named: &Named<'_>, name: &[u8], meta: &Meta, id: u64) -> Result<()> {
        let stat = named
            .make(self.levels.last(), name, meta, &self.attributes)
            .map_err(|errno| self.failed("create", name, errno))?;
        self.whole = self.levels.is_at_top();
        match id {
            0 => Ok(()),
            id => self.may_get_names(id, name, &stat),
        }
    }

    fn may_get_names(&mut self, id: u64, name: &[u8], stat: &Stat) -> Result<()> {
        let names = self.levels.names().chain([name]);
        let path = names.map(<[u8]>::to_vec).collect();
        let (device, inode) = (stat.st_dev, stat.st_ino);
        self.linked.add(
            id,
            LinkedFile {
                path,
                device,
                inode,
            },
        )
    }

    fn link(&mut self, name: &[u8], id: u64) -> Result<()> {
        let file = self.linked.get(id)?;
        let linked = named::link(&self.levels, file, name);
        match linked.map_err(|errno| self.failed("link", name, errno))? {
            true => Ok(()),
            false => Err(Fault::Changed(self.shown(name))),
        }
    }

    fn failed(&self, action: &'static str, name: &[u8], errno: Errno) -> Fault {
        Fault::system(action, &self.shown(name), errno)
    }

    fn shown(&self, name: &[u8]) -> Vec<u8> {
        let mut path = self.path.clone();
        for part in self.levels.names().chain([name]) {
            if part.is_empty() {
                continue;
            }
            if path.last() != Some(&b'/') {
                path.push(b'/');
            }
            path.extend_from_slice(part);
        }
        path
    }
}

impl Drop for Sink {
    /// What is not complete goes; directories see to themselves.
    fn drop(&mut self) {
        if let Some(open) = &self.file {
            open.discard(self.levels.last());
        }
    }
}
