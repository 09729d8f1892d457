//! The container's PID 1: furnishes the namespaces that it was born in, and then does nothing but reap.
//!
//! ```text
//! born (all rights of the agent) ──prepare──▶ waits for its root ──furnish──▶ gives up what processes
//!                                     │                              │        of the container do not have ──▶ reaps
//!                                     └────────── failure ───────────┴──▶ says why, exits
//! ```
//!
//! Nothing in the container can drive it: it is not dumpable, blocks all signals, and takes an order only from outside its PID
//! namespace: SIGTERM, to leave as soon as it has no children. With its end the kernel ends all that is left in the namespace.

use std::convert::Infallible;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, UnmountFlags, mount_change, unmount};

use super::confinement::Confinement;
use super::etc_files::EtcFiles;
use super::stage::{Failure, Stage, failed};
use super::{capabilities, limits, mounts, network, paths, set_up};
use crate::boot::mounts::ROOTFS;
use crate::fault::describe;
use crate::spawner::channel::{receive_request, send_answer};
use crate::spawner::{Answer, Refusal, Request, SetUp, settle_stdio};

/// The life of the init process, from its birth. `spawner` is the socket that it takes its one request from.
pub fn run(spawner: &OwnedFd) -> ! {
    match live(spawner) {
        Some(never) => match never {},
        // SAFETY: ends this process only.
        None => unsafe { libc::_exit(1) },
    }
}

fn live(spawner: &OwnedFd) -> Option<Infallible> {
    let stage = say(spawner, prepare())?;
    let (request, mut descriptors) = receive_request(spawner).ok()?;
    let (Request::SetUp(request), Some(root)) = (request, descriptors.pop()) else {
        return None;
    };
    say(spawner, furnish(&stage, &request, &root))?;
    become_reaper(&request.confinement).ok()?;
    reap()
}

/// Tells the spawner how something went; gives what it gave.
fn say<T>(spawner: &OwnedFd, result: Result<T, Failure>) -> Option<T> {
    let answer = match &result {
        Ok(_) => Answer::Done,
        Err((what, errno)) => Answer::Refused {
            refusal: Refusal::SetUp,
            message: format!("could not {what}: {}", describe(*errno)),
            dead_pid: None,
        },
    };
    send_answer(spawner, &answer).ok()?;
    result.ok()
}

/// Does what depends neither on the image nor on the Box.
fn prepare() -> Result<Stage, Failure> {
    // SAFETY: no pointers; this process has one thread.
    if unsafe { libc::unshare(libc::CLONE_NEWCGROUP) } != 0 {
        let error = std::io::Error::last_os_error();
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        return Err((String::from("make a cgroup namespace"), errno));
    }
    // When memory runs out, a process of the user's has to go, not the one that all of them hang on.
    std::fs::write("/proc/self/oom_score_adj", "-1000").map_err(|error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        (String::from("protect the init process"), errno)
    })?;
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )
    .map_err(failed("detach the mounts"))?;
    network::bring_up_loopback().map_err(failed("bring up the loopback interface"))?;
    rustix::process::umask(Mode::empty());
    Stage::make()
}

/// Makes `tree`, a mount that is nowhere yet, the root, with all that belongs into it.
fn furnish(stage: &Stage, request: &SetUp, tree: &OwnedFd) -> Result<(), Failure> {
    rustix::system::sethostname(request.hostname.as_bytes()).map_err(failed("set the hostname"))?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let place = rustix::fs::openat(CWD, ROOTFS, flags, Mode::empty())
        .map_err(failed("find the place of the root file system"))?;
    mounts::attach(tree, place).map_err(failed("mount the root file system"))?;
    stage.move_to(tree, request.shm_bytes)?;
    let confinement = &request.confinement;
    let read_only = confinement.readonly_root;
    EtcFiles::bind(tree, read_only)
        .map_err(|(file, errno)| (format!("put /{file} in place"), errno))?;
    for setting in &confinement.sysctls {
        let name = String::from_utf8_lossy(&setting.name);
        setting
            .apply()
            .map_err(failed(format!("set the sysctl {name}")))?;
    }
    if read_only {
        mounts::make_read_only(tree, mounts::Depth::One)
            .map_err(failed("make the root file system read-only"))?;
    }
    pivot(tree).map_err(failed("make the image's file system the root"))?;
    let (masked, read_only) = (&confinement.masked_paths, &confinement.readonly_paths);
    paths::restrict(masked, read_only).map_err(|(path, errno)| {
        (
            format!("restrict '{}'", String::from_utf8_lossy(&path)),
            errno,
        )
    })
}

fn pivot(root: &OwnedFd) -> Result<(), Errno> {
    rustix::process::fchdir(root)?;
    // The old root ends up on top of the new one, at the same place, and is taken off.
    rustix::process::pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    rustix::process::chdir("/")
}

fn become_reaper(confinement: &Confinement) -> Result<(), Errno> {
    settle_stdio(&set_up::open_null()?)?;
    limits::apply_defaults()?;
    // SAFETY: descriptors above 2 are not used any more in this process, whose owners never get to drop them.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    // SAFETY: a NUL-terminated name.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"boxlite-init".as_ptr()) };
    set_up::confine(confinement)?;
    capabilities::limit_to(confinement.capabilities)
}

fn reap() -> ! {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut orders = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are initialised by the calls before they are read.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::sigemptyset(orders.as_mut_ptr());
        libc::sigaddset(orders.as_mut_ptr(), libc::SIGCHLD);
        libc::sigaddset(orders.as_mut_ptr(), libc::SIGTERM);
        libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut());
    }
    let mut leaving = false;
    loop {
        let childless = reap_the_dead();
        if leaving && childless {
            // SAFETY: ends this process only.
            unsafe { libc::_exit(0) }
        }
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: the set was initialised above; the kernel fills `info`.
        let (signal, code, sender) = unsafe {
            let signal = libc::sigwaitinfo(orders.as_ptr(), info.as_mut_ptr());
            let info = info.assume_init();
            (signal, info.si_code, info.si_pid())
        };
        // A sender outside of the namespace has no number in it.
        if signal == libc::SIGTERM && code == libc::SI_USER && sender == 0 {
            leaving = true;
        }
    }
}

/// True when no child is left.
fn reap_the_dead() -> bool {
    loop {
        // SAFETY: no status is asked for.
        match unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG | libc::__WALL) } {
            1.. => {}
            0 => return false,
            _ => return true,
        }
    }
}
