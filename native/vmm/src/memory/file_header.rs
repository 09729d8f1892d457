//! The file of memory changes. All numbers are little-endian.
//!
//! ```text
//!      0   8  magic "BoxLiteM"
//!      8   4  version: 1
//!     12   4  page size: 4096
//!     16   8  bytes of the RAM
//!     24   8  number of runs
//!     32   8  number of stored pages
//!     40   8  checksum: xxh3-64 of the whole file with these 8 bytes zero
//!     48  16  zero
//!     64      the runs, 16 bytes each:
//!               0   8  first page
//!               8   4  number of pages, not 0
//!              12   4  0: stored; 1: all zero, not stored
//!             zeros up to the next multiple of 4096
//!             the stored pages, in the order of their runs; the file ends behind them
//! ```
//!
//! Runs are in ascending order and do not overlap. The checksum is against damage, not against malice.

use super::runs::{Content, PAGE, Run};

pub const HEADER: u64 = 64;
pub const RUN: u64 = 16;
pub const CHECKSUM: std::ops::Range<usize> = 40..48;

const MAGIC: &[u8; 8] = b"BoxLiteM";
const VERSION: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub ram_bytes: u64,
    pub runs: u64,
    pub stored_pages: u64,
    pub checksum: u64,
}

impl Header {
    pub fn encode(&self) -> [u8; HEADER as usize] {
        let mut bytes = [0; HEADER as usize];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(PAGE as u32).to_le_bytes());
        bytes[16..24].copy_from_slice(&self.ram_bytes.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.runs.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.stored_pages.to_le_bytes());
        bytes[CHECKSUM].copy_from_slice(&self.checksum.to_le_bytes());
        bytes
    }

    /// What is wrong is told to stand behind the file's name.
    pub fn decode(bytes: &[u8; HEADER as usize]) -> Result<Self, String> {
        if &bytes[..8] != MAGIC {
            return Err("is no file of memory changes".into());
        }
        let version = u32_at(bytes, 8);
        if version != VERSION {
            return Err(format!(
                "has version {version} of its format, and only {VERSION} is known"
            ));
        }
        let page_size = u32_at(bytes, 12);
        if u64::from(page_size) != PAGE {
            return Err(format!("has pages of {page_size} bytes instead of {PAGE}"));
        }
        Ok(Self {
            ram_bytes: u64_at(bytes, 16),
            runs: u64_at(bytes, 24),
            stored_pages: u64_at(bytes, 32),
            checksum: u64_at(bytes, CHECKSUM.start),
        })
    }

    /// Where the stored pages begin. Only for a header whose counts are no more than the RAM's pages.
    pub fn data_offset(&self) -> u64 {
        (HEADER + self.runs * RUN).next_multiple_of(PAGE)
    }

    pub fn file_bytes(&self) -> u64 {
        self.data_offset() + self.stored_pages * PAGE
    }
}

/// The number of pages fits its field, as no RAM has more: see `ram_mapping`.
pub fn encode_run(run: &Run) -> [u8; RUN as usize] {
    let mut bytes = [0; RUN as usize];
    bytes[..8].copy_from_slice(&run.first.to_le_bytes());
    bytes[8..12].copy_from_slice(&(run.pages as u32).to_le_bytes());
    let content = match run.content {
        Content::Stored => 0u32,
        Content::Zero => 1,
    };
    bytes[12..].copy_from_slice(&content.to_le_bytes());
    bytes
}

/// `None` for a content that is unknown.
pub fn decode_run(bytes: &[u8]) -> Option<Run> {
    let content = match u32_at(bytes, 12) {
        0 => Content::Stored,
        1 => Content::Zero,
        _ => return None,
    };
    Some(Run {
        first: u64_at(bytes, 0),
        pages: u32_at(bytes, 8).into(),
        content,
    })
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("4 bytes"))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(bytes[offset..offset + 8].try_into().expect("8 bytes"))
}
