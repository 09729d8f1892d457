//! Who is at the other end of a Unix socket.

use std::{io, mem, os::fd::RawFd};

/// The user whose process listened or connected there, as it was then (unix(7), `SO_PEERCRED`); seen from this user namespace.
pub fn user(socket: RawFd) -> io::Result<u32> {
    let mut peer = libc::ucred {
        pid: 0,
        uid: u32::MAX,
        gid: u32::MAX,
    };
    let mut length = mem::size_of_val(&peer) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `peer`, and refuses what is no socket.
    let result = unsafe {
        libc::getsockopt(
            socket,
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut length,
        )
    };
    if result == 0 {
        Ok(peer.uid)
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        os::{fd::AsRawFd, unix::net::UnixStream},
    };

    use super::*;

    #[test]
    fn knows_the_other_end_of_a_socket_and_no_other_file() {
        let (here, _there) = UnixStream::pair().unwrap();
        // SAFETY: it cannot fail.
        assert_eq!(user(here.as_raw_fd()).unwrap(), unsafe { libc::geteuid() });
        let file = File::open("/dev/null").unwrap();
        let error = user(file.as_raw_fd()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENOTSOCK));
    }
}
