//! In a test's own program these functions take the C library's place as they do in QEMU: the standard library calls them, too.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{Error, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::*;

const PUNCH: c_int = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;

/// There is one RAM in a process, and so there is in one of the tests at a time.
static ONE_RAM: Mutex<()> = Mutex::new(());

/// A file of one page of ones, removed at the end.
struct Sample(PathBuf);

impl Sample {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("preload-{}-{name}", std::process::id()));
        make(&path).write_all(&[1; 4096]).unwrap();
        Self(path)
    }

    fn content(&self) -> Vec<u8> {
        std::fs::read(&self.0).unwrap()
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// As QEMU's 9p server makes files: not by open(2), which makes none here.
pub(crate) fn make(path: &Path) -> File {
    let path = CString::new(path.to_str().unwrap()).unwrap();
    let flags = libc::O_CREAT | libc::O_EXCL | libc::O_RDWR;
    // SAFETY: a C string; the descriptor is owned by nothing else.
    let fd = unsafe { libc::openat(libc::AT_FDCWD, path.as_ptr(), flags, 0o600) };
    assert!(fd >= 0, "{}", Error::last_os_error());
    // SAFETY: as above.
    unsafe { File::from_raw_fd(fd) }
}

fn open_path(path: impl AsRef<Path>, flags: c_int) -> Result<File, Error> {
    let path = CString::new(path.as_ref().to_str().unwrap()).unwrap();
    // SAFETY: a C string; the descriptor is owned by nothing else.
    unsafe {
        match __open64_2(path.as_ptr(), flags) {
            -1 => Err(Error::last_os_error()),
            fd => Ok(File::from_raw_fd(fd)),
        }
    }
}

fn ram_of(file: &File, flags: c_int) -> Result<File, Error> {
    open_path(format!("/dev/null/fd/{}", file.as_raw_fd()), flags)
}

#[test]
fn gives_a_copy_that_cannot_write_whatever_is_asked_for() {
    let _one = ONE_RAM.lock();
    let sample = Sample::new("copy");
    let mut ram = ram_of(&File::open(&sample.0).unwrap(), libc::O_RDWR).unwrap();
    let mut read = Vec::new();
    ram.read_to_end(&mut read).unwrap();
    assert_eq!(read, [1; 4096]);
    let refused = ram.write(b"x").unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EBADF));
    assert!(ram.set_len(0).is_err());
}

#[test]
fn refuses_a_descriptor_that_could_write_and_one_that_is_not_open() {
    let sample = Sample::new("writable");
    let writable = OpenOptions::new().read(true).write(true).open(&sample.0);
    let refused = ram_of(&writable.unwrap(), libc::O_RDWR).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EPERM));
    let refused = open_path("/dev/null/fd/9999", libc::O_RDWR).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EBADF));
}

#[test]
fn takes_other_paths_as_they_are() {
    for path in [
        "/dev/null/fd/x",
        "/dev/null/fd/1x",
        "/dev/null/fd/-1",
        "/dev/null/fd/99999999999",
        "/dev/null/other",
    ] {
        let refused = open_path(path, libc::O_RDONLY).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::ENOTDIR), "{path}");
    }
    assert!(open_path("/dev/null", libc::O_RDWR).is_ok());
}

#[test]
fn makes_no_files_and_opens_those_that_are_there() {
    let path = std::env::temp_dir().join(format!("preload-{}-made", std::process::id()));
    let flags = libc::O_CREAT | libc::O_RDWR;
    let refused = open_path(&path, flags).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::ENOENT));
    let sample = Sample::new("there");
    assert!(open_path(&sample.0, flags | libc::O_TRUNC).is_ok());
    assert_eq!(sample.content(), []);
}

#[test]
fn punches_no_hole_into_the_ram_and_does_into_all_else() {
    let _one = ONE_RAM.lock();
    let sample = Sample::new("ram");
    let ram = ram_of(&File::open(&sample.0).unwrap(), libc::O_RDWR).unwrap();
    assert_eq!(fallocate64(ram.as_raw_fd(), PUNCH, 0, 4096), 0);
    assert_eq!(sample.content(), [1; 4096]);

    let other = Sample::new("disk");
    let file = OpenOptions::new().read(true).write(true).open(&other.0);
    assert_eq!(fallocate(file.unwrap().as_raw_fd(), PUNCH, 0, 4096), 0);
    assert_eq!(other.content(), [0; 4096]);
}

#[test]
fn allocates_nothing_in_the_ram() {
    let _one = ONE_RAM.lock();
    let sample = Sample::new("allocate");
    let ram = ram_of(&File::open(&sample.0).unwrap(), libc::O_RDWR).unwrap();
    assert_eq!(fallocate(ram.as_raw_fd(), 0, 0, 8192), -1);
    assert_eq!(Error::last_os_error().raw_os_error(), Some(libc::EBADF));
    assert_eq!(sample.content().len(), 4096);
}
