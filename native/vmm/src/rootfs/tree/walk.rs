//! Path resolution inside the image root: symbolic links are followed, absolute ones from the root, and nothing leaves it.

use std::borrow::Cow;

use super::{Attributes, Body, Dirent, Entries, InodeId, ROOT, Tree};
use crate::{
    failure::{Failure, Result},
    rootfs::limits::{MAX_DEPTH, MAX_NAME, MAX_SYMLINKS, MAX_WALK_STEPS},
};

impl Tree {
    /// The directory at `path`, or `None` when there is none.
    pub(super) fn find_directory(&mut self, path: &[u8]) -> Result<Option<InodeId>> {
        self.walk(path, None)
    }

    /// The directory at `path`. What is missing is made, and what is no directory is replaced, as `layer`'s.
    pub(super) fn ensure_directory(&mut self, path: &[u8], layer: u32) -> Result<InodeId> {
        Ok(self
            .walk(path, Some(layer))?
            .expect("missing directories are made"))
    }

    fn walk(&mut self, path: &[u8], create: Option<u32>) -> Result<Option<InodeId>> {
        let mut stack = vec![ROOT];
        // The text being walked and what is left of those that a symbolic link interrupted.
        let mut text = (Cow::Borrowed(path), 0);
        let mut interrupted: Vec<(Cow<'_, [u8]>, usize)> = Vec::new();
        let mut links = 0;
        loop {
            let Some(range) = next_part(&text.0, text.1) else {
                match interrupted.pop() {
                    Some(outer) => text = outer,
                    None => return Ok(stack.last().copied()),
                }
                continue;
            };
            text.1 = range.end;
            self.count_step()?;
            let name = &text.0[range];
            match name {
                b"." => continue,
                b".." => {
                    stack.truncate(stack.len().saturating_sub(1).max(1));
                    continue;
                }
                _ => {}
            }
            let parent = *stack.last().expect("the root is never popped");
            let found = self.lookup(parent, name);
            match found.map(|entry| (entry.inode, &self.inode(entry.inode).body)) {
                Some((id, Body::Directory(_))) => stack.push(id),
                Some((_, Body::Symlink(target))) => {
                    links += 1;
                    if links > MAX_SYMLINKS {
                        let path = String::from_utf8_lossy(path).into_owned();
                        return Err(Failure::image(
                            "symlink-loop",
                            format!(
                                "{path:?} leads through more than {MAX_SYMLINKS} symbolic links"
                            ),
                        ));
                    }
                    if target.first() == Some(&b'/') {
                        stack.truncate(1);
                    }
                    let target = target.to_vec();
                    interrupted.push(std::mem::replace(&mut text, (Cow::Owned(target), 0)));
                }
                _ => {
                    let Some(layer) = create else { return Ok(None) };
                    if name.len() > MAX_NAME {
                        return Err(Failure::image(
                            "limit-exceeded",
                            format!("a symbolic link leads to a name of {} bytes", name.len()),
                        ));
                    }
                    let name: Box<[u8]> = name.into();
                    stack.push(self.make_directory(parent, name, layer)?);
                }
            }
            if stack.len() > MAX_DEPTH {
                return Err(Failure::image(
                    "limit-exceeded",
                    format!("a directory is nested more than {MAX_DEPTH} deep"),
                ));
            }
        }
    }

    fn make_directory(&mut self, parent: InodeId, name: Box<[u8]>, layer: u32) -> Result<InodeId> {
        let inode = self.create(
            Attributes::implicit_directory(),
            Body::Directory(Entries::new()),
        )?;
        if let Some(replaced) = self
            .directory_mut(parent)
            .insert(name, Dirent { inode, layer })
        {
            self.unlink(replaced.inode);
        }
        Ok(inode)
    }

    fn count_step(&mut self) -> Result<()> {
        self.walk_steps += 1;
        if self.walk_steps > MAX_WALK_STEPS {
            return Err(Failure::image(
                "limit-exceeded",
                "the layers' paths lead through too many symbolic links",
            ));
        }
        Ok(())
    }
}

fn next_part(text: &[u8], from: usize) -> Option<std::ops::Range<usize>> {
    let start = from + text[from..].iter().position(|byte| *byte != b'/')?;
    let end = text[start..]
        .iter()
        .position(|byte| *byte == b'/')
        .map_or(text.len(), |length| start + length);
    Some(start..end)
}
