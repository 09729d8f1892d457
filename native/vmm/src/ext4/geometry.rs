//! Where everything of an ext4 file system lies, from its size alone (Linux, Documentation/filesystems/ext4).

pub const BLOCK: u64 = 4096;
/// A bitmap of one block covers as many.
pub const BLOCKS_PER_GROUP: u64 = BLOCK * 8;
pub const INODE_SIZE: u64 = 256;
pub const DESCRIPTOR_SIZE: u64 = 64;
/// Bitmaps and inode tables of this many groups lie together in the first of them.
pub const LOG_GROUPS_PER_FLEX: u8 = 4;
/// Blocks of `lost+found`: room for names that a check may have to put there.
pub const LOST_AND_FOUND_BLOCKS: u64 = 4;

const GROUPS_PER_FLEX: u64 = 1 << LOG_GROUPS_PER_FLEX;
const BYTES_PER_INODE: u64 = 16 << 10;
/// The one group with a copy of the superblock and the descriptors (`sparse_super2`).
const BACKUP_GROUP: u64 = 1;
/// A last group with less room than this for data is left away.
const MIN_LAST_GROUP: u64 = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    pub blocks: u64,
    pub groups: u64,
    pub inodes_per_group: u64,
    /// Blocks of one group's inode table.
    pub table_blocks: u64,
    /// Blocks of all group descriptors.
    pub descriptor_blocks: u64,
    pub journal_blocks: u64,
}

impl Geometry {
    pub fn new(bytes: u64) -> Self {
        let whole = Self::with_blocks(bytes / BLOCK);
        let last = whole.groups - 1;
        let cut = whole.blocks % BLOCKS_PER_GROUP;
        if last > 0 && cut > 0 && cut < whole.metadata_blocks(last) + MIN_LAST_GROUP {
            return Self::with_blocks(whole.blocks - cut);
        }
        whole
    }

    fn with_blocks(blocks: u64) -> Self {
        let groups = blocks.div_ceil(BLOCKS_PER_GROUP);
        let inodes_per_block = BLOCK / INODE_SIZE;
        let inodes_per_group = (blocks.min(BLOCKS_PER_GROUP) * BLOCK / BYTES_PER_INODE)
            .next_multiple_of(inodes_per_block);
        Self {
            blocks,
            groups,
            inodes_per_group,
            table_blocks: inodes_per_group / inodes_per_block,
            descriptor_blocks: (groups * DESCRIPTOR_SIZE).div_ceil(BLOCK),
            journal_blocks: journal_blocks(blocks),
        }
    }

    pub fn group_start(&self, group: u64) -> u64 {
        group * BLOCKS_PER_GROUP
    }

    pub fn group_blocks(&self, group: u64) -> u64 {
        (self.blocks - self.group_start(group)).min(BLOCKS_PER_GROUP)
    }

    pub fn has_superblock(&self, group: u64) -> bool {
        group == 0 || group == BACKUP_GROUP
    }

    /// The group with the backup; 0 when the file system has only one group.
    pub fn backup_group(&self) -> u64 {
        if self.groups > BACKUP_GROUP {
            BACKUP_GROUP
        } else {
            0
        }
    }

    pub fn block_bitmap(&self, group: u64) -> u64 {
        self.flex_start(group) + group % GROUPS_PER_FLEX
    }

    pub fn inode_bitmap(&self, group: u64) -> u64 {
        self.flex_start(group) + self.flex_groups(group) + group % GROUPS_PER_FLEX
    }

    pub fn inode_table(&self, group: u64) -> u64 {
        self.flex_start(group)
            + 2 * self.flex_groups(group)
            + group % GROUPS_PER_FLEX * self.table_blocks
    }

    /// The journal follows the metadata of the first group, and the two directories follow it.
    pub fn journal(&self) -> u64 {
        self.metadata_blocks(0)
    }

    pub fn root_directory(&self) -> u64 {
        self.journal() + self.journal_blocks
    }

    pub fn lost_and_found(&self) -> u64 {
        self.root_directory() + 1
    }

    /// Blocks in use at the start of a group; the rest of it is free.
    pub fn used_blocks(&self, group: u64) -> u64 {
        let files = if group == 0 {
            self.journal_blocks + 1 + LOST_AND_FOUND_BLOCKS
        } else {
            0
        };
        self.metadata_blocks(group) + files
    }

    /// Whether the kernel cannot work out the group's block bitmap by itself, so that it must be on disk.
    pub fn needs_block_bitmap(&self, group: u64) -> bool {
        group % GROUPS_PER_FLEX == 0 || group == self.groups - 1
    }

    fn metadata_blocks(&self, group: u64) -> u64 {
        let own = self.superblock_blocks(group);
        if group % GROUPS_PER_FLEX == 0 {
            own + self.flex_groups(group) * (2 + self.table_blocks)
        } else {
            own
        }
    }

    fn superblock_blocks(&self, group: u64) -> u64 {
        if self.has_superblock(group) {
            1 + self.descriptor_blocks
        } else {
            0
        }
    }

    /// Groups that share this group's metadata area.
    fn flex_groups(&self, group: u64) -> u64 {
        (self.groups - group / GROUPS_PER_FLEX * GROUPS_PER_FLEX).min(GROUPS_PER_FLEX)
    }

    fn flex_start(&self, group: u64) -> u64 {
        let first = group / GROUPS_PER_FLEX * GROUPS_PER_FLEX;
        self.group_start(first) + self.superblock_blocks(first)
    }
}

/// 4 MiB on the smallest disks, 64 MiB from 2 GiB on: one extent in the first group.
fn journal_blocks(blocks: u64) -> u64 {
    match (blocks * BLOCK) >> 20 {
        0..128 => 1024,
        128..1024 => 4096,
        1024..2048 => 8192,
        _ => 16_384,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits_its_group() {
        let mut mib = 64;
        while mib <= 16 << 20 {
            for size in [mib - 1, mib, mib + 1, mib + 3]
                .into_iter()
                .filter(|size| (64..=16 << 20).contains(size))
            {
                let geometry = Geometry::new(size << 20);
                assert!(
                    geometry.used_blocks(0) < geometry.group_blocks(0),
                    "{size} MiB"
                );
                for group in [
                    geometry.groups - 1,
                    geometry.groups.saturating_sub(2),
                    geometry.groups / 2,
                ] {
                    assert!(
                        geometry.used_blocks(group) < geometry.group_blocks(group),
                        "{size} MiB, group {group}"
                    );
                }
            }
            mib *= 2;
        }
    }
}
