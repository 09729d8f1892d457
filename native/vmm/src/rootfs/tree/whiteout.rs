//! Whiteouts: they hide what lower layers have, never what their own layer has, wherever in the archive they stand.

use super::{Attributes, CleanPath, Dirent, InodeId, Tree};
use crate::failure::Result;

impl Tree {
    /// Removes `name` from the directory at `parent`, as far as lower layers put it there.
    pub fn whiteout(&mut self, parent: &CleanPath<'_>, name: &[u8], layer: u32) -> Result<()> {
        let Some(parent) = self.find_directory(parent.as_bytes())? else {
            return Ok(());
        };
        match self.lookup(parent, name) {
            Some(entry) => self.prune(parent, name, entry, layer),
            None => Ok(()),
        }
    }

    /// Removes all that lower layers put into the directory at `path`.
    pub fn make_opaque(&mut self, path: &CleanPath<'_>, layer: u32) -> Result<()> {
        match self.find_directory(path.as_bytes())? {
            Some(directory) => self.prune_children(directory, layer),
            None => Ok(()),
        }
    }

    /// Depth is bounded by `MAX_DEPTH`, and so is this recursion.
    fn prune_children(&mut self, directory: InodeId, layer: u32) -> Result<()> {
        let entries: Vec<(Box<[u8]>, Dirent)> = self
            .directory(directory)
            .into_iter()
            .flatten()
            .map(|(name, entry)| (name.clone(), *entry))
            .collect();
        for (name, entry) in entries {
            self.prune(directory, &name, entry, layer)?;
        }
        Ok(())
    }

    fn prune(&mut self, parent: InodeId, name: &[u8], entry: Dirent, layer: u32) -> Result<()> {
        let is_directory = self.directory(entry.inode).is_some();
        if is_directory {
            self.prune_children(entry.inode, layer)?;
        }
        if entry.layer >= layer {
            return Ok(());
        }
        if is_directory
            && self
                .directory(entry.inode)
                .is_some_and(|entries| !entries.is_empty())
        {
            // Something of this layer is inside: the directory stays, but as if it had just been made for that.
            self.set_attributes(entry.inode, Attributes::implicit_directory())?;
            self.directory_mut(parent)
                .insert(name.into(), Dirent { layer, ..entry });
            return Ok(());
        }
        self.directory_mut(parent).remove(name);
        self.unlink(entry.inode);
        Ok(())
    }
}
