//! Makes the writable disk of a Box: a sparse file with an empty ext4, journal included.
//!
//! Only what the kernel cannot work out by itself is written (superblock, descriptors, a few bitmaps, one block of inodes,
//! two directories, the journal's first block), so that any size takes milliseconds. The rest are holes.

mod bytes;
mod geometry;
mod group;
mod inode;
mod superblock;

use std::{
    io,
    os::unix::fs::FileExt,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use geometry::{BLOCK, Geometry};

use crate::{
    failure::{Failure, Result},
    output_file::{Existing, OutputFile},
};

pub const MIN_SIZE_MIB: u64 = 64;
pub const MAX_SIZE_MIB: u64 = 16 << 20;

/// What differs between two disks of one size.
pub struct Identity {
    uuid: [u8; 16],
    hash_seed: [u8; 16],
    /// Seconds since 1970.
    seconds: u64,
}

/// Makes the disk at `path`, readable and writable by its owner only. A file that is there already is left alone.
pub fn format(path: &Path, size_mib: u64) -> Result<()> {
    if !(MIN_SIZE_MIB..=MAX_SIZE_MIB).contains(&size_mib) {
        return Err(Failure::invalid_argument(format!(
            "a disk has {MIN_SIZE_MIB} to {MAX_SIZE_MIB} MiB, not {size_mib}"
        )));
    }
    let geometry = Geometry::new(size_mib << 20);
    let identity = Identity::random()?;
    let output = OutputFile::create(path, 0o600)?;
    let failed = |error: io::Error| Failure::storage("write the disk", path, &error);
    output.file().set_len(size_mib << 20).map_err(failed)?;
    write(&geometry, &identity, |block, data| {
        output.file().write_all_at(data, block * BLOCK)
    })
    .map_err(failed)?;
    output.commit(Existing::Refuse)
}

fn write(
    geometry: &Geometry,
    identity: &Identity,
    mut put: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let journal = inode::extent(geometry.journal(), geometry.journal_blocks);
    let descriptors = group::encode_all(geometry, identity);
    for group in (0..geometry.groups.min(2)).filter(|group| geometry.has_superblock(*group)) {
        let superblock = superblock::encode(geometry, identity, group, &journal);
        // The first kilobyte of the disk belongs to boot loaders.
        let offset = if group == 0 { superblock::SIZE } else { 0 };
        let mut block = [0; BLOCK as usize];
        block[offset..offset + superblock::SIZE].copy_from_slice(&superblock);
        put(geometry.group_start(group), &block)?;
        put(geometry.group_start(group) + 1, &descriptors)?;
    }
    for group in (0..geometry.groups).filter(|group| geometry.needs_block_bitmap(*group)) {
        put(
            geometry.block_bitmap(group),
            &group::bitmap(geometry.used_blocks(group), geometry.group_blocks(group)),
        )?;
    }
    put(
        geometry.inode_bitmap(0),
        &group::bitmap(inode::FIRST_INODE, geometry.inodes_per_group),
    )?;
    put(
        geometry.inode_table(0),
        &inode::table_block(geometry, identity),
    )?;
    put(geometry.root_directory(), &inode::root_directory())?;
    put(geometry.lost_and_found(), &inode::lost_and_found())?;
    put(geometry.journal(), &journal_superblock(geometry))
}

/// An empty journal (struct journal_superblock_s, version 2): nothing to replay.
fn journal_superblock(geometry: &Geometry) -> [u8; 1024] {
    let mut block = Bytes::<1024>::new();
    block.be32(0x00, 0xC03B_3998);
    block.be32(0x04, 4);
    block.be32(0x0C, BLOCK);
    block.be32(0x10, geometry.journal_blocks);
    block.be32(0x14, 1);
    block.be32(0x18, 1);
    block.be32(0x40, 1);
    block.0
}

impl Identity {
    fn random() -> Result<Self> {
        let mut bytes = [0u8; 32];
        // SAFETY: the buffer is as long as said. Up to 256 bytes come whole once the kernel's pool is ready.
        let length = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        if usize::try_from(length) != Ok(bytes.len()) {
            return Err(Failure::from(std::io::Error::last_os_error())
                .within("cannot get random bytes for a disk's id"));
        }
        let (mut uuid, mut hash_seed) = ([0; 16], [0; 16]);
        uuid.copy_from_slice(&bytes[..16]);
        hash_seed.copy_from_slice(&bytes[16..]);
        // RFC 9562, version 4.
        uuid[6] = uuid[6] & 0x0F | 0x40;
        uuid[8] = uuid[8] & 0x3F | 0x80;
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        Ok(Self {
            uuid,
            hash_seed,
            seconds,
        })
    }
}
