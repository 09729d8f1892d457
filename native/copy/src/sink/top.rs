//! The first entry of a stream: what is copied, and so where it goes.

use std::os::fd::OwnedFd;

use rustix::io::Result;

use crate::Base;
use crate::place::{Place, find};
use crate::record::Record;

/// The directory that the copy goes to, and the entry under the name that it gets there. Of `path`, what shows that directory is left.
pub fn place<'a>(
    base: &(impl Base + ?Sized),
    path: &mut Vec<u8>,
    record: Record<'a>,
    name: &'a mut Vec<u8>,
) -> Result<(OwnedFd, Record<'a>)> {
    let is_directory = matches!(record, Record::Enter { .. });
    match find(base, path, is_directory)? {
        Place::Into(directory) => Ok((directory, record)),
        Place::As(directory, found) => {
            let end = path.iter().rposition(|&byte| byte != b'/');
            let parent = path[..end.map_or(0, |end| end + 1)]
                .iter()
                .rposition(|&byte| byte == b'/');
            path.truncate(parent.map_or(0, |slash| slash + 1));
            *name = found;
            Ok((directory, with_name(record, name)))
        }
    }
}

fn with_name<'a>(record: Record<'a>, name: &'a [u8]) -> Record<'a> {
    match record {
        Record::Enter { meta, .. } => Record::Enter { name, meta },
        Record::File { meta, id, size, .. } => Record::File {
            name,
            meta,
            id,
            size,
        },
        Record::Symlink {
            meta, id, target, ..
        } => Record::Symlink {
            name,
            meta,
            id,
            target,
        },
        Record::Fifo { meta, id, .. } => Record::Fifo { name, meta, id },
        other => other,
    }
}
