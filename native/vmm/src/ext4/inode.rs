//! The inodes of an empty file system (struct ext4_inode) and the data of its two directories.

use super::{
    Identity,
    bytes::Bytes,
    geometry::{BLOCK, Geometry, INODE_SIZE, LOST_AND_FOUND_BLOCKS},
};

const ROOT_INODE: u64 = 2;
pub const JOURNAL_INODE: u64 = 8;
/// The first that is not reserved; `lost+found` has it, so this is also how many are in use.
pub const FIRST_INODE: u64 = 11;

const EXTENTS_FLAG: u64 = 0x8_0000;
const DIRECTORY: u8 = 2;
const SIZE: usize = INODE_SIZE as usize;

/// The first block of the inode table.
pub fn table_block(geometry: &Geometry, identity: &Identity) -> [u8; BLOCK as usize] {
    let mut block = [0; BLOCK as usize];
    let mut put = |number: u64, inode: [u8; SIZE]| {
        let offset = (number as usize - 1) * SIZE;
        block[offset..offset + SIZE].copy_from_slice(&inode);
    };
    put(
        ROOT_INODE,
        encode(identity, 0o040_755, 3, geometry.root_directory(), 1),
    );
    put(
        JOURNAL_INODE,
        encode(
            identity,
            0o100_600,
            1,
            geometry.journal(),
            geometry.journal_blocks,
        ),
    );
    put(
        FIRST_INODE,
        encode(
            identity,
            0o040_700,
            2,
            geometry.lost_and_found(),
            LOST_AND_FOUND_BLOCKS,
        ),
    );
    block
}

/// An extent tree of one extent, as it stands in an inode.
pub fn extent(start: u64, blocks: u64) -> [u8; 60] {
    let mut tree = Bytes::<60>::new();
    tree.u16(0, 0xF30A);
    tree.u16(2, 1);
    tree.u16(4, 4);
    tree.u16(16, blocks);
    tree.u16(18, start >> 32);
    tree.u32(20, start);
    tree.0
}

fn encode(identity: &Identity, mode: u64, links: u64, start: u64, blocks: u64) -> [u8; SIZE] {
    let mut inode = Bytes::<SIZE>::new();
    inode.u16(0x00, mode);
    inode.u32(0x04, blocks * BLOCK);
    for time in [0x08, 0x0C, 0x10, 0x90] {
        inode.u32(time, identity.seconds);
    }
    inode.u16(0x1A, links);
    inode.u32(0x1C, blocks * BLOCK / 512);
    inode.u32(0x20, EXTENTS_FLAG);
    inode.put(0x28, &extent(start, blocks));
    inode.u16(0x80, 32);
    inode.0
}

pub fn root_directory() -> Vec<u8> {
    directory(
        1,
        &[
            (ROOT_INODE, "."),
            (ROOT_INODE, ".."),
            (FIRST_INODE, "lost+found"),
        ],
    )
}

pub fn lost_and_found() -> Vec<u8> {
    directory(
        LOST_AND_FOUND_BLOCKS,
        &[(FIRST_INODE, "."), (ROOT_INODE, "..")],
    )
}

/// The names stand in the first block; the last entry of every block reaches to its end.
fn directory(blocks: u64, entries: &[(u64, &str)]) -> Vec<u8> {
    let mut data = vec![0; (blocks * BLOCK) as usize];
    let mut offset = 0;
    for (index, (inode, name)) in entries.iter().enumerate() {
        let is_last = index + 1 == entries.len();
        let length = if is_last {
            BLOCK as usize - offset
        } else {
            (8 + name.len()).next_multiple_of(4)
        };
        put_entry(&mut data[offset..], *inode, length, name);
        offset += length;
    }
    for block in data.chunks_exact_mut(BLOCK as usize).skip(1) {
        put_entry(block, 0, BLOCK as usize, "");
    }
    data
}

fn put_entry(at: &mut [u8], inode: u64, length: usize, name: &str) {
    at[..4].copy_from_slice(&(inode as u32).to_le_bytes());
    at[4..6].copy_from_slice(&(length as u16).to_le_bytes());
    at[6] = name.len() as u8;
    at[7] = if inode == 0 { 0 } else { DIRECTORY };
    at[8..8 + name.len()].copy_from_slice(name.as_bytes());
}
