//! Work in the container's mount namespace, by a thread of its own: it cannot come back from there.

use std::fs::File;
use std::os::fd::AsRawFd;

use rustix::io::{Errno, Result};
use tokio::sync::oneshot;
use tonic::Status;

use super::Container;
use crate::fault::{Kind, fault, from_errno, to_errno};

/// Does the work on a thread that ends with it. `what` is said of work that is lost.
pub async fn on_thread(
    what: &str,
    work: impl FnOnce() -> std::result::Result<(), Status> + Send + 'static,
) -> std::result::Result<(), Status> {
    let (sender, receiver) = oneshot::channel();
    let work = move || drop(sender.send(work()));
    std::thread::Builder::new().spawn(work).map_err(|error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        from_errno(errno, "could not start a thread")
    })?;
    receiver.await.map_err(|_| {
        let message = format!("the work on {what} was lost");
        fault(Kind::Internal, "work-lost", message)
    })?
}

/// Moves this thread alone into the container's mount namespace.
pub fn enter(container: &Container) -> Result<()> {
    let path = format!("/proc/{}/ns/mnt", container.init.pid());
    let namespace = File::open(path).map_err(to_errno)?;
    // SAFETY: no pointers. A thread that shares its root and working directory with others cannot change mount namespaces.
    let result = unsafe {
        match libc::unshare(libc::CLONE_FS) {
            0 => libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNS),
            failure => failure,
        }
    };
    match result {
        0 => Ok(()),
        _ => Err(to_errno(std::io::Error::last_os_error())),
    }
}
