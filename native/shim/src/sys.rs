//! The few system calls that the standard library does not offer, as safe functions.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Descriptors of the shim itself live from here on; the plan numbers those of the engine below.
pub const FIRST_PRIVATE_FD: RawFd = 64;

/// Turns the kernel's -1 into the error that it stands for.
pub fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Moves a descriptor to the first free number from `floor` on, closed on exec.
pub fn move_above(fd: RawFd, floor: RawFd) -> io::Result<RawFd> {
    // SAFETY: plain system calls on numbers; the caller gives `fd` up.
    unsafe {
        let moved = check(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, floor))?;
        libc::close(fd);
        Ok(moved)
    }
}

/// Closes all descriptors from `first` to `last`, both included. `ENOSYS` on kernels before 5.9.
pub fn close_range(first: u32, last: u32) -> io::Result<()> {
    // SAFETY: nothing in this process uses a descriptor in that range; the callers see to it.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Opens `name` beneath `directory`, out of the range that the plan may number, closed on exec.
pub fn open_at(directory: RawFd, name: &CStr, flags: libc::c_int) -> io::Result<OwnedFd> {
    // SAFETY: `name` is a C string; the descriptor returned belongs to nobody else.
    unsafe {
        let fd = check(libc::openat(
            directory,
            name.as_ptr(),
            flags | libc::O_CLOEXEC,
            0o600,
        ))?;
        Ok(OwnedFd::from_raw_fd(move_above(fd, FIRST_PRIVATE_FD)?))
    }
}

/// Makes a directory, unless there is one.
pub fn make_directory(directory: RawFd, name: &CStr) -> io::Result<()> {
    // SAFETY: `name` is a C string.
    match check(unsafe { libc::mkdirat(directory, name.as_ptr(), 0o700) }) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result.map(drop),
    }
}

/// Makes an empty file.
pub fn make_file(directory: RawFd, name: &CStr) -> io::Result<()> {
    // SAFETY: `name` is a C string.
    check(unsafe { libc::mknodat(directory, name.as_ptr(), libc::S_IFREG | 0o600, 0) }).map(drop)
}

/// Changes how the mounts at `path` take part in what is mounted and unmounted elsewhere (mount(2), "Changing the propagation type").
pub fn change_mounts(path: &CStr, flags: libc::c_ulong) -> io::Result<()> {
    let none = std::ptr::null();
    // SAFETY: `path` is a C string; the other arguments are ignored.
    check(unsafe { libc::mount(none, path.as_ptr(), none, flags, none.cast()) }).map(drop)
}

/// Makes the directory behind `root` this process's root directory, and lets go of the old one.
pub fn pivot(root: RawFd) -> io::Result<()> {
    // SAFETY: plain system calls on C strings. The old root is mounted over the new one for a moment (pivot_root(2), "pivot_root(".", ".")").
    unsafe {
        check(libc::fchdir(root))?;
        let pivoted = libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr());
        check(pivoted as libc::c_int)?;
        check(libc::umount2(c".".as_ptr(), libc::MNT_DETACH))?;
        check(libc::chdir(c"/".as_ptr())).map(drop)
    }
}

/// Makes a Unix stream socket that listens at `name` in the working directory, with mode 0600.
pub fn listen_at(name: &CStr) -> io::Result<OwnedFd> {
    let bytes = name.to_bytes();
    // SAFETY: an all-zero sockaddr_un is valid.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    if bytes.len() >= address.sun_path.len() {
        return Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG));
    }
    for (to, from) in address.sun_path.iter_mut().zip(bytes) {
        *to = *from as libc::c_char;
    }
    // SAFETY: `name` and `address` outlive the calls; the socket belongs to nobody else.
    unsafe {
        if libc::unlink(name.as_ptr()) == -1 {
            let error = io::Error::last_os_error();
            if error.raw_os_error() != Some(libc::ENOENT) {
                return Err(error);
            }
        }
        let fd = check(libc::socket(
            libc::AF_UNIX,
            libc::SOCK_STREAM | libc::SOCK_CLOEXEC,
            0,
        ))?;
        let socket = OwnedFd::from_raw_fd(move_above(fd, FIRST_PRIVATE_FD)?);
        let old = libc::umask(0o177);
        let bound = check(libc::bind(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            size_of::<libc::sockaddr_un>() as libc::socklen_t,
        ));
        libc::umask(old);
        bound?;
        check(libc::listen(socket.as_raw_fd(), 1))?;
        Ok(socket)
    }
}

/// Gives a descriptor the number `target` and lets it live on over exec.
pub fn place(fd: RawFd, target: RawFd) -> io::Result<()> {
    // SAFETY: plain system call on numbers.
    check(unsafe { libc::dup2(fd, target) }).map(drop)
}

pub fn write_all(fd: RawFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        // SAFETY: the buffer is valid for its length.
        let written = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match written {
            -1 => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
            count => bytes = &bytes[count as usize..],
        }
    }
    Ok(())
}
