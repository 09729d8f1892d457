//! The file that a sink writes.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags, Stat, fstat, ftruncate, openat, unlinkat};
use rustix::io::{Errno, Result as Tried, pwrite};

use super::attributes::Attributes;
use super::levels::Level;
use crate::meta::Meta;
use crate::{Fault, Result, put_in_place};

pub struct OpenFile {
    file: OwnedFd,
    pub name: Vec<u8>,
    draft: Option<Vec<u8>>,
    meta: Meta,
    pub id: u64,
    size: u64,
    at: u64,
    ends_in_hole: bool,
}

impl OpenFile {
    pub fn create(level: &Level, name: &[u8], meta: Meta, id: u64, size: u64) -> Tried<Self> {
        let draft = level.draft()?;
        let made = draft.as_deref().unwrap_or(name);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from(meta.mode & 0o777);
        Ok(Self {
            file: openat(&level.directory, made, flags, mode)?,
            name: name.to_vec(),
            draft,
            meta,
            id,
            size,
            at: 0,
            ends_in_hole: false,
        })
    }

    /// All that the file is to hold has come.
    pub fn is_whole(&self) -> bool {
        self.at == self.size
    }

    /// Of what comes next.
    pub fn check(&self, length: u64) -> Result<()> {
        match length <= self.size - self.at {
            true => Ok(()),
            false => Err(Fault::Stream("a file that is longer than it says")),
        }
    }

    pub fn write(&mut self, mut data: &[u8]) -> Tried<()> {
        while !data.is_empty() {
            match pwrite(&self.file, data, self.at) {
                Ok(written) => {
                    data = &data[written..];
                    self.at += written as u64;
                    self.ends_in_hole = false;
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    pub fn skip(&mut self, length: u64) {
        self.at += length;
        self.ends_in_hole |= length > 0;
    }

    /// Gives it its attributes and its name. Gives how many attributes were lost, and what it is when it may get other names.
    pub fn finish(&self, level: &Level, attributes: &Attributes) -> Tried<(u64, Option<Stat>)> {
        if self.ends_in_hole {
            ftruncate(&self.file, self.size)?;
        }
        let lost = attributes.to_file(&self.file, &self.meta, &level.born)?;
        let stat = (self.id != 0).then(|| fstat(&self.file)).transpose()?;
        if let Some(draft) = &self.draft {
            put_in_place(&level.directory, draft, &self.name)?;
        }
        Ok((lost, stat))
    }

    /// Removes what is not complete. In a directory that is new it goes with that.
    pub fn discard(&self, level: &Level) {
        if let Some(draft) = &self.draft {
            let _ = unlinkat(&level.directory, &draft[..], AtFlags::empty());
        }
    }
}
