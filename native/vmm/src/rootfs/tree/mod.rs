//! The merged tree of all layers, in memory: names and attributes, and where in the image each file's bytes are.
//!
//! `apply` puts one entry of a layer into it, `whiteout` hides what lower layers had. One thread owns a tree.

mod apply;
mod node;
mod path;
mod walk;
mod whiteout;

pub use node::{
    Attributes, BlockRun, Body, ChunkRun, Dirent, Entries, FileData, Inode, InodeId, ROOT,
};
pub use path::{CleanPath, Target};

use crate::{
    failure::{Failure, Result},
    rootfs::limits::{self, Limits},
};

#[derive(Debug)]
pub struct Tree {
    /// Slots of removed inodes are `None` and used again.
    inodes: Vec<Option<Inode>>,
    free: Vec<InodeId>,
    /// Blocks of files that a later entry replaced.
    dead: Vec<BlockRun>,
    max_inodes: u64,
    created: u64,
    xattr_bytes: u64,
    tail_bytes: u64,
    walk_steps: u64,
}

impl Tree {
    pub fn new(limits: &Limits) -> Self {
        let root = Inode {
            attributes: Attributes::implicit_directory(),
            links: 1,
            body: Body::Directory(Entries::new()),
        };
        Self {
            inodes: vec![Some(root)],
            free: Vec::new(),
            dead: Vec::new(),
            max_inodes: limits.max_entries,
            created: 0,
            xattr_bytes: 0,
            tail_bytes: 0,
            walk_steps: 0,
        }
    }

    pub fn inode(&self, id: InodeId) -> &Inode {
        self.inodes[id as usize]
            .as_ref()
            .expect("a directory entry points at a live inode")
    }

    /// One more than the largest inode id.
    pub fn inode_slots(&self) -> usize {
        self.inodes.len()
    }

    /// Bytes of file tails that live files hold.
    pub fn tail_bytes(&self) -> u64 {
        self.tail_bytes
    }

    /// Takes the blocks that no file uses any more.
    pub fn take_dead_blocks(&mut self) -> Vec<BlockRun> {
        std::mem::take(&mut self.dead)
    }

    fn inode_mut(&mut self, id: InodeId) -> &mut Inode {
        self.inodes[id as usize]
            .as_mut()
            .expect("a directory entry points at a live inode")
    }

    fn directory(&self, id: InodeId) -> Option<&Entries> {
        match &self.inode(id).body {
            Body::Directory(entries) => Some(entries),
            _ => None,
        }
    }

    fn directory_mut(&mut self, id: InodeId) -> &mut Entries {
        match &mut self.inode_mut(id).body {
            Body::Directory(entries) => entries,
            _ => unreachable!("only directories are walked into"),
        }
    }

    fn lookup(&self, directory: InodeId, name: &[u8]) -> Option<Dirent> {
        self.directory(directory)?.get(name).copied()
    }

    fn create(&mut self, attributes: Attributes, body: Body) -> Result<InodeId> {
        self.created += 1;
        if self.created > self.max_inodes {
            return Err(Failure::image(
                "limit-exceeded",
                format!(
                    "the image has more than {} files and directories",
                    self.max_inodes
                ),
            ));
        }
        self.count_xattrs(&attributes)?;
        if let Body::File(data) = &body {
            self.tail_bytes += data.tail_bytes();
        }
        let inode = Some(Inode {
            attributes,
            links: 1,
            body,
        });
        Ok(match self.free.pop() {
            Some(id) => {
                self.inodes[id as usize] = inode;
                id
            }
            None => {
                self.inodes.push(inode);
                (self.inodes.len() - 1) as InodeId
            }
        })
    }

    fn count_xattrs(&mut self, attributes: &Attributes) -> Result<()> {
        self.xattr_bytes += attributes.xattr_bytes();
        if self.xattr_bytes > limits::MAX_XATTRS_TOTAL {
            return Err(Failure::image(
                "limit-exceeded",
                format!(
                    "the image has more than {} bytes of extended attributes",
                    limits::MAX_XATTRS_TOTAL
                ),
            ));
        }
        Ok(())
    }

    /// Takes one name from an inode, and the inode with all below it when that was the last.
    fn unlink(&mut self, id: InodeId) {
        let mut doomed = vec![id];
        while let Some(id) = doomed.pop() {
            let inode = self.inode_mut(id);
            inode.links -= 1;
            if inode.links > 0 {
                continue;
            }
            let inode = self.inodes[id as usize].take().expect("checked above");
            self.free.push(id);
            self.xattr_bytes -= inode.attributes.xattr_bytes();
            match inode.body {
                Body::Directory(entries) => {
                    doomed.extend(entries.values().map(|entry| entry.inode))
                }
                Body::File(data) => {
                    self.tail_bytes -= data.tail_bytes();
                    self.dead.extend(data.blocks());
                }
                _ => {}
            }
        }
    }
}
