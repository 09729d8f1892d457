//! The nodes of a root file system while it is put together.

use std::collections::BTreeMap;

use crate::rootfs::xattr::Xattr;

pub type InodeId = u32;

pub const ROOT: InodeId = 0;

/// One name in a directory.
#[derive(Debug, Clone, Copy)]
pub struct Dirent {
    pub inode: InodeId,
    /// The layer that named it last; a whiteout hides only what lower layers named.
    pub layer: u32,
}

pub type Entries = BTreeMap<Box<[u8]>, Dirent>;

#[derive(Debug, Clone)]
pub struct Inode {
    pub attributes: Attributes,
    /// Names of this inode; not kept for directories, which have one.
    pub links: u32,
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// Permission, set-id and sticky bits.
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub mtime: (i64, u32),
    pub xattrs: Box<[Xattr]>,
}

impl Attributes {
    /// What a directory gets that no entry describes.
    pub fn implicit_directory() -> Self {
        Self {
            mode: 0o755,
            uid: 0,
            gid: 0,
            mtime: (0, 0),
            xattrs: Box::default(),
        }
    }

    /// Roughly the memory that the extended attributes take.
    pub fn xattr_bytes(&self) -> u64 {
        self.xattrs
            .iter()
            .map(|xattr| (xattr.name.len() + xattr.value.len() + 64) as u64)
            .sum()
    }
}

#[derive(Debug, Clone)]
pub enum Body {
    Directory(Entries),
    File(FileData),
    Symlink(Box<[u8]>),
    CharacterDevice { major: u32, minor: u32 },
    BlockDevice { major: u32, minor: u32 },
    Fifo,
}

/// Where a file's bytes are in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileData {
    /// Blocks in a row from `block` on; a short last block may be `tail` instead, to be kept beside the inode.
    Flat {
        size: u64,
        block: u32,
        tail: Box<[u8]>,
    },
    /// A sparse file: runs of chunks of `1 << chunk_bits` bytes, ascending; all else are holes.
    Chunked {
        size: u64,
        chunk_bits: u8,
        runs: Box<[ChunkRun]>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkRun {
    pub first: u32,
    pub count: u32,
    /// The block of the first chunk.
    pub block: u32,
    /// Blocks taken; the file's last chunk is cut at its end.
    pub blocks: u32,
}

/// Blocks of the data area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRun {
    pub block: u32,
    pub count: u32,
}

impl FileData {
    pub fn size(&self) -> u64 {
        match self {
            Self::Flat { size, .. } | Self::Chunked { size, .. } => *size,
        }
    }

    /// The blocks that hold this file's bytes.
    pub fn blocks(&self) -> Vec<BlockRun> {
        match self {
            Self::Flat { size, block, tail } => {
                let count =
                    (size - tail.len() as u64).div_ceil(crate::rootfs::erofs::BLOCK as u64) as u32;
                if count == 0 {
                    Vec::new()
                } else {
                    vec![BlockRun {
                        block: *block,
                        count,
                    }]
                }
            }
            Self::Chunked { runs, .. } => runs
                .iter()
                .map(|run| BlockRun {
                    block: run.block,
                    count: run.blocks,
                })
                .collect(),
        }
    }

    pub fn tail_bytes(&self) -> u64 {
        match self {
            Self::Flat { tail, .. } => tail.len() as u64,
            Self::Chunked { .. } => 0,
        }
    }
}
