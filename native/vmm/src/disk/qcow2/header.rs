//! The header. All numbers are big-endian.

use super::extensions::{self, Found};

/// 16 TiB, as much as the disks that `ext4` formats.
pub const MAX_DISK_BYTES: u64 = 16 << 40;
/// The unit of everything but clusters.
pub const SECTOR: u64 = 512;

/// Clusters of 4 KiB to 2 MiB, the engine's most.
const CLUSTER_BITS: std::ops::RangeInclusive<u32> = 12..=21;
/// Bytes of an L1 table, the engine's limit.
const MAX_L1_BYTES: u64 = 32 << 20;
/// Bytes of a table of reference counts, the engine's limit.
const MAX_REFCOUNT_BYTES: u64 = 8 << 20;
/// Of the incompatible features. The counts of references may be wrong; they are not read here, and the engine mends them.
const DIRTY: u64 = 1;

const MAGIC: u32 = 0x5146_49fb;
const VERSION: u32 = 3;
/// Up to the end of `header_length`; none of the fields behind it is needed.
const LENGTH: u32 = 104;
/// 16 bits for each count, which every tool can do.
const REFCOUNT_ORDER: u32 = 4;

/// What is wrong with a header, to stand behind a colon.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    Damaged(&'static str),
    Unsupported(&'static str),
}

/// What a file without backing file, encryption, internal snapshots and special features says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub virtual_bytes: u64,
    pub cluster_bits: u32,
    pub l1_entries: u32,
    pub l1_offset: u64,
    pub refcount_offset: u64,
    pub refcount_clusters: u32,
}

impl Header {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH as usize);
        let mut put = |field: &[u8]| bytes.extend_from_slice(field);
        put(&MAGIC.to_be_bytes());
        put(&VERSION.to_be_bytes());
        // Offset and length of the backing file's name.
        put(&[0; 12]);
        put(&self.cluster_bits.to_be_bytes());
        put(&self.virtual_bytes.to_be_bytes());
        // Encryption.
        put(&[0; 4]);
        put(&self.l1_entries.to_be_bytes());
        put(&self.l1_offset.to_be_bytes());
        put(&self.refcount_offset.to_be_bytes());
        put(&self.refcount_clusters.to_be_bytes());
        // Internal snapshots: number and offset. Features: incompatible, compatible, autoclear.
        put(&[0; 12 + 24]);
        put(&REFCOUNT_ORDER.to_be_bytes());
        put(&LENGTH.to_be_bytes());
        // The list of extensions begins here and is empty: zeros.
        bytes
    }

    /// From the first bytes of a file: its first cluster, as far as the file goes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Wrong> {
        use Wrong::{Damaged, Unsupported};
        let Some(fixed) = bytes.first_chunk::<{ LENGTH as usize }>() else {
            return Err(Damaged("the file is cut short"));
        };
        let short = |at: usize| u32::from_be_bytes(fixed[at..at + 4].try_into().expect("4 bytes"));
        let long = |at: usize| u64::from_be_bytes(fixed[at..at + 8].try_into().expect("8 bytes"));
        if short(0) != MAGIC {
            return Err(Damaged("it is no qcow2 file"));
        }
        if short(4) != VERSION {
            return Err(Unsupported("it is not of version 3 of qcow2"));
        }
        if long(8) != 0 || short(16) != 0 {
            return Err(Unsupported("its header names a backing file"));
        }
        let cluster_bits = short(20);
        if !CLUSTER_BITS.contains(&cluster_bits) {
            return Err(Unsupported("its clusters do not have 4 KiB to 2 MiB"));
        }
        if short(32) != 0 {
            return Err(Unsupported("it is encrypted"));
        }
        if short(60) != 0 {
            return Err(Unsupported("it holds internal snapshots"));
        }
        if long(72) & !DIRTY != 0 {
            return Err(Unsupported(
                "it needs a feature that is not known here, keeps its data elsewhere or is marked as corrupt",
            ));
        }
        if short(96) != REFCOUNT_ORDER {
            return Err(Unsupported("its reference counts do not have 16 bits"));
        }
        let length = short(100);
        if length < LENGTH || length % 8 != 0 || u64::from(length) > 1 << cluster_bits {
            return Err(Damaged("its header has an impossible length"));
        }
        let list = &bytes[..bytes.len().min(1 << cluster_bits)];
        match list
            .get(length as usize..)
            .map_or(Err(Found::Damaged), extensions::check)
        {
            Ok(()) => {}
            Err(Found::Damaged) => return Err(Damaged("its header's extensions have no end")),
            Err(Found::ExternalDataFile) => return Err(Unsupported("it keeps its data elsewhere")),
            Err(Found::Encryption) => return Err(Unsupported("it is encrypted")),
        }
        let header = Self {
            virtual_bytes: long(24),
            cluster_bits,
            l1_entries: short(36),
            l1_offset: long(40),
            refcount_offset: long(48),
            refcount_clusters: short(56),
        };
        header.check()?;
        Ok(header)
    }

    fn check(&self) -> Result<(), Wrong> {
        let size = self.virtual_bytes;
        if size == 0 || size > MAX_DISK_BYTES || size % SECTOR != 0 {
            return Err(Wrong::Damaged("its virtual size is out of range"));
        }
        let l1_bytes = u64::from(self.l1_entries) * 8;
        if u64::from(self.l1_entries) < self.l1_needed() || l1_bytes > MAX_L1_BYTES {
            return Err(Wrong::Damaged(
                "its first table does not fit its virtual size",
            ));
        }
        if u64::from(self.refcount_clusters) * self.cluster_bytes() > MAX_REFCOUNT_BYTES {
            return Err(Wrong::Damaged("its table of reference counts is too large"));
        }
        let is_place = |offset: u64| offset != 0 && offset % self.cluster_bytes() == 0;
        if !is_place(self.l1_offset) || !is_place(self.refcount_offset) {
            return Err(Wrong::Damaged("its tables have no place in it"));
        }
        Ok(())
    }

    /// The entries of the first table that the disk needs; there may be more.
    pub fn l1_needed(&self) -> u64 {
        self.virtual_bytes.div_ceil(self.l2_coverage())
    }

    pub fn cluster_bytes(&self) -> u64 {
        1 << self.cluster_bits
    }

    /// The bytes of the disk that one L1 entry stands for.
    pub fn l2_coverage(&self) -> u64 {
        1 << (2 * self.cluster_bits - 3)
    }
}
