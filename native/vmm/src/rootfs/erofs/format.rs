//! The on-disk structures of EROFS that we write (Linux 6.1, `fs/erofs/erofs_fs.h`): extended inodes, no compression.

pub const BLOCK: usize = 4096;
pub const BLOCK_BITS: u8 = 12;
/// Inodes start on multiples of this; an inode's number is its place in the metadata area in these units.
pub const SLOT: u64 = 32;
pub const INODE_SIZE: usize = 64;
pub const DIRENT_SIZE: usize = 12;
pub const SUPERBLOCK_OFFSET: usize = 1024;
pub const CHUNK_HOLE: u32 = u32::MAX;

const MAGIC: u32 = 0xE0F5_E1E2;
const COMPAT_CHECKSUM: u32 = 1;
const COMPAT_MTIME: u32 = 2;
const INCOMPAT_CHUNKED_FILE: u32 = 4;

/// How an inode's data is laid out (`EROFS_INODE_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Blocks in a row.
    Plain = 0,
    /// Blocks in a row, the last short one right behind the inode.
    Inline = 2,
    /// A table of chunk addresses behind the inode.
    Chunked = 4,
}

/// The file type of a directory entry (`EROFS_FT_*`) and of a mode (`S_IFMT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileType {
    pub dirent: u8,
    pub mode: u16,
}

impl FileType {
    pub const REGULAR: Self = Self {
        dirent: 1,
        mode: 0o100_000,
    };
    pub const DIRECTORY: Self = Self {
        dirent: 2,
        mode: 0o040_000,
    };
    pub const CHARACTER: Self = Self {
        dirent: 3,
        mode: 0o020_000,
    };
    pub const BLOCK: Self = Self {
        dirent: 4,
        mode: 0o060_000,
    };
    pub const FIFO: Self = Self {
        dirent: 5,
        mode: 0o010_000,
    };
    pub const SYMLINK: Self = Self {
        dirent: 7,
        mode: 0o120_000,
    };
}

#[derive(Debug, Clone, Copy)]
pub struct RawInode {
    pub layout: Layout,
    pub xattr_count: u16,
    pub mode: u16,
    pub size: u64,
    /// First block, device number or chunk format, by kind.
    pub location: u32,
    pub number: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: (i64, u32),
    pub links: u32,
}

impl RawInode {
    pub fn encode(&self) -> [u8; INODE_SIZE] {
        let mut bytes = [0; INODE_SIZE];
        let mut out = Fields::new(&mut bytes);
        out.u16(1 | (self.layout as u16) << 1);
        out.u16(self.xattr_count);
        out.u16(self.mode);
        out.u16(0);
        out.u64(self.size);
        out.u32(self.location);
        out.u32(self.number);
        out.u32(self.uid);
        out.u32(self.gid);
        out.u64(self.mtime.0 as u64);
        out.u32(self.mtime.1);
        out.u32(self.links);
        bytes
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Superblock {
    pub root_nid: u16,
    pub inodes: u64,
    pub blocks: u32,
    pub metadata_block: u32,
    pub has_chunked_files: bool,
}

impl Superblock {
    /// The first block of the image. Nothing in it depends on when or where it was made: equal layers give equal images.
    pub fn encode(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let mut out = Fields::new(&mut block[SUPERBLOCK_OFFSET..]);
        out.u32(MAGIC);
        out.u32(0);
        out.u32(COMPAT_CHECKSUM | COMPAT_MTIME);
        out.u8(BLOCK_BITS);
        out.u8(0);
        out.u16(self.root_nid);
        out.u64(self.inodes);
        out.skip(8 + 4);
        out.u32(self.blocks);
        out.u32(self.metadata_block);
        out.skip(4 + 16 + 16);
        out.u32(if self.has_chunked_files {
            INCOMPAT_CHUNKED_FILE
        } else {
            0
        });
        let checksum = crc32c(u32::MAX, &block[SUPERBLOCK_OFFSET..]);
        block[SUPERBLOCK_OFFSET + 4..SUPERBLOCK_OFFSET + 8]
            .copy_from_slice(&checksum.to_le_bytes());
        block
    }
}

/// Linux's encoding of a device number in 32 bits (`new_encode_dev`).
pub const fn device_number(major: u32, minor: u32) -> u32 {
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}

/// CRC-32C (Castagnoli), without the final inversion, as the kernel's `crc32c`.
pub fn crc32c(seed: u32, data: &[u8]) -> u32 {
    data.iter().fold(seed, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0x82F6_3B78 & (crc & 1).wrapping_neg())
        })
    })
}

/// Little-endian fields one behind the other.
struct Fields<'a> {
    bytes: &'a mut [u8],
    position: usize,
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    fn put(&mut self, value: &[u8]) {
        self.bytes[self.position..self.position + value.len()].copy_from_slice(value);
        self.position += value.len();
    }

    fn skip(&mut self, length: usize) {
        self.position += length;
    }

    fn u8(&mut self, value: u8) {
        self.put(&[value]);
    }

    fn u16(&mut self, value: u16) {
        self.put(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.put(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_castagnoli() {
        assert_eq!(!crc32c(u32::MAX, b"123456789"), 0xE306_9283);
    }

    #[test]
    fn device_numbers_are_encoded_as_linux_does() {
        assert_eq!(device_number(1, 3), 0x103);
        assert_eq!(device_number(259, 0x12345), 0x1231_0345);
    }
}
