//! How the engine's process comes to be: a child of the shim's own parent, born into namespaces of its own.
//!
//! ```text
//! owner ── spawns ──▶ shim ── clone(CLONE_PARENT | namespaces) ──▶ engine's process, a child of the owner
//!                      │  ── names it on disk, maps users, "go" ─▶ sets up its jail
//!                      │ ◀── "ready" ─────────────────────────────
//!                      │     looks whether the owner is still there
//!                      └── "leave", and ends ────────────────────▶ executes the engine
//! ```
//!
//! Only a parent can map more users than its own, and only a new process is in a new pid namespace. The shim is the last that knows the
//! owner's id: in its namespace the child cannot see it.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::cgroup::Groups;
use crate::namespaces::{Namespaces, Users};
use crate::plan::Plan;
use crate::status::{Failure, Status, Step};
use crate::sys::check;

const GO: u8 = b'g';
const READY: u8 = b'r';
const LEAVE: u8 = b'l';
/// The child could not set up what needs these namespaces; another attempt may do with less. What follows is the failure.
const REFUSED: u8 = b'x';

/// clone3(2); the C library's header has it too narrow.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// The longest message: a failure as JSON.
const MAX_MESSAGE: usize = 16 * 1024;

/// The child's end of the conversation.
pub struct Parent(OwnedFd);

/// How one attempt ended.
pub enum Outcome {
    /// The engine runs, or has told its owner why not.
    Born,
    /// This host does not let it have these namespaces.
    Refused(Failure),
}

/// Makes a process in `namespaces`, in which `life` runs; it never comes back here.
pub fn give_birth(
    plan: &Plan,
    status: &Status,
    namespaces: Namespaces,
    groups: &mut Groups,
    life: impl FnOnce(&Parent) -> Result<Infallible, Failure>,
) -> Result<Outcome, Failure> {
    let (mine, its) = socket_pair().step("birth", "a pair of sockets")?;
    match clone(libc::CLONE_PARENT | namespaces.flags(), groups) {
        Err(error) if namespaces.any() => {
            let failure = Failure::io("namespaces", "namespaces for the VM's process", &error);
            Ok(Outcome::Refused(failure))
        }
        Err(error) => Err(Failure::io("birth", "the VM's process", &error)),
        Ok(0) => {
            drop(mine);
            live(status, &Parent(its), life)
        }
        Ok(pid) => {
            drop(its);
            raise(plan, status, namespaces, groups, pid, &mine)
        }
    }
}

/// As fork(2), of a process with one thread: the child has a copy of all memory.
fn clone(flags: libc::c_int, groups: &mut Groups) -> io::Result<libc::pid_t> {
    let Some(directory) = groups.birthplace() else {
        return clone_here(flags);
    };
    clone_into(flags, directory).or_else(|error| {
        // What else it may be that is refused, is refused without the group as well.
        let pid = clone_here(flags)?;
        groups.not_born_there(&error);
        Ok(pid)
    })
}

fn clone_here(flags: libc::c_int) -> io::Result<libc::pid_t> {
    // SAFETY: as the caller has it.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags | libc::SIGCHLD, 0, 0, 0, 0) };
    check(pid as libc::c_int)
}

fn clone_into(flags: libc::c_int, group: RawFd) -> io::Result<libc::pid_t> {
    // SAFETY: all-zero arguments are valid.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    // With CLONE_PARENT the signal at its end is the one that the shim's own end has.
    arguments.flags = flags as u64 | CLONE_INTO_CGROUP;
    arguments.cgroup = group as u64;
    let size = size_of::<libc::clone_args>();
    // SAFETY: the structure is as clone3(2) has it; as fork(2) otherwise.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw mut arguments, size) };
    check(pid as libc::c_int)
}

fn live(
    status: &Status,
    parent: &Parent,
    life: impl FnOnce(&Parent) -> Result<Infallible, Failure>,
) -> ! {
    let Err(failure) = parent.hear(GO).and_then(|()| life(parent));
    if failure.is_refusal() {
        parent.refuse(&failure);
    } else {
        status.failed(&failure);
    }
    std::process::exit(crate::EXIT_FAILED)
}

