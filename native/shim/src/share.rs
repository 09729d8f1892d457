//! The directories and files of the host that the guest may have, gathered in one directory that only the engine sees.
//!
//! Each is a mount of its own on a small, read-only tmpfs: what is to be read only is so for the kernel of the host, and nothing but these
//! mounts is beneath the directory, whatever path the engine is made to open there.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use serde::Deserialize;

use crate::files;
use crate::mounts::{self, NODEV, NOEXEC, NOSUID, RDONLY, Reach};
use crate::plan::c_string;
use crate::status::{Failure, Step};
use crate::sys;

/// More than a guest has a use for; each costs the host's kernel memory.
const MAX_MOUNTS: usize = 256;

/// The step whose failure means that the host does not let this process have namespaces, or mounts in them.
const STEP: &str = "namespaces";
/// The step whose failure is the fault of one directory or file.
const VOLUME_STEP: &str = "volume";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Share {
    /// A file name in the engine's working directory.
    pub directory: String,
    pub mounts: Vec<Mount>,
    /// What the owner's user and group are called in the guest, where that can be chosen.
    pub user: u32,
    pub group: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Mount {
    /// A file name in the share.
    pub name: String,
    /// A directory or regular file, by its absolute path; links in it are followed now.
    pub source: String,
    pub read_only: bool,
}

impl Share {
    /// What is wrong with it, if anything.
    pub fn check(&self) -> Result<(), String> {
        let names = self.mounts.iter().map(|mount| &mount.name);
        for name in names.chain([&self.directory]) {
            if !files::is_name(name) {
                return Err(format!("{name:?} is not a name in a share"));
            }
        }
        if self.mounts.len() > MAX_MOUNTS {
            return Err(format!("more than {MAX_MOUNTS} mounts"));
        }
        for Mount { name, source, .. } in &self.mounts {
            if !Path::new(source).is_absolute() || source.contains('\0') {
                return Err("the source of a mount is not an absolute path".into());
            }
            if self
                .mounts
                .iter()
                .filter(|other| other.name == *name)
                .count()
                > 1
            {
                return Err(format!("the mount {name:?} is named twice"));
            }
        }
        Ok(())
    }
}

/// The share as a tree that is nowhere yet.
pub fn make(share: &Share) -> Result<OwnedFd, Failure> {
    let inodes = CString::new((share.mounts.len() + 1).to_string()).unwrap_or_default();
    let options = [
        (c"mode", c"0755"),
        (c"size", c"4096"),
        (c"nr_inodes", &inodes),
    ];
    let root =
        mounts::tmpfs(&options, NOSUID | NODEV | NOEXEC).step(STEP, "the share's file system")?;
    for mount in &share.mounts {
        add(&root, mount)?;
    }
    mounts::restrict(&root, RDONLY, Reach::One).step(STEP, "the share")?;
    Ok(root)
}

fn add(root: &OwnedFd, mount: &Mount) -> Result<(), Failure> {
    let Mount { name, source, .. } = mount;
    let tree = mounts::copy(&c_string(source)).step(VOLUME_STEP, source)?;
    let metadata = File::from(tree.try_clone().step(VOLUME_STEP, source)?)
        .metadata()
        .step(VOLUME_STEP, source)?;
    let name = c_string(name);
    if metadata.is_dir() {
        sys::make_directory(root.as_raw_fd(), &name).step("share", source)?;
    } else if metadata.is_file() {
        sys::make_file(root.as_raw_fd(), &name).step("share", source)?;
    } else {
        let detail = format!("{source} is neither a directory nor a regular file");
        return Err(Failure::new(VOLUME_STEP, detail));
    }
    let read_only = if mount.read_only { RDONLY } else { 0 };
    mounts::restrict(&tree, NOSUID | NODEV | read_only, Reach::AllAndPrivate).step(STEP, source)?;
    mounts::attach(&tree, root.as_raw_fd(), &name).step(STEP, source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn checked(change: impl FnOnce(&mut Value)) -> Result<(), String> {
        let mut share = json!({
            "directory": "volumes", "user": 0, "group": 0,
            "mounts": [{"name": "0", "source": "/data", "readOnly": true}, {"name": "1", "source": "/data", "readOnly": false}]
        });
        change(&mut share);
        let share: Share = serde_json::from_value(share).map_err(|error| error.to_string())?;
        share.check()
    }

    #[test]
    fn takes_names_and_absolute_sources() {
        assert_eq!(checked(|_| ()), Ok(()));
        assert_eq!(checked(|share| share["mounts"] = json!([])), Ok(()));
    }

    #[test]
    fn refuses_what_could_lie_elsewhere() {
        for name in ["", ".", "..", "a/b", ".hidden", "1", "a\0b"] {
            assert!(
                checked(|share| share["mounts"][0]["name"] = json!(name)).is_err(),
                "{name:?}"
            );
        }
        for directory in ["", "..", "/tmp", "a/b"] {
            assert!(
                checked(|share| share["directory"] = json!(directory)).is_err(),
                "{directory:?}"
            );
        }
        for source in ["", "data", "./data", "/da\0ta"] {
            assert!(
                checked(|share| share["mounts"][0]["source"] = json!(source)).is_err(),
                "{source:?}"
            );
        }
        assert!(checked(|share| share["mounts"][0]["propagation"] = json!("shared")).is_err());
        let many: Vec<Value> = (0..=MAX_MOUNTS)
            .map(|n| json!({"name": n.to_string(), "source": "/", "readOnly": true}))
            .collect();
        assert!(checked(|share| share["mounts"] = json!(many)).is_err());
    }
}
