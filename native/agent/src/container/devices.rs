//! The container's /dev: a small tmpfs with the devices and links of the OCI runtime specification ("Default Devices", "Default
//! Filesystems", "Dev symbolic links").

use std::os::fd::OwnedFd;

use rustix::fs::{FileType, Mode, OFlags, makedev, mkdirat, mknodat, openat, symlinkat};
use rustix::io::{Errno, Result};
use rustix::mount::MountAttrFlags;

use super::mounts::mount_on;

const NODES: [(&str, u32, u32); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];

const LINKS: [(&str, &str); 6] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
    ("core", "/proc/kcore"),
];

const DEFAULT_SHM_BYTES: u64 = 64 << 20;

/// Mounts and fills it; an error names the entry. The umask is expected to be 0.
pub fn furnish(target: &OwnedFd, shm_bytes: u64) -> std::result::Result<(), (&'static str, Errno)> {
    let careful = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let plain = careful | MountAttrFlags::MOUNT_ATTR_NODEV;
    let options = [("mode", "0755"), ("size", "65536k")];
    let dev = mount_on(target, "tmpfs", &options, careful).map_err(|errno| ("", errno))?;
    for (name, major, minor) in NODES {
        let mode = Mode::from(0o666);
        mknodat(
            &dev,
            name,
            FileType::CharacterDevice,
            mode,
            makedev(major, minor),
        )
        .map_err(|errno| (name, errno))?;
    }
    for (name, link_target) in LINKS {
        symlinkat(link_target, &dev, name).map_err(|errno| (name, errno))?;
    }
    let shm_size = if shm_bytes == 0 {
        DEFAULT_SHM_BYTES
    } else {
        shm_bytes
    }
    .to_string();
    for (name, kind, options, attributes) in [
        (
            "pts",
            "devpts",
            &[("ptmxmode", "0666"), ("mode", "0620"), ("gid", "5")][..],
            careful,
        ),
        (
            "shm",
            "tmpfs",
            &[("source", "shm"), ("mode", "1777"), ("size", &shm_size)],
            plain,
        ),
        ("mqueue", "mqueue", &[], plain),
    ] {
        place(&dev, name)
            .and_then(|target| mount_on(target, kind, options, attributes))
            .map_err(|errno| (name, errno))?;
    }
    Ok(())
}

fn place(dev: &OwnedFd, name: &str) -> Result<OwnedFd> {
    mkdirat(dev, name, Mode::from(0o755))?;
    openat(
        dev,
        name,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}
