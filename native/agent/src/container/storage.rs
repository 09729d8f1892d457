//! The container's root file system: the image below, read-only, and the Box's own disk above, joined by overlayfs.
//!
//! Mounted in the agent's own mount namespace, so that the agent can unmount it when the container's is gone.

use std::fs;

use rustix::fs::{Gid, Mode, OFlags, Uid};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::boot::mounts::{DISK, IMAGE, ROOTFS};
use crate::console;

pub const IMAGE_DEVICE: &str = "/dev/vda";
pub const DISK_DEVICE: &str = "/dev/vdb";

/// `xino` gives files of both layers one device number and lasting inode numbers. `redirect_dir` lets directories of the image be
/// renamed, as everywhere else.
const OVERLAY_OPTIONS: &std::ffi::CStr = c"lowerdir=/run/boxlite/image,upperdir=/run/boxlite/disk/upper,workdir=/run/boxlite/disk/work,xino=auto,redirect_dir=on";

/// Mounts all three; the error says on what it failed.
pub fn mount_all() -> Result<(), String> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |errno: Errno| format!("could not mount {what}: {}", crate::fault::describe(errno))
    };
    mount(
        IMAGE_DEVICE,
        IMAGE,
        "erofs",
        MountFlags::RDONLY | MountFlags::NODEV,
        None,
    )
    .map_err(failed("the root image (/dev/vda, erofs)"))?;
    mount(
        DISK_DEVICE,
        DISK,
        "ext4",
        MountFlags::NOATIME | MountFlags::NODEV,
        None,
    )
    .map_err(failed("the writable disk (/dev/vdb, ext4)"))?;
    // `etc` holds the files that are made for each start (`container::etc_files`).
    for directory in ["work", "etc", "upper"] {
        let path = format!("{DISK}/{directory}");
        match rustix::fs::mkdir(&path, Mode::from(0o755)) {
            // The root directory of the overlay is the upper one: it starts out as the image's.
            Ok(()) if directory == "upper" => {
                copy_attributes(IMAGE, &path).map_err(failed("the writable disk"))?;
            }
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(failed("the writable disk")(errno)),
        }
    }
    mount(
        "overlay",
        ROOTFS,
        "overlay",
        MountFlags::NODEV,
        Some(OVERLAY_OPTIONS),
    )
    .map_err(failed("the overlay of image and disk"))
}

fn copy_attributes(from: &str, to: &str) -> Result<(), Errno> {
    let stat = rustix::fs::stat(from)?;
    let (uid, gid) = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
    rustix::fs::chown(to, Some(uid), Some(gid))?;
    rustix::fs::chmod(to, Mode::from(stat.st_mode & 0o7777))
}

/// Unmounts all three, everything written. When the container's own mounts are gone, the file systems end here.
pub fn unmount_all() -> Result<(), String> {
    rustix::fs::sync();
    let mut result = Ok(());
    for target in [ROOTFS, DISK, IMAGE] {
        if let Err(errno) = unmount(target, UnmountFlags::empty()) {
            console::error(format_args!("could not unmount {target}: {errno}"));
            result = Err(errno);
        }
    }
    match result {
        Ok(()) if is_free(DISK_DEVICE) => Ok(()),
        // Something still holds it. A frozen file system is as clean on the disk as an unmounted one, and nothing can write to it.
        _ => freeze().map_err(|errno| format!("could not write the disk's last state: {errno}")),
    }
}

/// A block device that is mounted cannot be opened exclusively.
fn is_free(device: &str) -> bool {
    rustix::fs::open(
        device,
        OFlags::RDWR | OFlags::EXCL | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .is_ok()
}

fn freeze() -> Result<(), std::io::Error> {
    const FIFREEZE: libc::Ioctl = 0xc004_5877;
    if fs::read_dir(format!("{DISK}/upper")).is_err() {
        // Unmounted here, but alive elsewhere: mounted once more, it is the same file system.
        mount(DISK_DEVICE, DISK, "ext4", MountFlags::NODEV, None)?;
    }
    let directory = fs::File::open(DISK)?;
    // SAFETY: the argument is not used.
    match unsafe { libc::ioctl(std::os::fd::AsRawFd::as_raw_fd(&directory), FIFREEZE, 0) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