/// The shim's part. When it fails, no child is left.
fn raise(
    plan: &Plan,
    status: &Status,
    namespaces: Namespaces,
    groups: &mut Groups,
    pid: libc::pid_t,
    child: &OwnedFd,
) -> Result<Outcome, Failure> {
    let give_up = |failure: Failure| {
        // SAFETY: the child cannot have been reaped: its parent does not know of it yet.
        unsafe { libc::kill(pid, libc::SIGKILL) };
        failure
    };
    // Whatever comes of it, the owner has a child to wait for.
    status.born(pid).map_err(give_up)?;
    crate::pid_file::write(plan, pid).map_err(give_up)?;
    if let Some(users) = &namespaces.users
        && let Err(failure) = map(users, pid)
    {
        return Ok(Outcome::Refused(give_up(failure)));
    }
    send(child, &[GO])
        .step("birth", "the VM's process")
        .map_err(give_up)?;
    let message = receive(child)
        .step("birth", "the VM's process")
        .map_err(give_up)?;
    match message.split_first() {
        Some((&READY, _)) => {
            crate::process::check_owner(plan.owner).map_err(give_up)?;
            send(child, &[LEAVE]).step("birth", "the VM's process")?;
        }
        Some((&REFUSED, failure)) => return Ok(Outcome::Refused(Failure::from_json(failure))),
        // It has told the owner itself.
        _ => {}
    }
    // While the engine starts: it waits for its owner then, and nothing of a guest runs.
    status.limited(groups.take(pid))?;
    Ok(Outcome::Born)
}

fn map(users: &Users, pid: libc::pid_t) -> Result<(), Failure> {
    for (file, text) in users.maps() {
        let path = format!("/proc/{pid}/{file}");
        // In one call: the kernel takes a map once.
        std::fs::write(&path, text).step("namespaces", file)?;
    }
    Ok(())
}

impl Parent {
    /// Says that all is set up. Returns when the engine may run; it ends this process when the owner has gone.
    pub fn ready(&self) -> Result<(), Failure> {
        send(&self.0, &[READY]).step("birth", "the shim")?;
        self.hear(LEAVE)
    }

    fn refuse(&self, failure: &Failure) {
        let mut message = vec![REFUSED];
        message.extend(serde_json::to_vec(failure).unwrap_or_default());
        // A shim that has gone has nobody to tell either.
        let _ = send(&self.0, &message);
    }

    fn hear(&self, word: u8) -> Result<(), Failure> {
        match receive(&self.0).step("birth", "the shim")?.first() {
            Some(&heard) if heard == word => Ok(()),
            _ => Err(Failure::new("birth", "the shim has gone")),
        }
    }
}

fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut pair = [0; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: `pair` has room for two; they belong to nobody else.
    unsafe {
        check(libc::socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()))?;
        let above = |fd| crate::sys::move_above(fd, crate::sys::FIRST_PRIVATE_FD);
        let (one, other) = (above(pair[0])?, above(pair[1])?);
        Ok((OwnedFd::from_raw_fd(one), OwnedFd::from_raw_fd(other)))
    }
}

fn send(socket: &OwnedFd, message: &[u8]) -> io::Result<()> {
    let message = &message[..message.len().min(MAX_MESSAGE)];
    // SAFETY: the buffer is valid for its length.
    let sent = unsafe {
        libc::send(
            socket.as_raw_fd(),
            message.as_ptr().cast(),
            message.len(),
            libc::MSG_NOSIGNAL,
        )
    };
    if sent < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// One message; an empty one when the other side has gone.
fn receive(socket: &OwnedFd) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; MAX_MESSAGE];
    loop {
        // SAFETY: the buffer is valid for its length.
        let count = unsafe {
            libc::recv(
                socket.as_raw_fd(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                0,
            )
        };
        match count {
            -1 => {
                let error = io::Error::last_os_error();
                match error.raw_os_error() {
                    Some(libc::EINTR) => {}
                    Some(libc::ECONNRESET) => return Ok(Vec::new()),
                    _ => return Err(error),
                }
            }
            count => {
                buffer.truncate(count as usize);
                return Ok(buffer);
            }
        }
    }
}
