//! The process that spawners are forked from. It stays outside of all containers, and does nothing else.

use std::os::fd::OwnedFd;

use rustix::io::Errno;

use super::channel;
use super::request::{Answer, Refusal, Request, Spawned};
use super::server::{self, refused};
use crate::fault::describe;

/// Serves the agent at the other end of `socket`; ends with it.
pub fn run(socket: OwnedFd) -> Errno {
    channel::serve(&socket, |request, mut descriptors| match request {
        Request::Fork => Some(match fork(&socket, descriptors.pop()?) {
            Ok(pid) => Answer::Spawned(Spawned { pid, inner_pid: 0 }),
            Err(errno) => refused(Refusal::Resources, describe(errno), None),
        }),
        _ => None,
    })
}

/// Forks a spawner that serves the agent at the other end of `theirs`. Like all it starts itself, it is the agent's child.
fn fork(ours: &OwnedFd, theirs: OwnedFd) -> Result<i32, Errno> {
    // SAFETY: clone_args is plain numbers.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = libc::CLONE_PARENT as u64;
    let size = size_of::<libc::clone_args>();
    // SAFETY: a fork of a process with one thread; the child gets a copy of its memory.
    match unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size) } {
        0 => {
            // SAFETY: this process never comes back to its owner.
            unsafe { libc::close(std::os::fd::AsRawFd::as_raw_fd(ours)) };
            super::become_process(c"boxlite-spawner");
            let errno = server::run(&theirs);
            super::end(errno)
        }
        pid @ 1.. => Ok(pid as i32),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}
