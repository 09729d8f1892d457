//! What is to fail.

use core::ffi::c_int;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, Ordering};

/// The layout of the file, in the machine's byte order. Who writes it sets `countdown` last.
#[repr(C)]
pub struct Control {
    /// The so manieth operation from now is the first that fails; 0: none does.
    pub countdown: AtomicI32,
    /// What it fails with.
    pub errno: AtomicI32,
    /// How many fail, one after another.
    pub failures: AtomicI32,
    pub reserved: AtomicI32,
    /// How far the clock of the day is off, in seconds.
    pub clock: AtomicI64,
}

/// Arms a process that has no file. It is a real-time signal that neither the C library nor QEMU uses.
pub const SIGNAL: c_int = 60;

/// How many writes fail then: the block layer's own retry of one is not enough to get round it.
const FAILURES: i32 = 4;

static OWN: Control = Control {
    countdown: AtomicI32::new(0),
    errno: AtomicI32::new(libc::EIO),
    failures: AtomicI32::new(0),
    reserved: AtomicI32::new(0),
    clock: AtomicI64::new(0),
};
static MAPPED: AtomicPtr<Control> = AtomicPtr::new(null_mut());

pub(crate) fn control() -> &'static Control {
    // SAFETY: null, or a mapping that stays until the process ends.
    unsafe { MAPPED.load(Ordering::Relaxed).as_ref() }.unwrap_or(&OWN)
}

impl Control {
    /// The errno that this operation is to fail with.
    pub(crate) fn next(&self) -> Option<c_int> {
        let before = self
            .countdown
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                (left > 1).then_some(left - 1)
            });
        if before != Err(1) {
            return None;
        }
        if self.failures.fetch_sub(1, Ordering::Relaxed) > 0 {
            return Some(self.errno.load(Ordering::Relaxed));
        }
        self.countdown.store(0, Ordering::Relaxed);
        None
    }
}

extern "C" fn arm(_: c_int) {
    OWN.failures.store(FAILURES, Ordering::Relaxed);
    OWN.countdown.store(1, Ordering::Relaxed);
}

/// # Safety
/// Called once, before `main`.
unsafe extern "C" fn begin() {
    // SAFETY: plain calls of the C library with memory of this function's.
    unsafe {
        let path = libc::getenv(c"BOXLITE_FAULTS".as_ptr());
        if path.is_null() {
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = arm as *const () as usize;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(SIGNAL, &raw const action, null_mut());
            return;
        }
        #[cfg(not(test))]
        crate::engine_preload::IN_ENGINE.store(false, Ordering::Relaxed);
        let fd = libc::open(path, libc::O_RDWR | libc::O_CLOEXEC);
        if fd < 0 {
            libc::abort();
        }
        let length = core::mem::size_of::<Control>();
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let address = libc::mmap(null_mut(), length, access, libc::MAP_SHARED, fd, 0);
        libc::close(fd);
        if address == libc::MAP_FAILED {
            libc::abort();
        }
        MAPPED.store(address.cast(), Ordering::Relaxed);
    }
}

#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: unsafe extern "C" fn() = begin;

#[cfg(test)]
mod tests {
    use super::*;

    fn armed(countdown: i32, failures: i32) -> Control {
        Control {
            countdown: AtomicI32::new(countdown),
            errno: AtomicI32::new(libc::ENOSPC),
            failures: AtomicI32::new(failures),
            reserved: AtomicI32::new(0),
            clock: AtomicI64::new(0),
        }
    }

    #[test]
    fn the_chosen_operations_fail_and_no_other() {
        let control = armed(3, 2);
        let seen: [_; 6] = core::array::from_fn(|_| control.next());
        let full = Some(libc::ENOSPC);
        assert_eq!(seen, [None, None, full, full, None, None]);
    }

    #[test]
    fn nothing_fails_unasked() {
        let control = armed(0, 5);
        assert_eq!(control.next(), None);
        assert_eq!(control.failures.load(Ordering::Relaxed), 5);
    }
}
