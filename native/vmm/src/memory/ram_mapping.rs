//! Where in a VMM's address space its RAM file lies (proc(5), `/proc/pid/maps`).

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt,
    path::Path,
};

use memmap2::MmapOptions;

use super::{
    runs::{PAGE, Segment},
    vmm_process::VmmProcess,
};
use crate::{
    failure::{Code, Failure, Result},
    input_file,
};

/// 8 TiB.
const MAX_RAM: u64 = 8 << 40;

/// Consecutive pages of the RAM file at consecutive addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub address: u64,
    pub first: u64,
    pub pages: u64,
}

/// A whole RAM file, mapped privately. The kernel may have cut the mapping in pieces.
#[derive(Debug)]
pub struct RamMapping {
    /// By page, without gaps.
    pub stretches: Vec<Stretch>,
    pub ram_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    major: u32,
    minor: u32,
    inode: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    start: u64,
    end: u64,
    private: bool,
    offset: u64,
    file: FileId,
}

impl RamMapping {
    /// Finds the mapping of the file that `ram` names now; by what it is, as it may have had another name when it was mapped.
    pub fn find(process: &VmmProcess, ram: &Path) -> Result<Self> {
        let (file, ram_bytes) = input_file::open(ram)?;
        let metadata = file
            .metadata()
            .map_err(|error| Failure::storage("read", ram, &error))?;
        check_size(ram_bytes, ram)?;
        let maps = fs::read(format!("/proc/{}/maps", process.pid))
            .map_err(|error| process.failure("read the memory of", &error))?;
        let id = FileId {
            major: libc::major(metadata.dev()),
            minor: libc::minor(metadata.dev()),
            inode: metadata.ino(),
        };
        let lines: Vec<Line> = parse(&maps).filter(|line| line.file == id).collect();
        let lines = if lines.is_empty() {
            // Btrfs and overlayfs tell a file's device differently in stat(2) and in maps.
            match id_in_maps(&file) {
                Some(id) => parse(&maps).filter(|line| line.file == id).collect(),
                None => lines,
            }
        } else {
            lines
        };
        match stretches(&lines, ram_bytes) {
            Ok(stretches) => Ok(Self {
                stretches,
                ram_bytes,
            }),
            Err(what) => {
                // What ends has no mappings any more, or was read in the middle of losing them.
                process.ensure_alive()?;
                Err(Failure::new(
                    Code::Engine,
                    "ram-not-mapped",
                    format!("the VMM, process {}, {what} {}", process.pid, ram.display()),
                ))
            }
        }
    }

    /// The addresses of a segment's pages: address and bytes, in order.
    pub fn addresses(&self, segment: Segment) -> impl Iterator<Item = (u64, usize)> {
        let begin = self
            .stretches
            .partition_point(|stretch| stretch.first + stretch.pages <= segment.first);
        let end = segment.first + segment.pages;
        self.stretches[begin..]
            .iter()
            .take_while(move |stretch| stretch.first < end)
            .map(move |stretch| {
                let first = segment.first.max(stretch.first);
                let last = end.min(stretch.first + stretch.pages);
                (
                    stretch.address + (first - stretch.first) * PAGE,
                    ((last - first) * PAGE) as usize,
                )
            })
    }
}

pub fn check_size(ram_bytes: u64, ram: &Path) -> Result<()> {
    if ram_bytes > 0 && ram_bytes <= MAX_RAM && ram_bytes % PAGE == 0 {
        return Ok(());
    }
    Err(Failure::invalid_argument(format!(
        "{} has {ram_bytes} bytes, which is no size of a RAM: it has whole pages of {PAGE} bytes, up to 8 TiB",
        ram.display()
    )))
}

/// The pieces by file offset, when they are the whole file once; otherwise what is wrong, to stand between the process and the file.
fn stretches(lines: &[Line], ram_bytes: u64) -> std::result::Result<Vec<Stretch>, &'static str> {
    if lines.is_empty() {
        return Err("does not map");
    }
    if lines.iter().any(|line| !line.private) {
        return Err("does not map privately");
    }
    let mut lines = lines.to_vec();
    lines.sort_by_key(|line| line.offset);
    let mut stretches: Vec<Stretch> = Vec::with_capacity(lines.len());
    let mut next = 0;
    for line in lines {
        let bytes = line.end - line.start;
        if line.offset != next {
            return Err("does not map exactly once the whole of");
        }
        next += bytes;
        match stretches.last_mut() {
            Some(last) if last.address + last.pages * PAGE == line.start => {
                last.pages += bytes / PAGE;
            }
            _ => stretches.push(Stretch {
                address: line.start,
                first: line.offset / PAGE,
                pages: bytes / PAGE,
            }),
        }
    }
    if next != ram_bytes {
        return Err("maps another size than that of");
    }
    Ok(stretches)
}

