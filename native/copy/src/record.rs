//! The stream: messages, each of whole records, which tell one tree depth first.
//!
//! ```text
//! stream    = entry end                     one entry: the file or directory that is copied
//! entry     = enter entry* leave | file (data | hole)* | symlink | fifo | link
//! enter     = 1 name meta?                  a directory; without meta it is only on the way to others. Its name is empty when
//!                                           it is the top, and only what is in it is to be copied
//! leave     = 2
//! file      = 3 name meta id size           data and holes follow, as many bytes as `size` says
//! symlink   = 4 name meta id target
//! fifo      = 5 name meta id
//! link      = 6 name id                     another name of the file, symlink or fifo that had this id, which is not 0
//! data      = 7 bytes
//! hole      = 8 number
//! end       = 9 entries skipped
//! meta      = mode uid gid seconds nanos count (name value)*     the pairs are extended attributes
//! ```
//!
//! Numbers are LEB128, seconds zigzag before that; bytes, names and targets have their length before them. `packages/agent/src/copy`
//! writes and reads the same.

use crate::meta::Meta;
use crate::wire::{Input, put_bytes, put_number};
use crate::{Fault, Result};

/// Records are added to a message until it is as long.
pub const FULL: usize = 128 * 1024;
/// No message is longer: a full one, and all that the largest record may hold beside data.
pub const MAX_MESSAGE: usize = FULL + 96 * 1024;

const MAX_NAME: usize = 255;
const MAX_TARGET: usize = 4095;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    Enter {
        name: &'a [u8],
        meta: Option<Meta>,
    },
    Leave,
    File {
        name: &'a [u8],
        meta: Meta,
        id: u64,
        size: u64,
    },
    Symlink {
        name: &'a [u8],
        meta: Meta,
        id: u64,
        target: &'a [u8],
    },
    Fifo {
        name: &'a [u8],
        meta: Meta,
        id: u64,
    },
    Link {
        name: &'a [u8],
        id: u64,
    },
    Data(&'a [u8]),
    Hole(u64),
    End {
        entries: u64,
        skipped: u64,
    },
}

/// What a data record's head takes at most.
pub const DATA_HEAD: usize = 4;

pub fn put_data_head(out: &mut Vec<u8>, length: usize) {
    out.push(7);
    put_number(out, length as u64);
}

impl<'a> Record<'a> {
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Record::Enter { name, meta } => {
                out.push(1);
                put_bytes(out, name);
                out.push(meta.is_some().into());
                if let Some(meta) = meta {
                    meta.put(out);
                }
            }
            Record::Leave => out.push(2),
            Record::File {
                name,
                meta,
                id,
                size,
            } => {
                put_entry(out, 3, name, meta, *id);
                put_number(out, *size);
            }
            Record::Symlink {
                name,
                meta,
                id,
                target,
            } => {
                put_entry(out, 4, name, meta, *id);
                put_bytes(out, target);
            }
            Record::Fifo { name, meta, id } => put_entry(out, 5, name, meta, *id),
            Record::Link { name, id } => {
                out.push(6);
                put_bytes(out, name);
                put_number(out, *id);
            }
            Record::Data(data) => {
                put_data_head(out, data.len());
                out.extend_from_slice(data);
            }
            Record::Hole(length) => {
                out.push(8);
                put_number(out, *length);
            }
            Record::End { entries, skipped } => {
                out.push(9);
                put_number(out, *entries);
                put_number(out, *skipped);
            }
        }
    }

    fn take(input: &mut Input<'a>) -> Result<Self> {
        Ok(match input.byte()? {
            1 => Record::Enter {
                name: enter_name(input)?,
                meta: match input.byte()? {
                    0 => None,
                    1 => Some(Meta::take(input)?),
                    _ => return Err(Fault::Stream("a flag that is none")),
                },
            },
            2 => Record::Leave,
            3 => Record::File {
                name: name(input)?,
                meta: Meta::take(input)?,
                id: input.number()?,
                size: length(input)?,
            },
            4 => Record::Symlink {
                name: name(input)?,
                meta: Meta::take(input)?,
                id: input.number()?,
                target: target(input)?,
            },
            5 => Record::Fifo {
                name: name(input)?,
                meta: Meta::take(input)?,
                id: input.number()?,
            },
            6 => Record::Link {
                name: name(input)?,
                id: input.number()?,
            },
            7 => Record::Data(input.bytes(MAX_MESSAGE)?),
            8 => Record::Hole(length(input)?),
            9 => Record::End {
                entries: input.number()?,
                skipped: input.number()?,
            },
            _ => return Err(Fault::Stream("a record of no kind")),
        })
    }
}

fn put_entry(out: &mut Vec<u8>, kind: u8, name: &[u8], meta: &Meta, id: u64) {
    out.push(kind);
    put_bytes(out, name);
    meta.put(out);
    put_number(out, id);
}

/// The records of a message.
pub struct Records<'a>(Input<'a>);

impl<'a> Records<'a> {
    pub fn of(message: &'a [u8]) -> Result<Self> {
        if message.len() > MAX_MESSAGE {
            return Err(Fault::Stream("a message that is too long"));
        }
        Ok(Self(Input(message)))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.0.0.is_empty()).then(|| Record::take(&mut self.0))
    }
}

fn enter_name<'a>(input: &mut Input<'a>) -> Result<&'a [u8]> {
    match input.0.first() {
        Some(0) => input.bytes(0),
        _ => name(input),
    }
}

/// One component of a path, so that it leads nowhere.
fn name<'a>(input: &mut Input<'a>) -> Result<&'a [u8]> {
    let name = input.bytes(MAX_NAME)?;
    match name {
        b"" | b"." | b".." => Err(Fault::Stream("a name that is none")),
        _ if name.contains(&b'/') || name.contains(&0) => Err(Fault::Stream("a name that is none")),
        _ => Ok(name),
    }
}

fn target<'a>(input: &mut Input<'a>) -> Result<&'a [u8]> {
    let target = input.bytes(MAX_TARGET)?;
    if target.is_empty() || target.contains(&0) {
        return Err(Fault::Stream("a link to nowhere"));
    }
    Ok(target)
}

fn length(input: &mut Input<'_>) -> Result<u64> {
    match input.number()? {
        length if length <= i64::MAX as u64 => Ok(length),
        _ => Err(Fault::Stream("a file that is too large")),
    }
}
