//! The engine's root directory: what it needs of the host and its own files, and nothing else.
//!
//! ```text
//! /                     a small tmpfs, read-only
//! ├── .vm/              the working directory
//! │   ├── own/          read and write, no new files
//! │   ├── shared/       read-only
//! │   ├── volumes/      the directories and files of the host that the guest may have
//! │   └── NAME          read-only
//! ├── dev/null …        the devices that the plan names
//! └── (engine)          its directories, read-only, at their own paths
//! ```

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Component, Path};

use crate::files::{DIRECTORY, Named, OWN, SHARED};
use crate::mounts::{self, NODEV, NOEXEC, NOSUID, RDONLY, Reach};
use crate::plan::{Plan, c_string};
use crate::share;
use crate::status::{Failure, Step};
use crate::sys;

const STEP: &str = "namespaces";

/// The working directory's name in the root: a path that no engine lies at.
const WORKING: &str = ".vm";

const OWN_DESCRIPTORS: &str = "/proc/self/fd";

/// Makes the root directory and enters it. Nothing of the host's files can be reached by a path from then on.
pub fn enter(plan: &Plan) -> Result<(), Failure> {
    // What the host unmounts goes from here as well, so that nothing of it is kept busy.
    sys::change_mounts(c"/", libc::MS_REC | libc::MS_SLAVE).step(STEP, "the host's mounts")?;
    let place = format!("{}/{DIRECTORY}", plan.directory);
    let part = |name: &str| -> Result<OwnedFd, Failure> {
        mounts::copy(&c_string(format!("{place}/{name}"))).step(STEP, name)
    };
    let (own, shared) = (part(OWN)?, part(SHARED)?);
    let root = mounts::tmpfs(
        &[
            (c"mode", c"0755"),
            (c"size", c"1m"),
            (c"nr_inodes", c"1024"),
        ],
        NOSUID | NODEV,
    )
    .step(STEP, "the root's file system")?;
    mounts::attach(&root, libc::AT_FDCWD, &c_string(&place)).step(STEP, "the root")?;
    let root = Root(root);

    root.bind_tree(&format!("{WORKING}/{OWN}"), &own, NOSUID | NODEV | NOEXEC)?;
    root.bind_tree(
        &format!("{WORKING}/{SHARED}"),
        &shared,
        NOSUID | NODEV | NOEXEC | RDONLY,
    )?;
    for Named { name, source } in &plan.named {
        // The library among them is mapped to be executed.
        root.bind(
            &format!("{WORKING}/{name}"),
            source,
            NOSUID | NODEV | RDONLY,
        )?;
    }
    for path in &plan.readable {
        root.bind(path, path, NOSUID | NODEV | RDONLY)?;
    }
    for path in &plan.devices {
        root.bind(path, path, NOSUID | NOEXEC)?;
    }
    if let Some(share) = &plan.share {
        let tree = share::make(share)?;
        root.directory(&format!("{WORKING}/{}", share.directory))?;
        mounts::attach(
            &tree,
            root.0.as_raw_fd(),
            &c_string(format!("{WORKING}/{}", share.directory)),
        )
        .step(STEP, "the share")?;
        // By these paths the engine's 9p server reaches extended attributes.
        root.bind(OWN_DESCRIPTORS, OWN_DESCRIPTORS, NOSUID | NODEV | NOEXEC)?;
    }
    mounts::restrict(&root.0, RDONLY, Reach::One).step(STEP, "the root")?;
    sys::pivot(root.0.as_raw_fd()).step(STEP, "the root")?;
    std::env::set_current_dir(format!("/{WORKING}")).step(STEP, WORKING)
}

/// The root's file system, while it is being filled.
struct Root(OwnedFd);

impl Root {
    fn bind(&self, target: &str, source: &str, attributes: u64) -> Result<(), Failure> {
        let tree = mounts::copy(&c_string(source)).step("root", source)?;
        self.bind_tree(target, &tree, attributes)
    }

    fn bind_tree(&self, target: &str, tree: &OwnedFd, attributes: u64) -> Result<(), Failure> {
        let metadata = tree
            .try_clone()
            .and_then(|tree| File::from(tree).metadata())
            .step("root", target)?;
        mounts::restrict(tree, attributes, Reach::AllAndPrivate).step(STEP, target)?;
        if metadata.is_dir() {
            self.directory(target)?;
        } else {
            let (parent, _) = target.rsplit_once('/').unwrap_or(("", target));
            self.directory(parent)?;
            sys::make_file(self.0.as_raw_fd(), &relative(target)).step("root", target)?;
        }
        mounts::attach(tree, self.0.as_raw_fd(), &relative(target)).step(STEP, target)
    }

    fn directory(&self, path: &str) -> Result<(), Failure> {
        let mut made = String::new();
        for component in Path::new(path).components() {
            let Component::Normal(name) = component else {
                continue;
            };
            if !made.is_empty() {
                made.push('/');
            }
            made.push_str(&name.to_string_lossy());
            sys::make_directory(self.0.as_raw_fd(), &c_string(&made)).step("root", path)?;
        }
        Ok(())
    }
}

fn relative(path: &str) -> CString {
    c_string(path.trim_start_matches('/'))
}
