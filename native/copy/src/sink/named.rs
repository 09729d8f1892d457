//! What a sink makes at once: symbolic links, FIFOs, and further names of files.

use rustix::fs::{
    AtFlags, FileType, Mode, Stat, linkat, mknodat, renameat, statat, symlinkat, unlinkat,
};
use rustix::io::Result;

use super::attributes::Attributes;
use super::levels::{Level, Levels};
use crate::links::LinkedFile;
use crate::meta::Meta;

pub enum Named<'a> {
    Symlink { target: &'a [u8] },
    Fifo,
}

impl Named<'_> {
    /// Gives what was made.
    pub fn make(
        &self,
        level: &Level,
        name: &[u8],
        meta: &Meta,
        attributes: &Attributes,
    ) -> Result<Stat> {
        let directory = &level.directory;
        let draft = level.draft()?;
        let made = draft.as_deref().unwrap_or(name);
        match self {
            Self::Symlink { target } => symlinkat(*target, directory, made)?,
            Self::Fifo => {
                let mode = Mode::from(meta.mode & 0o777);
                mknodat(directory, made, FileType::Fifo, mode, 0)?;
            }
        }
        let finish = || -> Result<Stat> {
            let stat = attributes.to_named(directory, made, meta)?;
            if draft.is_some() {
                renameat(directory, made, directory, name)?;
            }
            Ok(stat)
        };
        finish().inspect_err(|_| {
            let _ = unlinkat(directory, made, AtFlags::empty());
        })
    }
}

/// Another name of a file of this copy; false when something else is where that was.
pub fn link(levels: &Levels, file: &LinkedFile, name: &[u8]) -> Result<bool> {
    let level = levels.last();
    let draft = level.draft()?;
    let made = draft.as_deref().unwrap_or(name);
    let Some((leaf, directories)) = file.path.split_last() else {
        return Ok(false);
    };
    let directory = levels.find(directories)?;
    linkat(
        &directory,
        &leaf[..],
        &level.directory,
        made,
        AtFlags::empty(),
    )?;
    let finish = || -> Result<bool> {
        let stat = statat(&level.directory, made, AtFlags::SYMLINK_NOFOLLOW)?;
        let is_same = (stat.st_dev, stat.st_ino) == (file.device, file.inode);
        if is_same && draft.is_some() {
            renameat(&level.directory, made, &level.directory, name)?;
        }
        Ok(is_same)
    };
    let done = finish();
    // Two names of one file are not renamed to each other: the draft is left then.
    if done != Ok(true) || draft.is_some() {
        let _ = unlinkat(&level.directory, made, AtFlags::empty());
    }
    done
}
