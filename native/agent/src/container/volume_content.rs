//! What a volume that is empty gets, as with Docker: what the image has at its place, and that place's owner and mode. A place that the
//! image does not have is the Box's user's.
//!
//! A guest may die meanwhile, so a volume that is being filled has a mark, and one that has it is filled once more.

use std::os::fd::OwnedFd;

use boxlite_copy::{Owner, Result, Sink, SinkOptions, Source, SourceOptions};
use rustix::fs::{
    AtFlags, Dir, Gid, Mode, OFlags, Uid, XattrFlags, chownat, fchmod, fchown, fgetxattr,
    fremovexattr, fsetxattr, fstat, openat, syncfs,
};
use rustix::io::{Errno, Result as Tried};

/// Nobody but the agent sees it.
const FILLING: &str = "trusted.boxlite.filling";
/// A file system's own.
const LOST_AND_FOUND: &std::ffi::CStr = c"lost+found";

/// `place` is a directory of the container, `volume` the volume's root.
pub fn fill(place: &OwnedFd, volume: &OwnedFd) -> Result<()> {
    let failed = |errno| boxlite_copy::Fault::system("fill", b"the volume", errno);
    let root = open(volume).map_err(failed)?;
    let is_marked = fgetxattr(&root, FILLING, &mut [0u8; 1]).is_ok();
    if !is_marked && !is_empty(&root).map_err(failed)? {
        return Ok(());
    }
    let place = open(place).map_err(failed)?;
    if !is_empty(&place).map_err(failed)? {
        fsetxattr(&root, FILLING, b"", XattrFlags::empty()).map_err(failed)?;
        copy(&place, &root)?;
        syncfs(&root).map_err(failed)?;
        fremovexattr(&root, FILLING).map_err(failed)?;
    }
    let like = || -> Tried<()> {
        let stat = fstat(&place)?;
        let (uid, gid) = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
        fchown(&root, Some(uid), Some(gid))?;
        fchmod(&root, Mode::from_raw_mode(stat.st_mode))
    };
    like().map_err(failed)
}

/// A directory that was made for a volume becomes the user's, and with it the volume while it is empty.
pub fn give(place: &OwnedFd, uid: u32, gid: u32) -> Tried<()> {
    let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
    chownat(place, "", uid, gid, AtFlags::EMPTY_PATH)
}

fn open(directory: &OwnedFd) -> Tried<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(directory, ".", flags, Mode::empty())
}

fn is_empty(directory: &OwnedFd) -> Tried<bool> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." && name != LOST_AND_FOUND {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The content of one directory into the other.
fn copy(from: &OwnedFd, to: &OwnedFd) -> Result<()> {
    let failed = |_| boxlite_copy::Fault::system("fill", b"the volume", Errno::MFILE);
    let options = SourceOptions {
        follow: false,
        archive: true,
    };
    let mut source = Source::open(from, b"/.", options)?;
    let options = SinkOptions {
        owner: Owner::Kept,
        set_id: true,
    };
    let to = to.try_clone().map_err(failed)?;
    let mut sink = Sink::new(Box::new(to), b"/.", options);
    while !sink.ended() {
        sink.take(&source.message()?)?;
    }
    Ok(())
}
