//! The container's PID 1: furnishes the namespaces that it was born in, and then does nothing but reap.
//!
//! ```text
//! born (all rights of the agent) ──furnish──▶ reports READY ──▶ gives up what processes of the container do not have ──▶ reaps
//!                                   └──failure──▶ reports why, exits
//! ```
//!
//! Nothing in the container can drive it: it is not dumpable, blocks all signals, and takes an order only from outside its PID
//! namespace: SIGTERM, to leave as soon as it has no children. With its end the kernel ends all that is left in the namespace.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountAttrFlags, MountPropagationFlags, UnmountFlags, mount_change, unmount};

use super::{capabilities, devices, etc_files, mounts, network, paths};
use crate::boot::mounts::ROOTFS;
use crate::fault::describe;
use crate::spawner::{SetUp, settle_stdio};

/// Reported when all is in place.
pub const READY: &str = "ready";

/// The life of the init process, from its birth.
pub fn run(request: &SetUp, reporter: &OwnedFd) -> ! {
    let said = match furnish(request) {
        Ok(()) => READY.to_owned(),
        Err((what, errno)) => format!("could not {what}: {}", describe(errno)),
    };
    let _ = rustix::io::write(reporter, said.as_bytes());
    let settled = said == READY && become_reaper(request.capabilities).is_ok();
    if settled {
        reap()
    }
    // SAFETY: ends this process only.
    unsafe { libc::_exit(1) }
}

type Failure = (String, Errno);

fn failed(what: impl Into<String>) -> impl FnOnce(Errno) -> Failure {
    let what = what.into();
    move |errno| (what, errno)
}

fn furnish(request: &SetUp) -> Result<(), Failure> {
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
    rustix::system::sethostname(request.hostname.as_bytes()).map_err(failed("set the hostname"))?;
    network::bring_up_loopback().map_err(failed("bring up the loopback interface"))?;
    rustix::process::umask(Mode::empty());

    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::openat(CWD, ROOTFS, flags, Mode::empty())
        .map_err(failed("open the root file system"))?;
    let plain = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let read_only = plain | MountAttrFlags::MOUNT_ATTR_RDONLY;
    for (kind, source, place, attributes) in [
        ("proc", "proc", "proc", plain),
        ("sysfs", "sysfs", "sys", read_only),
        ("cgroup2", "cgroup", "sys/fs/cgroup", read_only),
    ] {
        let target = mounts::directory(&root, place).map_err(failed(format!("find /{place}")))?;
        mounts::mount_on(&target, kind, &[("source", source)], attributes)
            .map_err(failed(format!("mount /{place}")))?;
    }
    let target = mounts::directory(&root, "dev").map_err(failed("find /dev"))?;
    devices::furnish(&target, request.shm_bytes)
        .map_err(|(what, errno)| (format!("make /dev/{what}"), errno))?;
    etc_files::bind(&root, &request.hostname)
        .map_err(|(what, errno)| (format!("put /etc/{what} in place"), errno))?;
    pivot(&root).map_err(failed("make the image's file system the root"))?;
    paths::restrict(&request.masked_paths, &request.readonly_paths).map_err(|(path, errno)| {
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

fn become_reaper(allowed: u64) -> Result<(), Errno> {
    settle_stdio(&super::set_up::open_null()?)?;
    // SAFETY: descriptors above 2 are not used any more in this process, whose owners never get to drop them.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    // SAFETY: a NUL-terminated name.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"boxlite-init".as_ptr()) };
    capabilities::limit_bounding_set(allowed)?;
    capabilities::limit_to(allowed)
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
