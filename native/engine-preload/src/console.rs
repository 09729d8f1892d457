//! Keeps the log of the guest's console short. A guest writes to it as much as it likes, and QEMU writes what comes to the file.
//!
//! QEMU is told to open `/dev/null/log/N`, and gets a copy of the descriptor N. When it writes to that and the file has become too long, all but
//! its end is left out first. What is written last counts: it says why a guest has died.

use core::ffi::c_int;
use core::sync::atomic::{AtomicI32, Ordering};

use libc::{iovec, ssize_t};

/// Nothing can be below `/dev/null`.
pub const LOGS: &[u8] = b"/dev/null/log/";

/// Bytes that a log has at most, but for one write. The owner is told by docs/security.md.
const MOST: i64 = 1 << 20;
/// Bytes that are kept of one that has become as long.
const KEPT: usize = 64 << 10;
const MARK: &[u8] = b"\n[boxlite: what the console said before was too much to keep]\n";

/// The copy that QEMU has of the log's descriptor.
static LOG: AtomicI32 = AtomicI32::new(-1);

/// A copy of the descriptor `fd`.
pub fn log(fd: c_int) -> c_int {
    // SAFETY: plain system call.
    let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) };
    LOG.store(copy, Ordering::Relaxed);
    copy
}

/// The file is open for appending. QEMU writes to it from one thread at a time: it holds the device's lock meanwhile.
fn make_room(fd: c_int) {
    static mut END: [u8; KEPT] = [0; KEPT];
    // SAFETY: plain system calls on a buffer that nothing else uses, see above.
    unsafe {
        let length = libc::lseek(fd, 0, libc::SEEK_END);
        if length < MOST {
            return;
        }
        let buffer = &raw mut END;
        let read = libc::pread(fd, buffer.cast(), KEPT, length - KEPT as i64);
        // Where that fails there is nothing better to do than to go on.
        if libc::ftruncate(fd, 0) != 0 {
            return;
        }
        libc::write(fd, MARK.as_ptr().cast(), MARK.len());
        if read > 0 {
            libc::write(fd, buffer.cast(), read as usize);
        }
    }
}

/// writev(2), by which QEMU writes to files that devices print to.
///
/// # Safety
/// As writev(2).
#[cfg_attr(not(feature = "inside-faults"), unsafe(no_mangle))]
pub unsafe extern "C" fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    if fd >= 0 && fd == LOG.load(Ordering::Relaxed) {
        make_room(fd);
    }
    // SAFETY: the same contract.
    unsafe { libc::syscall(libc::SYS_writev, fd, parts, count) as ssize_t }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::{IoSlice, Write};
    use std::os::fd::{AsRawFd, FromRawFd};

    use super::*;

    #[test]
    fn keeps_the_end_of_a_log_that_grows_without_end() {
        let path = std::env::temp_dir().join(format!("preload-{}-log", std::process::id()));
        drop(crate::tests::make(&path));
        let file = OpenOptions::new().read(true).append(true).open(&path);
        let (mut copy, _file) = {
            let file = file.unwrap();
            // SAFETY: the descriptor is owned by nothing else.
            let copy = unsafe { std::fs::File::from_raw_fd(log(file.as_raw_fd())) };
            (copy, file)
        };
        let mut longest = 0;
        for line in 0..30_000 {
            let text = format!("{line:>99}\n");
            let written = copy.write_vectored(&[IoSlice::new(text.as_bytes())]);
            assert_eq!(written.unwrap(), text.len());
            longest = longest.max(copy.metadata().unwrap().len());
        }
        let said = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(
            longest >= MOST as u64 && longest < MOST as u64 + 200,
            "{longest}"
        );
        assert!(said.contains("too much to keep"));
        assert!(said.ends_with(" 29999\n"), "{}", said.len());
    }
}
