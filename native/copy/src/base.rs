//! Where paths begin. In a container's root the kernel resolves them (openat2 with RESOLVE_IN_ROOT), so that no link, nor `..`, nor a
//! link that changes meanwhile leads out.

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2, readlinkat};
use rustix::io::{Errno, Result};

/// The kernel gives up with EAGAIN when the tree changes under it.
const TRIES: usize = 64;
/// As the kernel's own limit.
const MAX_LINKS: usize = 40;
const MAX_PATH: usize = 4095;

/// Opens absolute paths.
pub trait Base {
    fn open(&self, path: &[u8], flags: OFlags) -> Result<OwnedFd>;
}

/// Inside this directory, whatever the path and the links on it say.
impl Base for OwnedFd {
    fn open(&self, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC;
        let mut result = Err(Errno::AGAIN);
        for _ in 0..TRIES {
            result = openat2(self, path, flags, Mode::empty(), ResolveFlags::IN_ROOT);
            if !matches!(result, Err(Errno::AGAIN)) {
                break;
            }
        }
        result
    }
}

/// As any program of this machine: who names a path here means what it leads to.
pub struct Host;

impl Base for Host {
    fn open(&self, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
        openat(CWD, path, flags | OFlags::CLOEXEC, Mode::empty())
    }
}

pub fn open(base: &(impl Base + ?Sized), path: &[u8], flags: OFlags) -> Result<OwnedFd> {
    base.open(path, flags)
}

/// The directory that holds the path's last part, and that part.
pub fn parent(base: &(impl Base + ?Sized), path: &[u8]) -> Result<(OwnedFd, Vec<u8>)> {
    let (parent, name) = split(path)?;
    Ok((
        base.open(parent, OFlags::PATH | OFlags::DIRECTORY)?,
        name.to_vec(),
    ))
}

/// As `parent`, of the place that the path means when its last part is a link, whether or not anything is there.
pub fn parent_of_target(base: &(impl Base + ?Sized), path: &[u8]) -> Result<(OwnedFd, Vec<u8>)> {
    let mut path = path.to_vec();
    for _ in 0..MAX_LINKS {
        let (directory, name) = parent(base, &path)?;
        let target = match readlinkat(&directory, &name[..], Vec::new()) {
            Ok(target) => target.into_bytes(),
            // No link (EINVAL), or nothing there.
            Err(Errno::INVAL | Errno::NOENT) => return Ok((directory, name)),
            Err(errno) => return Err(errno),
        };
        path = match target.first() {
            Some(b'/') => target,
            _ => [split(&path)?.0, b"/", &target].concat(),
        };
        if path.len() > MAX_PATH {
            return Err(Errno::NAMETOOLONG);
        }
    }
    Err(Errno::LOOP)
}

/// Splits an absolute path before its last part. The root itself has none, and `.` and `..` name nothing.
fn split(path: &[u8]) -> Result<(&[u8], &[u8])> {
    let end = path
        .iter()
        .rposition(|&byte| byte != b'/')
        .map_or(0, |last| last + 1);
    let path = &path[..end];
    let Some(slash) = path.iter().rposition(|&byte| byte == b'/') else {
        return Err(Errno::BUSY);
    };
    match &path[slash + 1..] {
        b"" => Err(Errno::BUSY),
        b"." | b".." => Err(Errno::INVAL),
        name => Ok((if slash == 0 { b"/" } else { &path[..slash] }, name)),
    }
}

/// The last part of a path, as shown with what is there.
pub fn name(path: &[u8]) -> Vec<u8> {
    split(path).map_or_else(|_| b"/".to_vec(), |(_, name)| name.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn splits_before_the_last_part() {
        assert_eq!(split(b"/a"), Ok((&b"/"[..], &b"a"[..])));
        assert_eq!(split(b"/a/b//"), Ok((&b"/a"[..], &b"b"[..])));
        assert_eq!(split(b"/a/../b"), Ok((&b"/a/.."[..], &b"b"[..])));
        assert_eq!(split(b"/"), Err(Errno::BUSY));
        assert_eq!(split(b"///"), Err(Errno::BUSY));
        assert_eq!(split(b"/a/.."), Err(Errno::INVAL));
        assert_eq!(split(b"/a/."), Err(Errno::INVAL));
    }

    fn tree() -> (std::path::PathBuf, OwnedFd) {
        let path =
            std::env::temp_dir().join(format!("boxlite-resolve-{:?}", std::thread::current().id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("dir")).unwrap();
        let link =
            |target: &str, name: &str| std::os::unix::fs::symlink(target, path.join(name)).unwrap();
        link("/etc/passwd", "absolute");
        link("../../../../etc/passwd", "upwards");
        link("/dir/new", "dangling");
        link("loop", "loop");
        let root = openat(CWD, &path, OFlags::PATH, Mode::empty()).unwrap();
        (path, root)
    }

    #[test]
    fn links_lead_nowhere_outside() {
        let (path, root) = tree();
        for link in [
            &b"/absolute"[..],
            b"/upwards",
            b"/../../../etc/passwd",
            b"/dir/../../etc/passwd",
        ] {
            assert_eq!(open(&root, link, OFlags::RDONLY).unwrap_err(), Errno::NOENT);
        }
        assert_eq!(
            open(&root, b"/loop", OFlags::RDONLY).unwrap_err(),
            Errno::LOOP
        );
        assert_eq!(parent_of_target(&root, b"/loop").unwrap_err(), Errno::LOOP);
        let (directory, name) = parent_of_target(&root, b"/dangling").unwrap();
        assert_eq!(name, b"new");
        let shown = std::fs::read_link(Path::new(&format!(
            "/proc/self/fd/{}",
            std::os::fd::AsRawFd::as_raw_fd(&directory)
        )))
        .unwrap();
        assert_eq!(shown, path.join("dir"));
        std::fs::remove_dir_all(path).unwrap();
    }
}