fn id_in_maps(file: &File) -> Option<FileId> {
    // SAFETY: the mapping is never read; only its address is looked up.
    let page = unsafe { MmapOptions::new().len(PAGE as usize).map(file) }.ok()?;
    let address = page.as_ptr() as u64;
    let maps = fs::read("/proc/self/maps").ok()?;
    parse(&maps)
        .find(|line| line.start <= address && address < line.end)
        .map(|line| line.file)
}

fn parse(maps: &[u8]) -> impl Iterator<Item = Line> {
    maps.split(|byte| *byte == b'\n').filter_map(parse_line)
}

/// `start-end perms offset major:minor inode name`; the name may hold anything but a line's end.
fn parse_line(line: &[u8]) -> Option<Line> {
    let mut fields = line
        .split(|byte| *byte == b' ')
        .map(|field| std::str::from_utf8(field).unwrap_or(""));
    let (start, end) = fields.next()?.split_once('-')?;
    let permissions = fields.next()?;
    let offset = fields.next()?;
    let (major, minor) = fields.next()?.split_once(':')?;
    let inode = fields.next()?.parse().ok()?;
    let hex = |digits| u64::from_str_radix(digits, 16).ok();
    Some(Line {
        start: hex(start)?,
        end: hex(end).filter(|end| Some(*end) > hex(start))?,
        private: permissions.ends_with('p'),
        offset: hex(offset)?,
        file: FileId {
            major: hex(major)? as u32,
            minor: hex(minor)? as u32,
            inode,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &[u8] =
        b"7f0000004000-7f0000008000 rw-p 00004000 fd:1a 77                 /a b\xff c (deleted)\n\
7f0000000000-7f0000004000 rw-p 00000000 fd:1a 77   /ram\n\
7f0000100000-7f0000101000 rw-p 00008000 fd:1a 77\n\
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n";

    #[test]
    fn pieces_of_a_mapping_are_put_together() {
        let file = FileId {
            major: 0xfd,
            minor: 0x1a,
            inode: 77,
        };
        let lines: Vec<_> = parse(MAPS).filter(|line| line.file == file).collect();
        let mapping = RamMapping {
            stretches: stretches(&lines, 9 * PAGE).unwrap(),
            ram_bytes: 9 * PAGE,
        };
        assert_eq!(
            mapping
                .stretches
                .iter()
                .map(|stretch| (stretch.address, stretch.first, stretch.pages))
                .collect::<Vec<_>>(),
            [(0x7f00_0000_0000, 0, 8), (0x7f00_0010_0000, 8, 1)]
        );
        let addresses = |first, pages| {
            mapping
                .addresses(Segment { first, pages })
                .collect::<Vec<_>>()
        };
        assert_eq!(addresses(1, 2), [(0x7f00_0000_1000, 0x2000)]);
        assert_eq!(
            addresses(7, 2),
            [(0x7f00_0000_7000, 0x1000), (0x7f00_0010_0000, 0x1000)]
        );
        assert_eq!(addresses(8, 1), [(0x7f00_0010_0000, 0x1000)]);
    }

    #[test]
    fn anything_but_the_whole_file_once_is_refused() {
        let line = |offset, pages: u64, private| Line {
            start: 0x1000_0000 + offset,
            end: 0x1000_0000 + offset + pages * PAGE,
            private,
            offset,
            file: FileId {
                major: 0,
                minor: 0,
                inode: 1,
            },
        };
        let refused = |lines: &[Line]| stretches(lines, 4 * PAGE).unwrap_err();
        assert!(refused(&[]).contains("not map"));
        assert!(refused(&[line(0, 4, false)]).contains("privately"));
        assert!(refused(&[line(0, 3, true)]).contains("size"));
        assert!(refused(&[line(0, 5, true)]).contains("size"));
        assert!(refused(&[line(PAGE, 3, true)]).contains("once"));
        assert!(refused(&[line(0, 4, true), line(0, 4, true)]).contains("once"));
    }
}
