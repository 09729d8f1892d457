//! The hierarchy of version 2 (cgroup-v2.rst): who may make groups in it, and how a group comes to have some below it.

use std::ffi::CStr;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Controller, PROCESSES, STEP, attribute, put};
use crate::status::{Failure, Step};

/// Where the owner's processes go: a group that limits others may hold none itself.
const OWNERS: &str = "boxlite-owner";
const SUBTREE: &str = "cgroup.subtree_control";

/// How systemd says that a group is its service's own to divide (CGROUP_DELEGATION in its documentation).
const DELEGATED: [&CStr; 2] = [c"user.delegate", c"trusted.delegate"];

/// More processes may come while others are moved.
const ROUNDS: usize = 8;

/// Leaves those that there are in the owner's own group.
pub fn keep_offered(own: &Path, controllers: &mut Vec<Controller>) -> Result<(), Failure> {
    let names = read(&own.join("cgroup.controllers"))?;
    controllers.retain(|controller| words(&names).any(|word| word == controller.name()));
    Ok(())
}

/// The group that is the owner's to divide: its own, or the one above, where it was put into a part of that already. Nothing else is touched,
/// whatever its modes allow: it is somebody else's to manage.
pub fn delegated(own: &Path) -> Result<PathBuf, Failure> {
    let mine = says_delegated(own) || is_root(own);
    let above = own
        .parent()
        .filter(|above| says_delegated(above) || (own.ends_with(OWNERS) && is_root(above)));
    let found = if mine { Some(own) } else { above };
    found.map(Path::to_path_buf).ok_or_else(|| Failure {
        errno: libc::EPERM,
        ..Failure::new(STEP, format!("{} is not delegated", own.display()))
    })
}

fn says_delegated(path: &Path) -> bool {
    DELEGATED
        .iter()
        .any(|name| attribute(path, name) == Some(b'1'))
}

/// Of all that there is here: the host's, or a container's.
fn is_root(path: &Path) -> bool {
    let device = |path: &Path| path.metadata().map(|data| data.dev()).ok();
    path.join(SUBTREE).exists() && path.parent().and_then(device) != device(path)
}

/// Lets the groups below have these controllers.
pub fn enable(group: &Path, controllers: &[Controller]) -> Result<(), Failure> {
    let file = group.join(SUBTREE);
    let have = read(&file)?;
    let more: Vec<String> = controllers
        .iter()
        .filter(|controller| words(&have).all(|word| word != controller.name()))
        .map(|controller| format!("+{}", controller.name()))
        .collect();
    if more.is_empty() {
        return Ok(());
    }
    match put(&file, &more.join(" ")) {
        Err(failure) if failure.errno == libc::EBUSY => {
            vacate(group)?;
            put(&file, &more.join(" "))
        }
        result => result,
    }
}

/// Moves the processes of a group to one below it.
fn vacate(group: &Path) -> Result<(), Failure> {
    let below = group.join(OWNERS);
    match std::fs::create_dir(&below) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Failure::io(STEP, below.to_string_lossy(), &error));
        }
        _ => {}
    }
    for _ in 0..ROUNDS {
        let processes = read(&group.join(PROCESSES))?;
        if processes.is_empty() {
            break;
        }
        for pid in words(&processes) {
            match put(&below.join(PROCESSES), pid) {
                Err(failure) if failure.errno != libc::ESRCH => return Err(failure),
                _ => {}
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).step(STEP, &path.to_string_lossy())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_ascii_whitespace()
}
