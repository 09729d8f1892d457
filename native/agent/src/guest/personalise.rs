//! Makes this guest differ from all others that were started from the same memory: its clock and its random numbers.

use std::fs::File;
use std::os::fd::AsRawFd;

use rustix::io::Errno;
use rustix::time::{ClockId, Timespec, clock_settime};
use tonic::Status;

use crate::fault::{from_errno, invalid};
use crate::proto::HelloRequest;

const MIN_ENTROPY: usize = 32;
const MAX_ENTROPY: usize = 512;
const RNDADDENTROPY: libc::Ioctl = 0x4008_5203;
const RNDRESEEDCRNG: libc::Ioctl = 0x5207;
const NANOS: i64 = 1_000_000_000;

pub fn check(request: &HelloRequest) -> Result<(), Status> {
    if !(MIN_ENTROPY..=MAX_ENTROPY).contains(&request.entropy.len()) {
        return Err(invalid(format!(
            "entropy has {MIN_ENTROPY} to {MAX_ENTROPY} bytes"
        )));
    }
    check_time(request.unix_nanos)
}

/// Mixes the bytes into the pool, and makes the generator start anew from it: what was restored from a template has the same state as
/// its siblings until then.
///
/// The second call counts the generator's generation up. Each CPU's own generator, and the numbers that it keeps ahead for the kernel
/// itself, are of the old one then, and are made anew before anything is taken of them (the kernel's drivers/char/random.c).
pub fn add_entropy(bytes: &[u8]) -> Result<(), Errno> {
    #[repr(C)]
    struct PoolInfo {
        entropy_bits: libc::c_int,
        length: libc::c_int,
        bytes: [u8; MAX_ENTROPY],
    }
    let length = bytes.len().min(MAX_ENTROPY);
    let mut info = PoolInfo {
        entropy_bits: (length * 8) as libc::c_int,
        length: length as libc::c_int,
        bytes: [0; MAX_ENTROPY],
    };
    info.bytes[..length].copy_from_slice(&bytes[..length]);
    let device = File::open("/dev/urandom")
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    // SAFETY: the structure begins as rand_pool_info does and holds as many bytes as it says.
    done(unsafe { libc::ioctl(device.as_raw_fd(), RNDADDENTROPY, &raw const info) })?;
    // SAFETY: the call takes no argument.
    done(unsafe { libc::ioctl(device.as_raw_fd(), RNDRESEEDCRNG, 0) })
}

fn done(result: libc::c_int) -> Result<(), Errno> {
    match result {
        0 => Ok(()),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}

/// Steps the clock.
pub fn set_clock(unix_nanos: i64) -> Result<(), Status> {
    check_time(unix_nanos)?;
    let time = Timespec {
        tv_sec: unix_nanos / NANOS,
        tv_nsec: unix_nanos % NANOS,
    };
    clock_settime(ClockId::Realtime, time)
        .map_err(|errno| from_errno(errno, "could not set the clock"))
}

fn check_time(unix_nanos: i64) -> Result<(), Status> {
    if unix_nanos <= 0 {
        return Err(invalid("the host's clock is before 1970"));
    }
    Ok(())
}
