//! Makes the container, as seen from the spawner: storage, cgroup, the init process in namespaces of its own, and the spawner's way
//! into those namespaces.
//!
//! ```text
//! prepare: cgroup ──▶ init in its namespaces ──▶ (waits, may be saved with the VM) ──▶ set_up: storage ──▶ init takes it as its root
//! ```

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::cgroup::CLONE_INTO_CGROUP;
use super::confinement::Confinement;
use super::etc_files::EtcFiles;
use super::identity::Uuid;
use super::limits::{self, Limit};
use super::{capabilities, cgroup, device_filter, init, mounts, seccomp, storage};
use crate::boot::mounts::ROOTFS;
use crate::fault::describe;
use crate::spawner::{Answer, Request, SetUp, channel, settle_stdio};

/// The namespaces of the container. The cgroup one is made by the init process itself, once it is in its cgroup.
const NAMESPACES: libc::c_int = libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWNET;

/// What the spawner keeps.
pub struct Inside {
    pub init_pid: i32,
    pub cgroup: OwnedFd,
    pub capabilities: u64,
    /// What each process is given in place of the spawner's own limits.
    pub limits: Vec<Limit>,
    pub files: EtcFiles,
    hostname: String,
    /// The kernel's, in the agent's /proc.
    hostname_file: OwnedFd,
}

impl Inside {
    /// And makes it another machine, where one is given.
    pub fn rename(&mut self, hostname: String, machine: Option<Uuid>) -> Result<(), Errno> {
        // Of the UTS namespace that this process is in, the container's. sethostname(2) is not open to what is confined as the container is.
        rustix::io::pwrite(&self.hostname_file, hostname.as_bytes(), 0)?;
        self.files.rename(&self.hostname, &hostname)?;
        self.hostname = hostname;
        machine.map_or(Ok(()), |machine| self.files.identify_machine(machine))
    }
}

pub struct Failure {
    pub message: String,
    /// The init process, when there was one: killed, and to be reaped by the agent.
    pub init_pid: Option<i32>,
}

/// A container that lacks its root, its name and its identity.
pub struct Prepared {
    init_pid: i32,
    init: OwnedFd,
    /// Where the init process waits for the rest.
    orders: OwnedFd,
    cgroup: OwnedFd,
    files: EtcFiles,
    hostname_file: OwnedFd,
}

/// Makes all of the container that depends neither on its image nor on its Box. `max_memory`: in bytes, for all its processes.
pub fn prepare(max_memory: u64) -> Result<Prepared, Failure> {
    let early = |what: &'static str| {
        move |errno| Failure {
            message: format!("could not {what}: {}", describe(errno)),
            init_pid: None,
        }
    };
    let cgroup = cgroup::create().map_err(early("make the cgroup"))?;
    cgroup::limit_memory(max_memory).map_err(early("limit the memory"))?;
    device_filter::attach(&cgroup).map_err(early("limit the devices"))?;
    let files = EtcFiles::make().map_err(early("make the container's files in /etc"))?;
    let hostname_file = open("/proc/sys/kernel/hostname", OFlags::WRONLY)
        .map_err(early("reach the name of the machine"))?;
    let flags = SocketFlags::CLOEXEC;
    let (orders, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)
        .map_err(early("make a socket"))?;
    let (init_pid, init) =
        start_init(&cgroup, &orders, &theirs).map_err(early("make the namespaces"))?;
    drop(theirs);
    let prepared = Prepared {
        init_pid,
        init,
        orders,
        cgroup,
        files,
        hostname_file,
    };
    prepared.heard(channel::receive_answer(&prepared.orders))?;
    prepared.enter(NAMESPACES & !libc::CLONE_NEWNS | libc::CLONE_NEWCGROUP)?;
    Ok(prepared)
}

