//! Memory changes out of a file of which nothing is believed before it was checked.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use xxhash_rust::xxh3::Xxh3;

use super::{
    changes::MemoryChanges,
    file_header::{CHECKSUM, HEADER, Header, RUN, decode_run},
    page_store::PageStore,
    runs::{Content, PAGE, Run},
};
use crate::{
    failure::{Code, Failure, Result},
    input_file,
};

const BUFFER: u64 = 1 << 20;

impl MemoryChanges {
    /// Opens what `write` wrote, of a RAM of this size. Its pages stay in the file, which may be removed but not changed while they are used.
    pub fn read(path: &Path, ram_bytes: u64) -> Result<Self> {
        let (file, length) = input_file::open(path)?;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged(path, "was cut short"),
            _ => Failure::storage("read", path, &error),
        };
        if length < HEADER {
            return Err(damaged(path, "is cut short"));
        }
        let mut head = [0; HEADER as usize];
        file.read_exact_at(&mut head, 0).map_err(failed)?;
        let header = Header::decode(&head).map_err(|what| damaged(path, &what))?;
        check_counts(&header, ram_bytes, length).map_err(|what| damaged(path, &what))?;
        let mut table = vec![0; (header.runs * RUN) as usize];
        file.read_exact_at(&mut table, HEADER).map_err(failed)?;
        if checksum(&file, &head, &table, length).map_err(failed)? != header.checksum {
            return Err(damaged(path, "does not match its checksum"));
        }
        let runs = decode_runs(&table, &header).map_err(|what| damaged(path, what))?;
        let store = PageStore::File {
            file,
            path: path.to_owned(),
            offset: header.data_offset(),
        };
        Ok(Self::new(header.ram_bytes, runs, store))
    }
}

/// After this all sums of the header's numbers are far from overflow.
fn check_counts(header: &Header, ram_bytes: u64, length: u64) -> std::result::Result<(), String> {
    if header.ram_bytes != ram_bytes {
        return Err(format!(
            "is of a RAM of {} bytes, and this one has {ram_bytes}",
            header.ram_bytes
        ));
    }
    let pages = ram_bytes / PAGE;
    if header.runs > pages || header.stored_pages > pages {
        return Err("tells more pages than its RAM has".into());
    }
    let expected = header.file_bytes();
    if length != expected {
        return Err(format!("has {length} bytes instead of {expected}"));
    }
    Ok(())
}

/// Of the file, whose begin has been read already: what is used later is what is checked.
fn checksum(
    file: &File,
    head: &[u8; HEADER as usize],
    table: &[u8],
    length: u64,
) -> io::Result<u64> {
    let mut hash = Xxh3::new();
    let mut head = *head;
    head[CHECKSUM].fill(0);
    hash.update(&head);
    hash.update(table);
    let mut position = HEADER + table.len() as u64;
    let mut buffer = vec![0; BUFFER as usize];
    while position < length {
        let piece = &mut buffer[..(length - position).min(BUFFER) as usize];
        file.read_exact_at(piece, position)?;
        hash.update(piece);
        position += piece.len() as u64;
    }
    Ok(hash.digest())
}

fn decode_runs(table: &[u8], header: &Header) -> std::result::Result<Vec<Run>, &'static str> {
    let pages = header.ram_bytes / PAGE;
    let mut runs = Vec::with_capacity(header.runs as usize);
    let (mut next, mut stored) = (0, 0);
    for bytes in table.chunks_exact(RUN as usize) {
        let run = decode_run(bytes).ok_or("has pages of an unknown kind")?;
        if run.pages == 0 || run.first < next || run.first >= pages || run.pages > pages - run.first
        {
            return Err("has pages out of order or outside of the RAM");
        }
        next = run.end();
        if run.content == Content::Stored {
            stored += run.pages;
        }
        runs.push(run);
    }
    if stored != header.stored_pages {
        return Err("tells another number of pages than it holds");
    }
    Ok(runs)
}

fn damaged(path: &Path, what: &str) -> Failure {
    Failure::new(
        Code::Storage,
        "memory-damaged",
        format!(
            "the memory in {} cannot be used: the file {what}",
            path.display()
        ),
    )
}
