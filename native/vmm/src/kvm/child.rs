//! Runs a function in a forked child that can be killed: a vCPU may hang in the kernel, and no thread survives that.

use std::{
    fs::File,
    io::{self, Read},
    mem::MaybeUninit,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
    time::{Duration, Instant},
};

use crate::process::PidFd;

/// How the child ended.
pub enum Ended<T> {
    WithResult(T),
    /// It died, or ended without a result.
    Without,
    /// It was killed at the deadline.
    TimedOut,
}

/// Calls `work` in a child with `kept` as its only file descriptor, and hands its result back as bytes.
///
/// The child is a copy of a process with many threads, of which only this one runs on: `work` must not allocate or lock.
pub fn run_in_child<T: Copy>(
    kept: RawFd,
    timeout: Duration,
    work: fn(RawFd) -> T,
) -> io::Result<Ended<T>> {
    let (reader, writer) = pipe()?;
    let pid = fork_quietly(|| {
        close_all_but(kept, writer.as_raw_fd());
        let result = work(kept);
        // SAFETY: a plain value of that size, written to a pipe that is open.
        unsafe {
            libc::write(
                writer.as_raw_fd(),
                (&raw const result).cast(),
                size_of::<T>(),
            )
        };
    })?;
    drop(writer);
    let process = PidFd::open(pid);
    let ended = wait_for_result(reader, timeout);
    if matches!(ended, Ok(Ended::TimedOut)) {
        // SAFETY: our own child, not waited for yet, so the id is still its own.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    }
    reap(pid, process.ok().as_ref());
    ended
}

fn wait_for_result<T: Copy>(reader: OwnedFd, timeout: Duration) -> io::Result<Ended<T>> {
    let deadline = Instant::now() + timeout;
    let mut poll = libc::pollfd {
        fd: reader.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left_ms = i32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        // SAFETY: one initialised `pollfd` of a descriptor that is open.
        match unsafe { libc::poll(&mut poll, 1, left_ms) } {
            0 => return Ok(Ended::TimedOut),
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            -1 => return Err(io::Error::last_os_error()),
            _ => break,
        }
    }
    let mut bytes = Vec::new();
    File::from(reader)
        .take(size_of::<T>() as u64)
        .read_to_end(&mut bytes)?;
    if bytes.len() != size_of::<T>() {
        return Ok(Ended::Without);
    }
    let mut result = MaybeUninit::<T>::uninit();
    // SAFETY: the child, which is this very program, wrote a whole value of the type.
    Ok(Ended::WithResult(unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), result.as_mut_ptr().cast(), bytes.len());
        result.assume_init()
    }))
}

/// Waits for the child's end, but not for ever: one that hangs in the kernel is left to the kernel.
fn reap(pid: i32, process: Option<&PidFd>) {
    const PATIENCE_MS: i32 = 500;
    let has_ended = process.is_none_or(|process| process.wait(PATIENCE_MS));
    let flags = if has_ended { 0 } else { libc::WNOHANG };
    // SAFETY: our own child; a null status is allowed.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), flags) };
}

/// Forks with all signals blocked, so that the child runs none of this process's handlers.
fn fork_quietly(child: impl FnOnce()) -> io::Result<i32> {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the sets are initialised by these calls before they are read. The child only calls `child` and ends.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        let pid = libc::fork();
        let error = io::Error::last_os_error();
        if pid == 0 {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            child();
            libc::_exit(0);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut());
        if pid < 0 { Err(error) } else { Ok(pid) }
    }
}

/// Locks and sockets of this process must not live on in a child that hangs.
fn close_all_but(one: RawFd, other: RawFd) {
    let (low, high) = (one.min(other) as u32, one.max(other) as u32);
    let close = |first: u32, last: u32| {
        if first <= last {
            // SAFETY: this child uses no other descriptor than the two that stay.
            unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        }
    };
    if low > 0 {
        close(0, low - 1);
    }
    close(low + 1, high - 1);
    close(high + 1, u32::MAX);
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors, which are ours on success.
    unsafe {
        if libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}