impl Prepared {
    /// Makes the container a whole one, and moves this process into it.
    pub fn set_up(self, request: &SetUp) -> Result<Inside, Failure> {
        storage::mount_all().map_err(|message| self.failure(message))?;
        let prepared = &self;
        let failed = |what: &'static str| {
            move |errno| prepared.failure(format!("could not {what}: {}", describe(errno)))
        };
        self.files
            .write(&request.hostname, &request.identity)
            .map_err(failed("write the container's files in /etc"))?;
        let confinement = &request.confinement;
        cgroup::limit_pids(confinement.max_pids).map_err(failed("limit the processes"))?;
        let root = mounts::copy(CWD, ROOTFS).map_err(failed("hand over the root file system"))?;
        let order = Request::SetUp(request.clone());
        self.heard(channel::ask(&self.orders, &order, &[root.as_fd()]))?;
        drop(root);
        self.enter(libc::CLONE_NEWNS)?;
        settle(confinement).map_err(failed("settle in the container"))?;
        Ok(Inside {
            init_pid: self.init_pid,
            cgroup: self.cgroup,
            capabilities: confinement.capabilities,
            limits: confinement.limits.clone(),
            files: self.files,
            hostname: request.hostname.clone(),
            hostname_file: self.hostname_file,
        })
    }

    /// What the init process has answered.
    fn heard(&self, answer: Result<Answer, Errno>) -> Result<(), Failure> {
        match answer {
            Ok(Answer::Done) => Ok(()),
            Ok(Answer::Refused { message, .. }) => Err(self.failure(message)),
            Ok(Answer::Spawned(_)) | Err(_) => {
                Err(self.failure("the container's init process died".into()))
            }
        }
    }

    /// Enters namespaces of the container, so that what is started from here is in them.
    fn enter(&self, namespaces: libc::c_int) -> Result<(), Failure> {
        // SAFETY: no pointers.
        if unsafe { libc::setns(self.init.as_raw_fd(), namespaces) } == 0 {
            return Ok(());
        }
        let error = std::io::Error::last_os_error();
        let why = describe(Errno::from_io_error(&error).unwrap_or(Errno::IO));
        Err(self.failure(format!("the spawner could not enter the container: {why}")))
    }

    fn failure(&self, message: String) -> Failure {
        // SAFETY: the process is not reaped yet, so the number is its own.
        unsafe { libc::kill(self.init_pid, libc::SIGKILL) };
        Failure {
            message,
            init_pid: Some(self.init_pid),
        }
    }
}

/// Forks the init process into its cgroup and namespaces; gives its PID and a descriptor of it.
fn start_init(cgroup: &OwnedFd, ours: &OwnedFd, theirs: &OwnedFd) -> Result<(i32, OwnedFd), Errno> {
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
        0 => {
            // SAFETY: this process never comes back to its owner.
            unsafe { libc::close(ours.as_raw_fd()) };
            init::run(theirs)
        }
        // SAFETY: the kernel has made the descriptor for this process.
        pid @ 1.. => Ok((pid as i32, unsafe { OwnedFd::from_raw_fd(pidfd) })),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}

/// Sets what all that is started from here inherits.
fn settle(confinement: &Confinement) -> Result<(), Errno> {
    settle_stdio(&open_null()?)?;
    rustix::process::umask(Mode::from(0o022));
    limits::apply_defaults()?;
    confine(confinement)?;
    if confinement.seccomp {
        // Last: it closes the way to more than this process has needed so far.
        seccomp::install(confinement.capabilities)?;
    }
    Ok(())
}

/// Gives up what no program started from here may get back.
pub fn confine(confinement: &Confinement) -> Result<(), Errno> {
    if confinement.no_new_privileges {
        rustix::thread::set_no_new_privs(true)?;
    }
    capabilities::limit_bounding_set(confinement.capabilities)
}

pub fn open_null() -> Result<OwnedFd, Errno> {
    open("/dev/null", OFlags::RDWR)
}

fn open(path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(CWD, path, flags | OFlags::CLOEXEC, Mode::empty())
}
