//! Makes the container, as seen from the spawner: storage, cgroup, the init process in namespaces of its own, and the spawner's way
//! into those namespaces.

use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::cgroup::CLONE_INTO_CGROUP;
use super::{capabilities, cgroup, device_filter, init, storage};
use crate::fault::describe;
use crate::spawner::{SetUp, settle_stdio};

/// The namespaces of the container. The cgroup one is made by the init process itself, once it is in its cgroup.
const NAMESPACES: libc::c_int = libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWNET;

/// As systemd and Docker have it: a low limit that old programs (with select, or closing all descriptors) bear, and room to raise it.
const OPEN_FILES: Rlimit = Rlimit {
    current: Some(1024),
    maximum: Some(524_288),
};

/// What the spawner keeps.
pub struct Inside {
    pub init_pid: i32,
    pub cgroup: OwnedFd,
    pub capabilities: u64,
}

pub struct Failure {
    pub message: String,
    /// The init process, when there was one: killed, and to be reaped by the agent.
    pub init_pid: Option<i32>,
}

/// Makes the container, and moves this process into it.
pub fn run(request: &SetUp) -> Result<Inside, Failure> {
    let early = |message: String| Failure {
        message,
        init_pid: None,
    };
    storage::mount_all().map_err(early)?;
    let cgroup = cgroup::create()
        .map_err(|errno| early(format!("could not make the cgroup: {}", describe(errno))))?;
    device_filter::attach(&cgroup)
        .map_err(|errno| early(format!("could not limit the devices: {}", describe(errno))))?;
    let (report, reporter) = pipe_with(PipeFlags::CLOEXEC)
        .map_err(|errno| early(format!("could not make a pipe: {}", describe(errno))))?;
    let (init_pid, init) = start_init(&cgroup, request, &reporter).map_err(|errno| {
        early(format!(
            "could not make the namespaces: {}",
            describe(errno)
        ))
    })?;
    drop(reporter);
    let late = |message: String| {
        // SAFETY: the process is not reaped yet, so the number is its own.
        unsafe { libc::kill(init_pid, libc::SIGKILL) };
        Failure {
            message,
            init_pid: Some(init_pid),
        }
    };
    let mut said = String::new();
    match std::fs::File::from(report).read_to_string(&mut said) {
        Ok(_) if said == init::READY => {}
        Ok(_) if said.is_empty() => return Err(late("the container's init process died".into())),
        Ok(_) => return Err(late(said)),
        Err(error) => return Err(late(format!("the container's init process: {error}"))),
    }
    enter(&init, request.capabilities).map_err(|errno| {
        late(format!(
            "the spawner could not enter the container: {}",
            describe(errno)
        ))
    })?;
    Ok(Inside {
        init_pid,
        cgroup,
        capabilities: request.capabilities,
    })
}

/// Forks the init process into its cgroup and namespaces; gives its PID and a descriptor of it.
fn start_init(
    cgroup: &OwnedFd,
    request: &SetUp,
    reporter: &OwnedFd,
) -> Result<(i32, OwnedFd), Errno> {
    let mut pidfd: libc::c_int = -1;
    // SAFETY: clone_args is plain numbers.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags =
        (NAMESPACES | libc::CLONE_PARENT | libc::CLONE_PIDFD) as u64 | CLONE_INTO_CGROUP;
    arguments.pidfd = &raw mut pidfd as u64;
    arguments.cgroup = cgroup.as_raw_fd() as u64;
    let size = size_of::<libc::clone_args>();
    // SAFETY: a fork of a process with one thread; the child gets a copy of its memory.
    match unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size) } {
        0 => init::run(request, reporter),
        // SAFETY: the kernel has made the descriptor for this process.
        pid @ 1.. => Ok((pid as i32, unsafe { OwnedFd::from_raw_fd(pidfd) })),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}

/// Enters the container's namespaces, so that what is started from here is in them, and sets what all of it inherits.
fn enter(init: &OwnedFd, capabilities: u64) -> Result<(), Errno> {
    // SAFETY: no pointers.
    let result = unsafe { libc::setns(init.as_raw_fd(), NAMESPACES | libc::CLONE_NEWCGROUP) };
    if result != 0 {
        let error = std::io::Error::last_os_error();
        return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO));
    }
    settle_stdio(&open_null()?)?;
    rustix::process::umask(Mode::from(0o022));
    setrlimit(Resource::Nofile, OPEN_FILES)?;
    capabilities::limit_bounding_set(capabilities)
}

pub fn open_null() -> Result<OwnedFd, Errno> {
    rustix::fs::openat(
        CWD,
        "/dev/null",
        OFlags::RDWR | OFlags::CLOEXEC,
        Mode::empty(),
    )
}
