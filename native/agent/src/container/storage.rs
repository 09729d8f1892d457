//! The container's root file system: the image below, read-only, and the Box's own disk above, joined by overlayfs.
//!
//! Mounted in the agent's own mount namespace, so that the agent can unmount it when the container's is gone.

use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{Gid, Mode, OFlags, Uid};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_remount, unmount};

use super::disks::{DISK_DEVICE, IMAGE_DEVICE};
use super::volumes;
use crate::boot::mounts::{DISK, IMAGE, ROOTFS};
use crate::console;

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
    for directory in ["work", "upper"] {
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
        // Which devices may be used is the cgroup's to say (`device_filter`).
        MountFlags::empty(),
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

/// Brings all that was written to the disk; on a thread of its own, since it waits for that.
pub async fn sync() -> Result<(), Errno> {
    let done = tokio::task::spawn_blocking(|| {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::syncfs(rustix::fs::open(DISK, flags, Mode::empty())?)
    });
    done.await.unwrap_or(Err(Errno::IO))
}

/// Unmounts all three and the volumes, everything written. When the container's own mounts are gone, the file systems end here.
///
/// What cannot be unmounted is frozen: as clean on the disk, but of no further use.
pub fn unmount_or_freeze() -> Result<(), String> {
    rustix::fs::sync();
    let unmounted = unmount_all();
    let mut result = match unmounted {
        Ok(()) if is_free(DISK_DEVICE) => Ok(()),
        _ => freeze(DISK_DEVICE, DISK),
    };
    for (device, directory) in volumes::disks() {
        if !is_free(&device) {
            result = result.and(freeze(&device, &directory));
        }
    }
    result
}

/// Makes the disks read-only where they are mounted, everything written, when nothing uses them any more: as clean on them as unmounted, for
/// a third of the work, all of which is new to an emulated processor. False when one is in use all the same.
pub fn make_read_only() -> bool {
    rustix::fs::sync();
    let of_volumes = volumes::disks().into_iter().map(|(_, directory)| directory);
    [DISK.to_owned()]
        .into_iter()
        .chain(of_volumes)
        .all(|directory| mount_remount(directory, MountFlags::RDONLY, "").is_ok())
}

/// Unmounts all three and the volumes, and lets go of all disks: nothing of them is in memory any more, and others may take their place.
pub fn release() -> Result<(), String> {
    unmount_all()?;
    let volumes = volumes::disks();
    let of_volumes = volumes.iter().map(|(device, _)| &device[..]);
    for device in [IMAGE_DEVICE, DISK_DEVICE].into_iter().chain(of_volumes) {
        forget(device).map_err(|errno| {
            let why = crate::fault::describe(errno);
            format!("could not let go of the disk {device}: {why}")
        })?;
    }
    for (_, directory) in volumes {
        let _ = rustix::fs::rmdir(directory);
    }
    Ok(())
}

/// Tries all of them; gives the first failure.
fn unmount_all() -> Result<(), String> {
    let mut result = Ok(());
    let volumes = volumes::disks();
    let of_volumes = volumes.iter().map(|(_, directory)| &directory[..]);
    for target in [ROOTFS, DISK, IMAGE].into_iter().chain(of_volumes) {
        if let Err(errno) = unmount(target, UnmountFlags::empty()) {
            let why = crate::fault::describe(errno);
            let message = format!("could not unmount {target}: {why}");
            console::error(&message);
            result = result.and(Err(message));
        }
    }
    result
}

/// Drops what is cached of a device. The kernel does that when the last one closes it; that this is the last one shows in that it can
/// be opened exclusively.
fn forget(device: &str) -> Result<(), Errno> {
    const BLKFLSBUF: libc::Ioctl = 0x1261;
    let device = open_exclusively(device)?;
    // SAFETY: the argument is not used.
    match unsafe { libc::ioctl(device.as_raw_fd(), BLKFLSBUF, 0) } {
        0 => Ok(()),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}

fn is_free(device: &str) -> bool {
    open_exclusively(device).is_ok()
}

/// A block device that is mounted, here or elsewhere, cannot be opened so.
fn open_exclusively(device: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::EXCL | OFlags::CLOEXEC;
    rustix::fs::open(device, flags, Mode::empty())
}

/// For what still holds a disk: a frozen file system is as clean on it as an unmounted one, and nothing can write to it.
fn freeze(device: &str, directory: &str) -> Result<(), String> {
    const FIFREEZE: libc::Ioctl = 0xc004_5877;
    let freeze = || {
        if fs::read_dir(directory)?.next().is_none() {
            // Unmounted here, but alive elsewhere: mounted once more, it is the same file system.
            mount(device, directory, "ext4", MountFlags::NODEV, None)?;
        }
        let directory = fs::File::open(directory)?;
        // SAFETY: the argument is not used.
        match unsafe { libc::ioctl(directory.as_raw_fd(), FIFREEZE, 0) } {
            0 => Ok(()),
            // A file system that is only read.
            _ if std::io::Error::last_os_error().raw_os_error() == Some(libc::EROFS) => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    freeze().map_err(|error: std::io::Error| {
        format!("could not write the last state of the disk {device}: {error}")
    })
}
