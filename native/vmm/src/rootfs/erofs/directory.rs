//! Directory data: blocks of sorted entries, each block its entries first and then their names.

use super::format::{BLOCK, DIRENT_SIZE, FileType};
use crate::rootfs::tree::{Entries, InodeId};

/// Where a name of a directory leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Itself,
    Parent,
    Child(InodeId),
}

/// All names in byte order, `.` and `..` at their places among them.
pub fn names(entries: &Entries) -> impl Iterator<Item = (&[u8], Link)> {
    let mut dots = [(&b"."[..], Link::Itself), (&b".."[..], Link::Parent)]
        .into_iter()
        .peekable();
    let mut children = entries
        .iter()
        .map(|(name, entry)| (&**name, Link::Child(entry.inode)))
        .peekable();
    std::iter::from_fn(move || match (dots.peek(), children.peek()) {
        (Some((dot, _)), Some((child, _))) if child < dot => children.next(),
        (Some(_), _) => dots.next(),
        (None, _) => children.next(),
    })
}

/// Bytes of the directory's data: whole blocks and what the last one uses.
pub fn size(entries: &Entries) -> u64 {
    let (mut blocks, mut used) = (0u64, 0);
    for (name, _) in names(entries) {
        let need = DIRENT_SIZE + name.len();
        if used + need > BLOCK {
            blocks += 1;
            used = 0;
        }
        used += need;
    }
    blocks * BLOCK as u64 + used as u64
}

/// The data; every block but the last is padded with zeros.
pub fn encode(entries: &Entries, resolve: impl Fn(Link) -> (u64, FileType)) -> Vec<u8> {
    let mut data = Vec::new();
    let mut block: Vec<(&[u8], Link)> = Vec::new();
    let mut used = 0;
    for (name, link) in names(entries) {
        let need = DIRENT_SIZE + name.len();
        if used + need > BLOCK {
            encode_block(&mut data, &block, &resolve);
            data.resize(data.len().next_multiple_of(BLOCK), 0);
            block.clear();
            used = 0;
        }
        block.push((name, link));
        used += need;
    }
    encode_block(&mut data, &block, &resolve);
    data
}

fn encode_block(
    data: &mut Vec<u8>,
    block: &[(&[u8], Link)],
    resolve: &impl Fn(Link) -> (u64, FileType),
) {
    let mut name_offset = block.len() * DIRENT_SIZE;
    for (name, link) in block {
        let (nid, kind) = resolve(*link);
        data.extend(nid.to_le_bytes());
        data.extend((name_offset as u16).to_le_bytes());
        data.extend([kind.dirent, 0]);
        name_offset += name.len();
    }
    for (name, _) in block {
        data.extend(*name);
    }
}
