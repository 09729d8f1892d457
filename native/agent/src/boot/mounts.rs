//! The agent's own view of the file system; the container gets another one (`container::init`).

use std::fs;

use rustix::fs::CWD;
use rustix::io::{Errno, Result};
use rustix::mount::{
    MountFlags, MountPropagationFlags, mount, mount_bind, mount_change, mount_move,
};

/// Where the image, the writable disk and the overlay of both are mounted.
pub const IMAGE: &str = "/run/boxlite/image";
pub const DISK: &str = "/run/boxlite/disk";
pub const ROOTFS: &str = "/run/boxlite/rootfs";
/// What the host shares, while volumes are taken from it, and the disks that are volumes (`container::volumes`).
pub const SHARE: &str = "/run/boxlite/share";
pub const VOLUMES: &str = "/run/boxlite/volumes";
/// Files of the container that the agent writes (`container::etc_files`).
pub const ETC: &str = "/run/boxlite/etc";
/// Where a container that has no root yet keeps its mounts (`container::stage`).
pub const STAGE: &str = "/run/boxlite/stage";
pub const CGROUPS: &str = "/sys/fs/cgroup";

/// Mounts what the kernel offers: /dev, /proc, /sys, cgroups and a /run.
pub fn apply() -> Result<()> {
    leave_first_root()?;
    let plain = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    for (kind, target, flags) in [
        ("devtmpfs", "/dev", MountFlags::NOSUID | MountFlags::NOEXEC),
        ("proc", "/proc", plain),
        ("sysfs", "/sys", plain),
        ("cgroup2", CGROUPS, plain),
        ("tmpfs", "/run", plain),
    ] {
        make_directory(target)?;
        mount(kind, target, kind, flags, None)?;
    }
    for directory in ["/run/boxlite", IMAGE, DISK, ROOTFS, ETC, STAGE] {
        make_directory(directory)?;
    }
    // On one of its own, since the container may write to some of what is in it.
    mount("tmpfs", ETC, "tmpfs", plain, Some(c"mode=755,size=16m"))?;
    // Those that limit the container, and that `Guest.Metrics` reads.
    fs::write(
        "/sys/fs/cgroup/cgroup.subtree_control",
        "+cpu +memory +pids",
    )
    .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// The initramfs is the one root that nothing can be pivoted away from, so the agent goes on in a mount of it that is on top.
fn leave_first_root() -> Result<()> {
    make_directory("/run")?;
    mount_bind("/", "/run")?;
    rustix::process::chdir("/run")?;
    mount_move(".", "/")?;
    rustix::process::chroot(".")?;
    rustix::process::chdir("/")?;
    mount_change("/", MountPropagationFlags::PRIVATE)
}

pub fn make_directory(path: &str) -> Result<()> {
    match rustix::fs::mkdirat(CWD, path, 0o755.into()) {
        Err(Errno::EXIST) | Ok(()) => Ok(()),
        Err(errno) => Err(errno),
    }
}
