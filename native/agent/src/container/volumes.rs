//! Volumes: directories and files of the host, and disks of their own, mounted in the container that is there.
//!
//! ```text
//! the share (9p)  ──copy of one directory or file──┐
//! a disk (ext4)   ──mounted for the agent, copied──┴──▶ put on its place, from within the container's mount namespace
//! ```
//!
//! The agent keeps the mounts of disks, so that it can unmount them when the container is gone. Of the share it keeps nothing.

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use boxlite_copy::base as resolve;
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat};
use rustix::io::Errno;
use rustix::mount::{MountAttrFlags, MountFlags, UnmountFlags, unmount};
use tonic::Status;

use super::volume_content::{self, fill};
pub use super::volume_request::check;
use super::volume_request::{Source, Volume};
use super::{Container, mount_namespace, mounts};
use crate::boot::mounts::{SHARE, VOLUMES, make_directory};
use crate::copy;
use crate::fault::{Kind, fault, from_errno};
use crate::files::directories;
use crate::spawner;

/// `cache=mmap`: reads and writes go to the host, and only what is mapped is cached; without it, nothing could be mapped for writing.
/// `access=user`: the host is told whose a new file is. `msize` is the largest that virtio takes.
const SHARE_OPTIONS: [(&str, &str); 6] = [
    ("source", "boxlite"),
    ("trans", "virtio"),
    ("version", "9p2000.L"),
    ("cache", "mmap"),
    ("access", "user"),
    ("msize", "512000"),
];

/// Mounts them, by a thread of its own: it changes its mount namespace, and the host may take its time.
pub async fn mount(container: Arc<Container>, volumes: Vec<Volume>) -> Result<(), Status> {
    mount_namespace::on_thread("the volumes", move || mount_all(&container, &volumes)).await
}

fn mount_all(container: &Container, volumes: &[Volume]) -> Result<(), Status> {
    let share = volumes
        .iter()
        .any(|volume| matches!(volume.source, Source::Share(_)))
        .then(Share::mount)
        .transpose()?;
    let trees: Vec<OwnedFd> = volumes.iter().map(tree).collect::<Result<_, _>>()?;
    drop(share);
    mount_namespace::enter(container)
        .map_err(|errno| from_errno(errno, "could not enter the container to mount volumes"))?;
    for (volume, tree) in volumes.iter().zip(&trees) {
        put(container, volume, tree)?;
    }
    Ok(())
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(&path[..path.len().min(200)]).into_owned()
}

/// What the host shares, mounted for as long as volumes are taken from it.
struct Share;

impl Share {
    fn mount() -> Result<Self, Status> {
        let mount = || {
            make_directory(SHARE)?;
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let target = rustix::fs::openat(CWD, SHARE, flags, Mode::empty())?;
            mounts::mount_on(&target, "9p", &SHARE_OPTIONS, MountAttrFlags::empty())
        };
        match mount() {
            Ok(_) => Ok(Self),
            Err(Errno::NODEV) => {
                let message = "the guest's kernel has no 9p, which directories of the host need: build BoxLite's own kernel by ./dev kernel";
                Err(fault(Kind::Storage, "no-9p", message))
            }
            Err(errno) => Err(from_errno(errno, "could not mount what the host shares")),
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Its copies keep it alive.
        let _ = unmount(SHARE, UnmountFlags::DETACH);
    }
}

/// The volume's content, not mounted in the container yet.
fn tree(volume: &Volume) -> Result<OwnedFd, Status> {
    let what = || format!("could not open the volume for {}", shown(&volume.target));
    let failed = |errno| from_errno(errno, what());
    let tree = match &volume.source {
        Source::Share(name) => mounts::copy(CWD, &format!("{SHARE}/{name}")),
        Source::Disk(letter) => mount_disk(*letter, volume.read_only),
    }
    .map_err(failed)?;
    if volume.read_only {
        mounts::make_read_only(&tree, mounts::Depth::All).map_err(failed)?;
    }
    Ok(tree)
}

fn mount_disk(letter: char, read_only: bool) -> Result<OwnedFd, Errno> {
    let directory = format!("{VOLUMES}/vd{letter}");
    make_directory(VOLUMES)?;
    make_directory(&directory)?;
    let access = if read_only {
        MountFlags::RDONLY
    } else {
        MountFlags::NOATIME
    };
    let device = format!("/dev/vd{letter}");
    let flags = access | MountFlags::NODEV;
    rustix::mount::mount(&device, &directory, "ext4", flags, None)?;
    mounts::copy(CWD, &directory)
}

fn put(container: &Container, volume: &Volume, tree: &OwnedFd) -> Result<(), Status> {
    let failed = |errno| match errno {
        Errno::ISDIR | Errno::NOTDIR => {
            let message = format!(
                "the volume for {} is a directory and its place is not, or the other way round",
                shown(&volume.target)
            );
            fault(Kind::InvalidArgument, "volume-kind", message)
        }
        errno => from_errno(
            errno,
            format_args!("could not mount the volume at {}", shown(&volume.target)),
        ),
    };
    let target = if is_directory(tree).map_err(failed)? {
        let (target, is_new) = place_of_directory(container, &volume.target).map_err(failed)?;
        if matches!(volume.source, Source::Disk(_)) && !volume.read_only {
            if is_new {
                give(container, &target).map_err(failed)?;
            }
            fill(&target, tree).map_err(|failure| {
                let place = shown(&volume.target);
                let what = format!(
                    "could not fill the empty volume at {place} with what the image has there"
                );
                copy::failed_within(&what, failure)
            })?;
        }
        target
    } else {
        place_of_file(container, &volume.target).map_err(failed)?
    };
    mounts::attach(tree, target).map_err(failed)
}

/// To the Box's user; one that cannot be found is told of by the first command.
fn give(container: &Container, place: &OwnedFd) -> Result<(), Errno> {
    match spawner::identity(&container.defaults().user) {
        Ok(user) => volume_content::give(place, user.uid, user.gid),
        Err(_) => Ok(()),
    }
}

fn is_directory(file: impl AsFd) -> Result<bool, Errno> {
    Ok(FileType::from_raw_mode(fstat(file)?.st_mode).is_dir())
}

/// And whether it was made for the volume.
fn place_of_directory(container: &Container, path: &[u8]) -> Result<(OwnedFd, bool), Errno> {
    let open = || resolve::open(&container.root, path, OFlags::PATH | OFlags::DIRECTORY);
    match open() {
        Err(Errno::NOENT) => {
            directories::make_all(container, path, 0o755)?;
            Ok((open()?, true))
        }
        found => Ok((found?, false)),
    }
}

fn place_of_file(container: &Container, path: &[u8]) -> Result<OwnedFd, Errno> {
    let open = || resolve::open(&container.root, path, OFlags::PATH);
    let place = match open() {
        Err(Errno::NOENT) => {
            let end = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
            if end > 0 {
                directories::make_all(container, &path[..end], 0o755)?;
            }
            let (directory, name) = resolve::parent(&container.root, path)?;
            let kind = FileType::RegularFile;
            rustix::fs::mknodat(directory, &name[..], kind, Mode::from(0o644), 0)?;
            open()
        }
        result => result,
    }?;
    if is_directory(&place)? {
        return Err(Errno::ISDIR);
    }
    Ok(place)
}

/// The devices that are mounted as volumes, and where.
pub fn disks() -> Vec<(String, String)> {
    let names = fs::read_dir(VOLUMES)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .map(|name| (format!("/dev/{name}"), format!("{VOLUMES}/{name}")))
        .collect()
}
