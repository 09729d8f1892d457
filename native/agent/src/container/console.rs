//! The container's /dev/console: the terminal of its main process, as the OCI runtime specification has it ("Default Devices"). A
//! container whose main process has no terminal has no console.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::{Errno, Result};
use tonic::Status;

use super::{Container, mount_namespace, mounts};
use crate::fault::from_errno;

const NAME: &str = "console";

/// Shows `terminal`, one of the container's own, at /dev/console too.
pub async fn bind(container: Arc<Container>, terminal: OwnedFd) -> std::result::Result<(), Status> {
    mount_namespace::on_thread("the console", move || {
        mount_namespace::enter(&container)
            .and_then(|()| put(&container, &terminal))
            .map_err(|errno| from_errno(errno, "could not make the container's /dev/console"))
    })
    .await
}

fn put(container: &Container, terminal: &OwnedFd) -> Result<()> {
    let tree = mounts::copy(terminal, "")?;
    let dev = mounts::directory(&container.root, "dev")?;
    let create = OFlags::RDONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    match openat(&dev, NAME, create, Mode::from(0o600)) {
        Ok(_) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    // Not through a link, if an earlier process has put one there.
    let place = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
    mounts::attach(tree, openat2(&dev, NAME, place, Mode::empty(), resolve)?)
}
