//! The clock of the day, as far off as the test wants it. The monotonic clock never jumps, and is left alone.
//!
//! The C library is asked, not the kernel: it reads clocks without a system call, and the jail of a VMM allows none.

use core::ffi::{CStr, c_int, c_void};
use core::mem::transmute;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use libc::{clockid_t, time_t, timespec, timeval};

use crate::control::control;

/// A function of the C library that this library stands before.
struct Next {
    name: &'static CStr,
    found: AtomicPtr<c_void>,
}

impl Next {
    const fn new(name: &'static CStr) -> Self {
        let found = AtomicPtr::new(null_mut());
        Self { name, found }
    }

    fn get(&self) -> *mut c_void {
        let mut found = self.found.load(Ordering::Relaxed);
        if found.is_null() {
            // SAFETY: a C string; it gives the same to whichever thread asks.
            found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
            self.found.store(found, Ordering::Relaxed);
        }
        found
    }
}

fn offset() -> time_t {
    control().clock.load(Ordering::Relaxed)
}

/// # Safety
/// As clock_gettime(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    static NEXT: Next = Next::new(c"clock_gettime");
    type Function = unsafe extern "C" fn(clockid_t, *mut timespec) -> c_int;
    // SAFETY: the same contract; the time is there when it succeeds.
    unsafe {
        let result = transmute::<*mut c_void, Function>(NEXT.get())(clock, time);
        if result == 0 && clock == libc::CLOCK_REALTIME {
            (*time).tv_sec += offset();
        }
        result
    }
}

/// # Safety
/// As gettimeofday(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(time: *mut timeval, zone: *mut c_void) -> c_int {
    static NEXT: Next = Next::new(c"gettimeofday");
    type Function = unsafe extern "C" fn(*mut timeval, *mut c_void) -> c_int;
    // SAFETY: the same contract.
    unsafe {
        let result = transmute::<*mut c_void, Function>(NEXT.get())(time, zone);
        if result == 0 && !time.is_null() {
            (*time).tv_sec += offset();
        }
        result
    }
}

/// # Safety
/// As time(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(result: *mut time_t) -> time_t {
    static NEXT: Next = Next::new(c"time");
    type Function = unsafe extern "C" fn(*mut time_t) -> time_t;
    // SAFETY: the same contract.
    unsafe {
        let now = transmute::<*mut c_void, Function>(NEXT.get())(null_mut()) + offset();
        if !result.is_null() {
            *result = now;
        }
        now
    }
}
