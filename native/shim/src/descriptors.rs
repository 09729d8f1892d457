//! What the engine finds open: standard streams, listening sockets, logs and files to read. Everything else is closed.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::plan::{Plan, c_string};
use crate::status::{Failure, Status, Step};
use crate::sys;

/// Closes all that the owner left open, but for the plan's pipe and the status pipe.
pub fn close_inherited(status: &Status) -> Result<(), Failure> {
    let keep = status.fd().map_or(2, |fd| fd as u32);
    let below = if keep > 3 {
        close_range(3, keep - 1)
    } else {
        Ok(())
    };
    below
        .and_then(|()| close_range(keep + 1, u32::MAX))
        .step("close-descriptors", "inherited descriptors")
}

fn close_range(first: u32, last: u32) -> std::io::Result<()> {
    match sys::close_range(first, last) {
        // An old kernel, or a filter around a container that does not know the call.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {
            close_listed(first, last)
        }
        result => result,
    }
}

fn close_listed(first: u32, last: u32) -> std::io::Result<()> {
    let numbers: Vec<u32> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|number| (first..=last).contains(number))
        .collect();
    for number in numbers {
        // SAFETY: nothing in this process uses the descriptor; one of them was the listing's own and is closed already.
        unsafe { libc::close(number as RawFd) };
    }
    Ok(())
}

/// Descriptors that are open but do not have their numbers yet.
pub struct Descriptors(Vec<(OwnedFd, RawFd)>);

impl Descriptors {
    /// Enters the plan's directory and opens everything there, by names without a slash: the directory's path may be
    /// longer than a socket's address can be.
    pub fn open(plan: &Plan) -> Result<Self, Failure> {
        // SAFETY: plain system call.
        unsafe { libc::umask(0o077) };
        let null =
            sys::open_at(libc::AT_FDCWD, c"/dev/null", libc::O_RDWR).step("open", "/dev/null")?;
        std::env::set_current_dir(&plan.directory).step("directory", &plan.directory)?;

        let error_log = open_log(&plan.error_log)?;
        let null_again = null.try_clone().step("open", "/dev/null")?;
        let mut placed = vec![(null, 0), (null_again, 1), (error_log, 2)];
        for log in &plan.logs {
            placed.push((open_log(&log.name)?, log.fd));
        }
        for socket in &plan.sockets {
            let listener = sys::listen_at(&c_string(&socket.name)).step("listen", &socket.name)?;
            placed.push((listener, socket.fd));
        }
        for input in &plan.inputs {
            let flags = libc::O_RDONLY | libc::O_NOCTTY;
            let file = sys::open_at(libc::AT_FDCWD, &c_string(&input.path), flags)
                .step("open", &input.path)?;
            placed.push((file, input.fd));
        }
        Ok(Descriptors(placed))
    }

    /// Gives each its number in the engine.
    pub fn place(&self) -> Result<(), Failure> {
        for (descriptor, number) in &self.0 {
            sys::place(descriptor.as_raw_fd(), *number)
                .step("place-descriptors", &number.to_string())?;
        }
        Ok(())
    }
}

fn open_log(name: &str) -> Result<OwnedFd, Failure> {
    // Read by the engine itself when a log becomes too long: it keeps the end.
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND | libc::O_NOFOLLOW;
    sys::open_at(libc::AT_FDCWD, &c_string(name), flags).step("open", name)
}
