//! The terminal of an execution: a pair of the container's own devpts. The agent holds the master; when the last descriptor of it is
//! gone, the terminal hangs up.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, fstatfs, makedev, openat2};
use rustix::io::{Errno, Result};

/// `DEVPTS_SUPER_MAGIC` of linux/magic.h.
const DEVPTS_MAGIC: u64 = 0x1cd1;
/// `VEOF`'s usual character, Ctrl-D.
const END_OF_FILE: u8 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub rows: u16,
    pub columns: u16,
}

pub struct Terminal(OwnedFd);

/// A new terminal of the container with this root; gives its master, which does not block, and its slave.
pub fn open(root: impl AsFd, size: Size) -> Result<(Terminal, OwnedFd)> {
    let terminal = Terminal(open_multiplexer(root)?);
    terminal.resize(size);
    let master = terminal.0.as_raw_fd();
    let unlock: libc::c_int = 0;
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: TIOCSPTLCK reads the number; TIOCGPTPEER takes flags and makes a descriptor for this process.
    let slave = unsafe {
        check(libc::ioctl(master, libc::TIOCSPTLCK, &raw const unlock))?;
        OwnedFd::from_raw_fd(check(libc::ioctl(master, libc::TIOCGPTPEER, flags))?)
    };
    Ok((terminal, slave))
}

/// Root in the container may have put something else in its place, whose opening has effects; so it is looked at first.
fn open_multiplexer(root: impl AsFd) -> Result<OwnedFd> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let place = openat2(root, "dev/pts/ptmx", flags, Mode::empty(), resolve)?;
    let stat = fstat(&place)?;
    let is_multiplexer = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && stat.st_rdev == makedev(5, 2)
        && fstatfs(&place)?.f_type as u64 == DEVPTS_MAGIC;
    if !is_multiplexer {
        return Err(Errno::NODEV);
    }
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let path = format!("/proc/self/fd/{}", place.as_raw_fd());
    rustix::fs::openat(CWD, path, flags, Mode::empty())
}

impl Terminal {
    pub fn resize(&self, size: Size) {
        let size = libc::winsize {
            ws_row: size.rows,
            ws_col: size.columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the kernel reads the structure. It fails only for what is no terminal.
        unsafe { libc::ioctl(self.0.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    }

    /// One more descriptor of the master.
    pub fn master(&self) -> Result<OwnedFd> {
        rustix::io::fcntl_dupfd_cloexec(&self.0, 0)
    }
}

/// What to type for a program to read an end of file, after this byte was typed last. The first of two ends an unfinished line.
pub fn end_of_file(master: &OwnedFd, last: Option<u8>) -> Vec<u8> {
    let mut settings = std::mem::MaybeUninit::<libc::termios>::uninit();
    // SAFETY: filled by the call when that succeeds. A master gives the slave's settings.
    let settings = unsafe {
        match libc::tcgetattr(master.as_raw_fd(), settings.as_mut_ptr()) {
            0 => Some(settings.assume_init()),
            _ => None,
        }
    };
    let character = settings.map_or(END_OF_FILE, |settings| settings.c_cc[libc::VEOF]);
    let in_lines = settings.is_none_or(|settings| settings.c_lflag & libc::ICANON != 0);
    let in_line = last.is_some_and(|byte| byte != b'\n' && byte != b'\r' && byte != character);
    vec![character; if in_lines && in_line { 2 } else { 1 }]
}

fn check(result: libc::c_int) -> Result<libc::c_int> {
    match result {
        0.. => Ok(result),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> OwnedFd {
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        rustix::fs::open("/", flags, Mode::empty()).unwrap()
    }

    #[test]
    fn has_a_size_before_anyone_uses_it() {
        let size = Size {
            rows: 33,
            columns: 99,
        };
        let Ok((_terminal, slave)) = open(root(), size) else {
            // Not every host that tests run on has a devpts at /dev/pts.
            return;
        };
        let mut seen = std::mem::MaybeUninit::<libc::winsize>::zeroed();
        // SAFETY: the kernel fills it.
        let seen = unsafe {
            let result = libc::ioctl(slave.as_raw_fd(), libc::TIOCGWINSZ, seen.as_mut_ptr());
            assert_eq!(result, 0);
            seen.assume_init()
        };
        assert_eq!((seen.ws_row, seen.ws_col), (33, 99));
    }

    #[test]
    fn ends_a_line_before_the_file() {
        let size = Size {
            rows: 1,
            columns: 1,
        };
        let Ok((terminal, _slave)) = open(root(), size) else {
            return;
        };
        let end = |last| end_of_file(&terminal.0, last);
        assert_eq!(end(None), [4]);
        assert_eq!(end(Some(b'\n')), [4]);
        assert_eq!(end(Some(b'x')), [4, 4]);
    }

    #[test]
    fn takes_nothing_else_for_a_multiplexer() {
        let place = std::env::temp_dir().join(format!("boxlite-ptmx-{}", std::process::id()));
        std::fs::create_dir_all(place.join("dev/pts")).unwrap();
        std::fs::write(place.join("dev/pts/ptmx"), "").unwrap();
        let size = Size {
            rows: 1,
            columns: 1,
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        let root = rustix::fs::open(&place, flags, Mode::empty()).unwrap();
        assert_eq!(open(&root, size).err(), Some(Errno::NODEV));
        std::fs::remove_dir_all(place).unwrap();
    }
}
