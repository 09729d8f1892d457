//! Group descriptors (struct ext4_group_desc) and the bitmaps that must be on disk.

use super::{
    Identity,
    bytes::Bytes,
    geometry::{BLOCK, DESCRIPTOR_SIZE, Geometry},
    inode::FIRST_INODE,
};

/// The kernel takes the inode table's bitmap as empty without reading it.
const INODE_UNINIT: u64 = 1;
/// The kernel works the block bitmap out instead of reading it.
const BLOCK_UNINIT: u64 = 2;
/// The inode table reads as zeros, as every hole of a sparse file does; the kernel need not write them.
const INODE_ZEROED: u64 = 4;

const SIZE: usize = DESCRIPTOR_SIZE as usize;
const CHECKSUM: usize = 0x1E;

/// All descriptors, padded to whole blocks.
pub fn encode_all(geometry: &Geometry, identity: &Identity) -> Vec<u8> {
    let mut table = Vec::with_capacity((geometry.descriptor_blocks * BLOCK) as usize);
    for group in 0..geometry.groups {
        table.extend(encode(geometry, identity, group));
    }
    table.resize((geometry.descriptor_blocks * BLOCK) as usize, 0);
    table
}

fn encode(geometry: &Geometry, identity: &Identity, group: u64) -> [u8; SIZE] {
    let used_inodes = if group == 0 { FIRST_INODE } else { 0 };
    let block_flag = if geometry.needs_block_bitmap(group) {
        0
    } else {
        BLOCK_UNINIT
    };
    let inode_flag = if group == 0 { 0 } else { INODE_UNINIT };
    let mut descriptor = Bytes::<SIZE>::new();
    descriptor.split32(0x00, 0x20, geometry.block_bitmap(group));
    descriptor.split32(0x04, 0x24, geometry.inode_bitmap(group));
    descriptor.split32(0x08, 0x28, geometry.inode_table(group));
    descriptor.split16(
        0x0C,
        0x2C,
        geometry.group_blocks(group) - geometry.used_blocks(group),
    );
    descriptor.split16(0x0E, 0x2E, geometry.inodes_per_group - used_inodes);
    // The root directory and `lost+found`.
    descriptor.split16(0x10, 0x30, if group == 0 { 2 } else { 0 });
    descriptor.u16(0x12, block_flag | inode_flag | INODE_ZEROED);
    descriptor.split16(0x1C, 0x32, geometry.inodes_per_group - used_inodes);
    let checksum = checksum(&identity.uuid, group as u32, &descriptor.0);
    descriptor.u16(CHECKSUM, u64::from(checksum));
    descriptor.0
}

/// CRC-16 over the file system's id, the group's number and the descriptor without this field.
fn checksum(uuid: &[u8; 16], group: u32, descriptor: &[u8; SIZE]) -> u16 {
    let parts = [
        &uuid[..],
        &group.to_le_bytes(),
        &descriptor[..CHECKSUM],
        &descriptor[CHECKSUM + 2..],
    ];
    parts.iter().fold(u16::MAX, |crc, part| crc16(crc, part))
}

fn crc16(seed: u16, data: &[u8]) -> u16 {
    data.iter().fold(seed, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xA001 & (crc & 1).wrapping_neg())
        })
    })
}

/// A bitmap with its first `used` bits set, and those from `end` on, which stand for nothing.
pub fn bitmap(used: u64, end: u64) -> [u8; BLOCK as usize] {
    let mut bytes = [0; BLOCK as usize];
    for (index, byte) in (0u64..).zip(&mut bytes) {
        let first = index * 8;
        if first + 8 <= used || first >= end {
            *byte = 0xFF;
        } else {
            *byte = (0..8)
                .filter(|bit| first + bit < used || first + bit >= end)
                .fold(0, |byte, bit| byte | 1 << bit);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmaps_have_their_first_and_last_bits_set() {
        let bits = bitmap(11, 4099);
        let is_set = |bit: usize| bits[bit / 8] >> (bit % 8) & 1 == 1;
        assert!((0..11).all(is_set) && (4099..32768).all(is_set));
        assert!(!(11..4099).any(is_set));
    }

    #[test]
    fn the_checksum_is_crc_16_arc() {
        assert_eq!(crc16(0, b"123456789"), 0xBB3D);
    }
}
