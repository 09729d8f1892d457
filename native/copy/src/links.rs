//! Files with several names.

use std::collections::HashMap;

use crate::{Fault, Result};

/// Bytes that are held for them; each with its bookkeeping.
const MAX_HELD: usize = 32 << 20;
const COST: usize = 96;

/// Of a source: which files were seen whose other names may follow.
#[derive(Default)]
pub struct Seen {
    files: HashMap<(u64, u64), Names>,
    last: u64,
}

struct Names {
    id: u64,
    left: u64,
}

pub enum Name {
    First(u64),
    Another(u64),
}

impl Seen {
    /// Call with a file that has several names, once for each.
    pub fn note(&mut self, device: u64, inode: u64, links: u64) -> Result<Name> {
        if let Some(names) = self.files.get_mut(&(device, inode)) {
            let id = names.id;
            names.left = names.left.saturating_sub(1);
            if names.left == 0 {
                self.files.remove(&(device, inode));
            }
            return Ok(Name::Another(id));
        }
        if self.files.len() * COST >= MAX_HELD {
            return Err(Fault::TooMany("files with several names"));
        }
        self.last += 1;
        let names = Names {
            id: self.last,
            left: links - 1,
        };
        self.files.insert((device, inode), names);
        Ok(Name::First(self.last))
    }
}

/// Of a sink: where the files are that may get more names.
#[derive(Default)]
pub struct Linked {
    files: HashMap<u64, LinkedFile>,
    held: usize,
}

#[derive(Clone)]
pub struct LinkedFile {
    /// The directories from the target down, and the file's name.
    pub path: Vec<Vec<u8>>,
    pub device: u64,
    pub inode: u64,
}

impl Linked {
    pub fn add(&mut self, id: u64, file: LinkedFile) -> Result<()> {
        self.held += COST + file.path.iter().map(|name| name.len() + 24).sum::<usize>();
        if self.held > MAX_HELD {
            return Err(Fault::TooMany("files with several names"));
        }
        match self.files.insert(id, file) {
            None => Ok(()),
            Some(_) => Err(Fault::Stream("two files of one id")),
        }
    }

    pub fn get(&self, id: u64) -> Result<&LinkedFile> {
        self.files
            .get(&id)
            .ok_or(Fault::Stream("another name of no file"))
    }
}
