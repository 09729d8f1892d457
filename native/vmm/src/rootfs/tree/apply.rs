//! Puts an entry of a layer into the tree, over what is there (OCI image-spec, layer.md, "Applying Changesets").

use super::{Attributes, Body, CleanPath, Dirent, Entries, InodeId, ROOT, Tree};
use crate::failure::{Failure, Result};

impl Tree {
    /// A directory over a directory keeps what is in it; anything else replaces what had its name.
    pub fn put(
        &mut self,
        path: &CleanPath<'_>,
        attributes: Attributes,
        body: Body,
        layer: u32,
    ) -> Result<()> {
        let is_directory = matches!(body, Body::Directory(_));
        let Some((parent, name)) = path.split() else {
            if !is_directory {
                return Err(Failure::image(
                    "invalid-path",
                    "an entry would replace the root directory by something else",
                ));
            }
            return self.set_attributes(ROOT, attributes);
        };
        let parent = self.ensure_directory(parent, layer)?;
        let kept = self
            .lookup(parent, name)
            .filter(|existing| is_directory && self.directory(existing.inode).is_some());
        if let Some(existing) = kept {
            self.directory_mut(parent).insert(
                name.into(),
                Dirent {
                    inode: existing.inode,
                    layer,
                },
            );
            return self.set_attributes(existing.inode, attributes);
        }
        let inode = self.create(attributes, body)?;
        self.replace(parent, name, inode, layer);
        Ok(())
    }

    /// What is there stays as it is.
    pub fn add_missing_directory(&mut self, path: &CleanPath<'_>, layer: u32) -> Result<()> {
        self.ensure_directory(path.as_bytes(), layer).map(drop)
    }

    pub fn put_directory(
        &mut self,
        path: &CleanPath<'_>,
        attributes: Attributes,
        layer: u32,
    ) -> Result<()> {
        self.put(path, attributes, Body::Directory(Entries::new()), layer)
    }

    /// Gives a file of this or a lower layer one more name.
    pub fn put_hard_link(
        &mut self,
        path: &CleanPath<'_>,
        target: &CleanPath<'_>,
        layer: u32,
    ) -> Result<()> {
        let describe = || {
            let text = |path: &CleanPath<'_>| String::from_utf8_lossy(path.as_bytes()).into_owned();
            format!("the hard link {:?} to {:?}", text(path), text(target))
        };
        let found = match target.split() {
            Some((parent, name)) => self
                .find_directory(parent)?
                .and_then(|parent| self.lookup(parent, name)),
            None => None,
        };
        let inode = found
            .ok_or_else(|| {
                Failure::image("invalid-link", format!("{} leads to no file", describe()))
            })?
            .inode;
        if self.directory(inode).is_some() {
            return Err(Failure::image(
                "invalid-link",
                format!("{} leads to a directory", describe()),
            ));
        }
        let (parent, name) = path.split().ok_or_else(|| {
            Failure::image(
                "invalid-link",
                format!("{} would replace the root", describe()),
            )
        })?;
        // Counted first: making room for the new name may take the old one away.
        self.inode_mut(inode).links += 1;
        let parent = self.ensure_directory(parent, layer)?;
        self.replace(parent, name, inode, layer);
        Ok(())
    }

    fn replace(&mut self, parent: InodeId, name: &[u8], inode: InodeId, layer: u32) {
        if let Some(replaced) = self
            .directory_mut(parent)
            .insert(name.into(), Dirent { inode, layer })
        {
            self.unlink(replaced.inode);
        }
    }

    pub(super) fn set_attributes(&mut self, id: InodeId, attributes: Attributes) -> Result<()> {
        self.count_xattrs(&attributes)?;
        let old = std::mem::replace(&mut self.inode_mut(id).attributes, attributes);
        self.xattr_bytes -= old.xattr_bytes();
        Ok(())
    }
}
