//! The superblock (struct ext4_super_block).

use super::{
    Identity,
    bytes::Bytes,
    geometry::{BLOCKS_PER_GROUP, DESCRIPTOR_SIZE, Geometry, INODE_SIZE, LOG_GROUPS_PER_FLEX},
    inode::{FIRST_INODE, JOURNAL_INODE},
};

const COMPAT: u64 = HAS_JOURNAL | EXT_ATTR | DIR_INDEX | SPARSE_SUPER2;
const HAS_JOURNAL: u64 = 0x4;
const EXT_ATTR: u64 = 0x8;
const DIR_INDEX: u64 = 0x20;
const SPARSE_SUPER2: u64 = 0x200;

const INCOMPAT: u64 = FILETYPE | EXTENTS | WIDE | FLEX_BG;
const FILETYPE: u64 = 0x2;
const EXTENTS: u64 = 0x40;
const WIDE: u64 = 0x80;
const FLEX_BG: u64 = 0x200;

/// Checksums only over group descriptors: they make lazily initialised groups safe. Checksums over all metadata would cost an
/// emulated guest time at every write, and guard against disks that lie, which a file of the host does not.
const RO_COMPAT: u64 = SPARSE_SUPER | LARGE_FILE | HUGE_FILE | GDT_CSUM | DIR_NLINK | EXTRA_ISIZE;
const SPARSE_SUPER: u64 = 0x1;
const LARGE_FILE: u64 = 0x2;
const HUGE_FILE: u64 = 0x8;
const GDT_CSUM: u64 = 0x10;
const DIR_NLINK: u64 = 0x20;
const EXTRA_ISIZE: u64 = 0x40;

const MAGIC: u64 = 0xEF53;
const CLEAN: u64 = 1;
/// A disk with errors becomes read-only rather than worse.
const ERRORS_REMOUNT_READ_ONLY: u64 = 2;
const MOUNT_XATTR_ACL: u64 = 0xC;
const HALF_MD4: u8 = 1;
const SIGNED_HASH: u64 = 1;
const NO_LIMIT: u64 = 0xFFFF;

pub const SIZE: usize = 1024;

/// `group` is the one that holds this copy.
pub fn encode(
    geometry: &Geometry,
    identity: &Identity,
    group: u64,
    journal: &[u8; 60],
) -> [u8; SIZE] {
    let mut block = Bytes::<SIZE>::new();
    let free: u64 = (0..geometry.groups)
        .map(|group| geometry.group_blocks(group) - geometry.used_blocks(group))
        .sum();
    let inodes = geometry.groups * geometry.inodes_per_group;
    block.u32(0x00, inodes);
    block.split32(0x04, 0x150, geometry.blocks);
    block.split32(0x0C, 0x158, free);
    block.u32(0x10, inodes - FIRST_INODE);
    block.u32(0x18, 2);
    block.u32(0x1C, 2);
    block.u32(0x20, BLOCKS_PER_GROUP);
    block.u32(0x24, BLOCKS_PER_GROUP);
    block.u32(0x28, geometry.inodes_per_group);
    block.u32(0x30, identity.seconds);
    block.u16(0x36, NO_LIMIT);
    block.u16(0x38, MAGIC);
    block.u16(0x3A, CLEAN);
    block.u16(0x3C, ERRORS_REMOUNT_READ_ONLY);
    block.u32(0x40, identity.seconds);
    block.u32(0x4C, 1);
    block.u32(0x54, FIRST_INODE);
    block.u16(0x58, INODE_SIZE);
    block.u16(0x5A, group);
    block.u32(0x5C, COMPAT);
    block.u32(0x60, INCOMPAT);
    block.u32(0x64, RO_COMPAT);
    block.put(0x68, &identity.uuid);
    block.put(0x78, b"boxlite");
    block.u32(0xE0, JOURNAL_INODE);
    block.put(0xEC, &identity.hash_seed);
    block.u8(0xFC, HALF_MD4);
    // A copy of where the journal is, for the case that its inode is lost.
    block.u8(0xFD, 1);
    block.put(0x10C, journal);
    block.u32(0x14C, geometry.journal_blocks * super::geometry::BLOCK);
    block.u16(0xFE, DESCRIPTOR_SIZE);
    block.u32(0x100, MOUNT_XATTR_ACL);
    block.u32(0x108, identity.seconds);
    block.u16(0x15C, 32);
    block.u16(0x15E, 32);
    block.u32(0x160, SIGNED_HASH);
    block.u8(0x174, LOG_GROUPS_PER_FLEX);
    block.u32(0x24C, geometry.backup_group());
    block.0
}
