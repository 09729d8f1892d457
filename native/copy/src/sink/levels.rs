//! The directories that a sink has open, from the one that the copy goes to down to the one that is filled.

use std::cell::Cell;
use std::ffi::CString;
use std::os::fd::OwnedFd;

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, fchmod, mkdirat, openat, renameat, renameat_with, unlinkat,
};
use rustix::io::{Errno, Result};

use super::attributes::{Attributes, Ids};
use crate::meta::Meta;
use crate::{draft_name, remove_tree};

/// Each level holds a descriptor.
const MAX_DEPTH: usize = 1025;

pub struct Level {
    pub directory: OwnedFd,
    pub name: Vec<u8>,
    /// Its name until it is complete.
    draft: Option<Vec<u8>>,
    /// Made by this sink: nothing is in it but what this sink puts there.
    new: bool,
    meta: Option<Meta>,
    /// Whom a file belongs to that is made here, by the first one that was.
    pub born: Cell<Option<Ids>>,
}

impl Level {
    fn existing(directory: OwnedFd, name: &[u8]) -> Self {
        Self {
            directory,
            name: name.to_vec(),
            draft: None,
            new: false,
            meta: None,
            born: Cell::default(),
        }
    }

    /// A name to write under, when something else may have the final one, or could be seen half.
    pub fn draft(&self) -> Result<Option<Vec<u8>>> {
        (!self.new).then(draft_name).transpose()
    }
}

/// Never empty once the stream has begun.
#[derive(Default)]
pub struct Levels(Vec<Level>);

impl Levels {
    pub fn begin(&mut self, directory: OwnedFd) {
        self.0.push(Level::existing(directory, b""));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the directory that is filled is the one that the copy goes to.
    pub fn is_at_top(&self) -> bool {
        self.0.len() == 1
    }

    pub fn last(&self) -> &Level {
        self.0.last().expect("an entry's directory is open")
    }

    /// Of the directories below the one that the copy goes to.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().skip(1).map(|level| &level.name[..])
    }

    /// The target itself is what is filled.
    pub fn enter_again(&mut self) -> Result<()> {
        let directory = self
            .last()
            .directory
            .try_clone()
            .map_err(|_| Errno::MFILE)?;
        self.0.push(Level::existing(directory, b""));
        Ok(())
    }

    pub fn enter(&mut self, name: &[u8], meta: Option<Meta>) -> Result<()> {
        if self.0.len() >= MAX_DEPTH {
            return Err(Errno::NAMETOOLONG);
        }
        let level = self.make(name, meta)?;
        self.0.push(level);
        Ok(())
    }

    fn make(&self, name: &[u8], meta: Option<Meta>) -> Result<Level> {
        let above = self.last();
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        if !above.new {
            match openat(&above.directory, name, flags | OFlags::PATH, Mode::empty()) {
                Ok(directory) => return Ok(Level::existing(directory, name)),
                Err(Errno::NOENT) => {}
                // A link is no directory here.
                Err(Errno::LOOP) => return Err(Errno::NOTDIR),
                Err(errno) => return Err(errno),
            }
        }
        let draft = above.draft()?;
        let made = draft.as_deref().unwrap_or(name);
        match mkdirat(&above.directory, made, Mode::from(0o700)) {
            // Of a stream that comes back to a directory, as archives may; one that this sink has made, since all in there is.
            Err(Errno::EXIST) if above.new => {
                let directory = openat(&above.directory, name, flags | OFlags::PATH, Mode::empty());
                return Ok(Level::existing(directory?, name));
            }
            result => result?,
        }
        let directory = openat(
            &above.directory,
            made,
            flags | OFlags::RDONLY,
            Mode::empty(),
        );
        let directory = directory.inspect_err(|_| {
            let _ = unlinkat(&above.directory, made, AtFlags::REMOVEDIR);
        })?;
        Ok(Level {
            directory,
            name: name.to_vec(),
            draft,
            new: true,
            meta,
            born: Cell::default(),
        })
    }

    /// The directory is complete; gives how many of its attributes were lost.
    pub fn leave(&mut self, attributes: &Attributes) -> Result<u64> {
        let level = self.last();
        let lost = match level.new {
            true => self.finish(level, attributes)?,
            false => 0,
        };
        self.0.pop();
        Ok(lost)
    }

    fn finish(&self, level: &Level, attributes: &Attributes) -> Result<u64> {
        let lost = match &level.meta {
            Some(meta) => attributes.to_directory(&level.directory, meta)?,
            None => {
                fchmod(&level.directory, Mode::from(0o755))?;
                0
            }
        };
        if let Some(draft) = &level.draft {
            let above = &self.0[self.0.len() - 2].directory;
            let (from, to) = (&draft[..], &level.name[..]);
            match renameat_with(above, from, above, to, RenameFlags::NOREPLACE) {
                // A file system that cannot; only an empty directory would be replaced.
                Err(Errno::INVAL) => renameat(above, from, above, to)?,
                result => result?,
            }
        }
        Ok(lost)
    }

    /// A directory of this copy, by the names that it and those above it have or will have.
    pub fn find(&self, names: &[Vec<u8>]) -> Result<OwnedFd> {
        let open = self.names().zip(names);
        let depth = open.take_while(|(level, name)| level == name).count();
        let mut directory = self.0[depth]
            .directory
            .try_clone()
            .map_err(|_| Errno::MFILE)?;
        for name in &names[depth..] {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            directory = openat(&directory, &name[..], flags, Mode::empty())?;
        }
        Ok(directory)
    }
}

impl Drop for Levels {
    /// What is not complete goes.
    fn drop(&mut self) {
        for (above, level) in self.0.iter().zip(self.0.iter().skip(1)) {
            let draft = level.draft.as_deref().map(CString::new);
            if let Some(Ok(draft)) = draft {
                let _ = remove_tree(&above.directory, draft);
            }
        }
    }
}
