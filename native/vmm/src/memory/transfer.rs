//! Page content, from and to a process (process_vm_readv(2)), many places by one call.

use std::io;

use super::{ram_mapping::RamMapping, runs::Segment, vmm_process::VmmProcess};
use crate::failure::Result;

/// Most places for one call: `UIO_MAXIOV` of the kernel.
pub const MAX_PLACES: usize = 1024;

#[derive(Clone, Copy)]
enum Direction {
    Read,
    Write,
}

/// Fills `local` with the pages of the segments.
pub fn read(
    process: &VmmProcess,
    mapping: &RamMapping,
    segments: &[Segment],
    local: &mut [u8],
) -> Result<()> {
    let base = local.as_mut_ptr();
    // SAFETY: the buffer is ours alone for the time of the call, and as long as said.
    unsafe {
        transfer(
            process,
            mapping,
            segments,
            base,
            local.len(),
            Direction::Read,
        )
    }
    .map_err(|error| process.failure("read the memory of", &error))
}

/// Writes `local` over the pages of the segments.
pub fn write(
    process: &VmmProcess,
    mapping: &RamMapping,
    segments: &[Segment],
    local: &[u8],
) -> Result<()> {
    let base = local.as_ptr().cast_mut();
    // SAFETY: in this direction the kernel only reads the buffer.
    unsafe {
        transfer(
            process,
            mapping,
            segments,
            base,
            local.len(),
            Direction::Write,
        )
    }
    .map_err(|error| process.failure("write the memory of", &error))
}

/// # Safety
/// `local` has `length` bytes that may be read, and written when the direction is `Read`.
unsafe fn transfer(
    process: &VmmProcess,
    mapping: &RamMapping,
    segments: &[Segment],
    local: *mut u8,
    length: usize,
    direction: Direction,
) -> io::Result<()> {
    let mut places = Vec::with_capacity(segments.len().min(MAX_PLACES));
    let (mut done, mut pending) = (0, 0);
    let mut flush = |places: &mut Vec<libc::iovec>, pending: &mut usize| {
        if *pending > 0 {
            // SAFETY: `done + pending` never exceeds `length`, which is checked before a place is added.
            unsafe { call(process.pid, local.add(done), *pending, places, direction) }?;
        }
        done += *pending;
        *pending = 0;
        places.clear();
        io::Result::Ok(())
    };
    let mut left = length;
    for segment in segments {
        for (address, bytes) in mapping.addresses(*segment) {
            left = left.checked_sub(bytes).ok_or(io::ErrorKind::InvalidInput)?;
            places.push(libc::iovec {
                iov_base: address as *mut _,
                iov_len: bytes,
            });
            pending += bytes;
            if places.len() == MAX_PLACES {
                flush(&mut places, &mut pending)?;
            }
        }
    }
    flush(&mut places, &mut pending)?;
    if left == 0 {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

/// # Safety
/// As `transfer`'s.
unsafe fn call(
    pid: i32,
    local: *mut u8,
    length: usize,
    places: &[libc::iovec],
    direction: Direction,
) -> io::Result<()> {
    let local = libc::iovec {
        iov_base: local.cast(),
        iov_len: length,
    };
    let function = match direction {
        Direction::Read => libc::process_vm_readv,
        Direction::Write => libc::process_vm_writev,
    };
    // SAFETY: the local vector is the caller's buffer; the kernel checks the remote addresses.
    let moved = unsafe { function(pid, &local, 1, places.as_ptr(), places.len() as _, 0) };
    match usize::try_from(moved) {
        Err(_) => Err(io::Error::last_os_error()),
        Ok(moved) if moved == length => Ok(()),
        // It stops at the first page that it cannot reach.
        Ok(_) => Err(io::Error::from_raw_os_error(libc::EFAULT)),
    }
}
