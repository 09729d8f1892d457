//! Which pages of a private file mapping are the process's own (Linux: Documentation/admin-guide/mm/pagemap.rst).

use std::{fs::File, io, os::unix::fs::FileExt};

use super::{
    ram_mapping::{RamMapping, Stretch},
    runs::{Content, PAGE, Run},
    vmm_process::VmmProcess,
};
use crate::failure::{Code, Failure, Result};

const ENTRY: usize = 8;
/// Entries that are read by one call: of 128 MiB of RAM.
const CHUNK: usize = 32 << 10;

const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
/// The page is of the file, or of shared memory.
const OF_FILE: u64 = 1 << 61;

/// The changed pages of the whole RAM, in order.
pub fn changed_pages(process: &VmmProcess, mapping: &RamMapping) -> Result<Vec<Run>> {
    let failed = |error: io::Error| process.failure("read the page table of", &error);
    let pagemap = File::open(format!("/proc/{}/pagemap", process.pid)).map_err(failed)?;
    let mut runs = Vec::new();
    let mut buffer = vec![0; CHUNK * ENTRY];
    for stretch in &mapping.stretches {
        let mut done = 0;
        while done < stretch.pages {
            let count = (stretch.pages - done).min(CHUNK as u64);
            let entries = &mut buffer[..count as usize * ENTRY];
            let position = (stretch.address / PAGE + done) * ENTRY as u64;
            read_all(&pagemap, entries, position).map_err(failed)?;
            collect(&mut runs, stretch, done, entries);
            done += count;
        }
    }
    Ok(runs)
}

/// Reads until the buffer is full; a process that has ended gives nothing.
fn read_all(pagemap: &File, buffer: &mut [u8], position: u64) -> io::Result<()> {
    match pagemap.read_exact_at(buffer, position) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(io::Error::from_raw_os_error(libc::ESRCH))
        }
        result => result,
    }
}

fn collect(runs: &mut Vec<Run>, stretch: &Stretch, done: u64, entries: &[u8]) {
    for (index, entry) in entries.chunks_exact(ENTRY).enumerate() {
        if !is_changed(u64::from_ne_bytes(entry.try_into().expect("8 bytes"))) {
            continue;
        }
        let page = stretch.first + done + index as u64;
        match runs.last_mut() {
            Some(last) if last.end() == page => last.pages += 1,
            _ => runs.push(Run {
                first: page,
                pages: 1,
                content: Content::Stored,
            }),
        }
    }
}

/// A page that was never touched is neither present nor swapped; one that was only read is the file's.
fn is_changed(entry: u64) -> bool {
    entry & (PRESENT | SWAPPED) != 0 && entry & OF_FILE == 0
}

/// The page size of this host is the kernel's unit in all that is read here.
pub fn check_page_size() -> Result<()> {
    // SAFETY: the call takes a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    if u64::try_from(size) == Ok(PAGE) {
        return Ok(());
    }
    Err(Failure::new(
        Code::Engine,
        "page-size",
        format!(
            "this host has memory pages of {size} bytes; memory snapshots and clones need {PAGE}"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_pages_count() {
        assert!(is_changed(PRESENT | 42));
        assert!(is_changed(SWAPPED | 42));
        assert!(!is_changed(0));
        assert!(!is_changed(PRESENT | OF_FILE | 42));
        // A page of the file that is just being moved to another place.
        assert!(!is_changed(SWAPPED | OF_FILE));
    }
}
