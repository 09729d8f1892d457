//! The files that the engine opens by name, all in one directory of the Box: what it may write to, and what it shares with others.
//!
//! ```text
//! vm/own/NAME      hard links: disks and memory of this Box
//! vm/shared/NAME   hard links: what many map or read
//! vm/NAME          whatever lies elsewhere: the kernel, a library
//! ```
//!
//! The engine's working directory is `vm`, so that names are the same with and without a root directory of its own. Links, because the owner can
//! add one while the engine runs; nothing else of the Box's directory is the engine's to see.

use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::plan::Plan;
use crate::status::{Failure, Step};

pub const DIRECTORY: &str = "vm";
pub const OWN: &str = "own";
pub const SHARED: &str = "shared";

/// More than disks have layers.
const MAX_LINKS: usize = 4096;
const MAX_NAME: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Link {
    /// A file name in `own` or `shared`.
    pub name: String,
    /// A file of the same file system, by its absolute path.
    pub source: String,
    /// Whether it is the engine's own, to be written to.
    pub writable: bool,
}

/// A file of the host that the engine reads under a name of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub name: String,
    pub source: String,
}

/// Whether `name` is one file name, and no hidden one.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with('.')
        && !name.contains(['/', '\0'])
}

pub fn check(links: &[Link], named: &[Named]) -> Result<(), String> {
    if links.len() + named.len() > MAX_LINKS {
        return Err(format!("more than {MAX_LINKS} files"));
    }
    let links = links.iter().map(|link| (&link.name, &link.source));
    for (name, source) in links.chain(named.iter().map(|file| (&file.name, &file.source))) {
        if !is_name(name) {
            return Err(format!("{name:?} is not a file name"));
        }
        if !Path::new(source).is_absolute() || source.contains('\0') {
            return Err(format!("the source of {name:?} is not an absolute path"));
        }
    }
    let mut names = named.iter().map(|file| file.name.as_str());
    if names.any(|name| [OWN, SHARED].contains(&name)) {
        return Err("a file has a directory's name".into());
    }
    Ok(())
}

/// Makes the directory and links what the plan names into it, in place of what was there.
pub fn link(plan: &Plan) -> Result<(), Failure> {
    let directory = Path::new(&plan.directory).join(DIRECTORY);
    for name in [OWN, SHARED] {
        empty(&directory.join(name)).step("files", name)?;
    }
    for Link {
        name,
        source,
        writable,
    } in &plan.links
    {
        let place = directory
            .join(if *writable { OWN } else { SHARED })
            .join(name);
        fs::hard_link(source, place).step("link", source)?;
    }
    Ok(())
}

/// For an engine that sees the host's files: what a root directory of its own would have under these names.
pub fn name_by_links(plan: &Plan) -> Result<(), Failure> {
    let directory = Path::new(&plan.directory).join(DIRECTORY);
    for Named { name, source } in &plan.named {
        let place = directory.join(name);
        match fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => std::os::unix::fs::symlink(source, &place),
        }
        .step("files", source)?;
    }
    Ok(())
}

fn empty(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for entry in fs::read_dir(directory)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}
