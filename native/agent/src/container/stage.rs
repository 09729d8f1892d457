//! The mounts of a container that has no root yet: made ahead in its namespaces, at a place of their own, and moved to where they belong
//! once there is a root.

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

use super::devices::{self, Devices};
use super::etc_files::EtcFiles;
use super::mounts;
use crate::boot::mounts::STAGE;

/// What could not be done, and why.
pub type Failure = (String, Errno);

pub struct Stage {
    proc: OwnedFd,
    sys: OwnedFd,
    dev: Devices,
}

impl Stage {
    /// The umask is expected to be 0.
    pub fn make() -> Result<Self, Failure> {
        let plain = MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        let read_only = plain | MountAttrFlags::MOUNT_ATTR_RDONLY;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let stage = rustix::fs::openat(CWD, STAGE, flags, Mode::empty())
            .map_err(failed(format!("open {STAGE}")))?;
        let mount = |place: &str, kind: &str, source: &str, attributes| {
            let target = mounts::directory(&stage, place)
                .map_err(|errno| (format!("find /{place}"), errno))?;
            mounts::mount_on(&target, kind, &[("source", source)], attributes)
                .map_err(|errno| (format!("mount /{place}"), errno))
        };
        let proc = mount("proc", "proc", "proc", plain)?;
        EtcFiles::bind_boot_id(&proc)
            .map_err(|(file, errno)| (format!("put /proc/{file} in place"), errno))?;
        let sys = mount("sys", "sysfs", "sysfs", read_only)?;
        mount("sys/fs/cgroup", "cgroup2", "cgroup", read_only)?;
        let target = mounts::directory(&stage, "dev").map_err(failed("find /dev"))?;
        let dev = devices::furnish(&target)
            .map_err(|(what, errno)| (format!("make /dev/{what}"), errno))?;
        Ok(Self { proc, sys, dev })
    }

    /// Moves all to a root file system.
    pub fn move_to(&self, root: &OwnedFd, shm_bytes: u64) -> Result<(), Failure> {
        for (tree, place) in [
            (&self.proc, "proc"),
            (&self.sys, "sys"),
            (&self.dev.tree, "dev"),
        ] {
            let target =
                mounts::directory(root, place).map_err(failed(format!("find /{place}")))?;
            mounts::attach(tree, target).map_err(failed(format!("mount /{place}")))?;
        }
        self.dev
            .resize_shm(shm_bytes)
            .map_err(failed("give /dev/shm its size"))
    }
}

pub fn failed(what: impl Into<String>) -> impl FnOnce(Errno) -> Failure {
    let what = what.into();
    move |errno| (what, errno)
}
