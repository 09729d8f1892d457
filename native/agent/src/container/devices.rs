//! The container's /dev: a small tmpfs with the devices and links of the OCI runtime specification ("Default Devices", "Default
//! Filesystems", "Dev symbolic links").

use std::os::fd::OwnedFd;

use rustix::fs::{
    Access, FileType, Mode, OFlags, access, makedev, mkdirat, mknodat, openat, symlinkat,
};
use rustix::io::{Errno, Result};
use rustix::mount::{
    FsPickFlags, MountAttrFlags, fsconfig_reconfigure, fsconfig_set_string, fspick,
};

use super::mounts::mount_on;

const NODES: [(&str, u32, u32); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];

const CORE: &str = "/proc/kcore";

const LINKS: [(&str, &str); 6] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
    ("core", CORE),
];

const DEFAULT_SHM_BYTES: u64 = 64 << 20;

pub struct Devices {
    pub tree: OwnedFd,
    shm: OwnedFd,
}

impl Devices {
    /// Gives /dev/shm its size; zero means the default.
    pub fn resize_shm(&self, bytes: u64) -> Result<()> {
        if bytes == 0 || bytes == DEFAULT_SHM_BYTES {
            return Ok(());
        }
        let flags = FsPickFlags::FSPICK_CLOEXEC | FsPickFlags::FSPICK_EMPTY_PATH;
        let context = fspick(&self.shm, "", flags)?;
        fsconfig_set_string(&context, "size", bytes.to_string())?;
        fsconfig_reconfigure(&context)
    }
}

/// Mounts and fills it; an error names the entry. The umask is expected to be 0.
pub fn furnish(target: &OwnedFd) -> std::result::Result<Devices, (&'static str, Errno)> {
    let careful = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let plain = careful | MountAttrFlags::MOUNT_ATTR_NODEV;
    let options = [("mode", "0755"), ("size", "65536k")];
    // Not `noexec`: programs map /dev/zero as executable memory.
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_STRICTATIME;
    let dev = mount_on(target, "tmpfs", &options, attributes).map_err(|errno| ("", errno))?;
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
        // Not every kernel has it.
        if link_target == CORE && access(CORE, Access::EXISTS).is_err() {
            continue;
        }
        symlinkat(link_target, &dev, name).map_err(|errno| (name, errno))?;
    }
    let at = |name: &'static str, kind, options: &[_], attributes| {
        place(&dev, name)
            .and_then(|target| mount_on(target, kind, options, attributes))
            .map_err(|errno| (name, errno))
    };
    let pts = [("ptmxmode", "0666"), ("mode", "0620"), ("gid", "5")];
    at("pts", "devpts", &pts, careful)?;
    let size = DEFAULT_SHM_BYTES.to_string();
    let shm = [("source", "shm"), ("mode", "1777"), ("size", &size[..])];
    let shm = at("shm", "tmpfs", &shm, plain)?;
    at("mqueue", "mqueue", &[], plain)?;
    Ok(Devices { tree: dev, shm })
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
