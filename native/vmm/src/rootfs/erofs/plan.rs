//! Gives every inode its place in the metadata area, before anything of that area is written.
//!
//! Children of a directory lie together, so that listing or starting a program touches few blocks.

use super::{
    directory,
    format::{BLOCK, INODE_SIZE, Layout, SLOT},
    xattr_area,
};
use crate::rootfs::{
    tree::{Body, FileData, InodeId, ROOT, Tree},
    xattr::Xattr,
};

/// A longer tail is padded to a block of its own: beside an inode it would leave more of a block unused than that.
const MAX_TAIL: usize = 2048;

/// Whether a file's short last block can be kept beside its inode.
pub fn fits_inline(tail: usize, xattrs: &[Xattr]) -> bool {
    tail <= MAX_TAIL && INODE_SIZE + xattr_area::size(xattrs) + tail <= BLOCK
}

#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub inode: InodeId,
    /// Byte offset in the metadata area.
    pub offset: u64,
    pub layout: Layout,
    /// The directory that holds it; its own id for the root.
    pub parent: InodeId,
}

pub struct Plan {
    /// In the order of their offsets.
    pub places: Vec<Place>,
    /// Index into `places` by inode id.
    by_inode: Vec<u32>,
    pub metadata_bytes: u64,
}

impl Plan {
    pub fn new(tree: &Tree) -> Self {
        // The first slots stay empty: an inode with the number 0 is skipped by some C libraries.
        let mut plan = Self {
            places: Vec::new(),
            by_inode: vec![u32::MAX; tree.inode_slots()],
            metadata_bytes: 2 * SLOT,
        };
        plan.add(tree, ROOT, ROOT);
        let mut directories = vec![ROOT];
        while let Some(id) = directories.pop() {
            let Body::Directory(entries) = &tree.inode(id).body else {
                continue;
            };
            let below = directories.len();
            for entry in entries.values() {
                if plan.by_inode[entry.inode as usize] != u32::MAX {
                    continue;
                }
                plan.add(tree, entry.inode, id);
                if matches!(tree.inode(entry.inode).body, Body::Directory(_)) {
                    directories.push(entry.inode);
                }
            }
            directories[below..].reverse();
        }
        plan
    }

    /// An inode's number.
    pub fn nid(&self, id: InodeId) -> u64 {
        self.place(id).offset / SLOT
    }

    pub fn place(&self, id: InodeId) -> &Place {
        &self.places[self.by_inode[id as usize] as usize]
    }

    fn add(&mut self, tree: &Tree, inode: InodeId, parent: InodeId) {
        let node = tree.inode(inode);
        let (layout, extra) = shape(&node.body, &node.attributes.xattrs);
        let head = INODE_SIZE + xattr_area::size(&node.attributes.xattrs);
        let room = BLOCK as u64 - self.metadata_bytes % BLOCK as u64;
        let must_fit = match layout {
            Layout::Inline => head + extra,
            Layout::Plain | Layout::Chunked => INODE_SIZE,
        };
        let offset = if must_fit as u64 > room {
            self.metadata_bytes + room
        } else {
            self.metadata_bytes
        };
        self.by_inode[inode as usize] = self.places.len() as u32;
        self.places.push(Place {
            inode,
            offset,
            layout,
            parent,
        });
        self.metadata_bytes = (offset + head as u64 + extra as u64).next_multiple_of(SLOT);
    }
}

/// The layout of an inode, and the bytes behind its attributes.
fn shape(body: &Body, xattrs: &[Xattr]) -> (Layout, usize) {
    let tail = match body {
        Body::File(FileData::Chunked {
            size, chunk_bits, ..
        }) => return (Layout::Chunked, size.div_ceil(1 << chunk_bits) as usize * 4),
        // `FlatWriter` kept a tail only where it fits.
        Body::File(FileData::Flat { tail, .. }) => tail.len(),
        Body::Directory(entries) => Some((directory::size(entries) % BLOCK as u64) as usize)
            .filter(|tail| fits_inline(*tail, xattrs))
            .unwrap_or(0),
        // The kernel reads a target from beside the inode at once; anywhere else it costs a block.
        Body::Symlink(target) if INODE_SIZE + xattr_area::size(xattrs) + target.len() <= BLOCK => {
            target.len()
        }
        _ => 0,
    };
    if tail > 0 {
        (Layout::Inline, tail)
    } else {
        (Layout::Plain, 0)
    }
}
