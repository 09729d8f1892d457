//! Capabilities (capabilities(7)) of the engine: none, so that it can undo nothing of its jail.

use std::io;

use crate::status::{Failure, Step};
use crate::sys::check;

/// For an owner who may do anything with files: `CHOWN`, `DAC_OVERRIDE`, `DAC_READ_SEARCH`, `FOWNER`, `FSETID`. Not `MKNOD`: a device that
/// a guest makes in a directory of the host would be one of the host.
const OF_FILES: u64 = 0b1_1111;
/// An owner without privileges has its own rights only.
const NONE: u64 = 0;

/// The last number that a kernel could ever know.
const LAST: u32 = 63;

const STEP: &str = "capabilities";

/// Keeps what the guest's work on the host's files needs, where it has any; otherwise nothing.
pub fn limit(files: bool) -> Result<(), Failure> {
    let kept = if files { OF_FILES } else { NONE };
    limit_bounding_set(kept).step(STEP, "the bounding set")?;
    limit_own(kept).step(STEP, "the process")
}

/// What no program that is executed from here on can get.
fn limit_bounding_set(kept: u64) -> io::Result<()> {
    for capability in (0..=LAST).filter(|number| kept >> number & 1 == 0) {
        // SAFETY: plain system call.
        match check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) }) {
            // This kernel knows no more of them; or who has none may not change what programs could give it, and without new privileges
            // none gives any.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EINVAL | libc::EPERM)) => {
                return Ok(());
            }
            result => result?,
        };
    }
    Ok(())
}

fn limit_own(kept: u64) -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    #[repr(C)]
    struct Header {
        version: u32,
        pid: libc::c_int,
    }
    #[repr(C)]
    #[derive(Default)]
    struct Data {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    let mut header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let mut data = [Data::default(), Data::default()];
    // SAFETY: header and data are as capget(2) has them for version 3.
    unsafe {
        let get = libc::syscall(libc::SYS_capget, &raw mut header, data.as_mut_ptr());
        check(get as libc::c_int)?;
        for (half, shift) in data.iter_mut().zip([0, 32]) {
            half.permitted &= (kept >> shift) as u32;
            half.effective = half.permitted;
            half.inheritable = 0;
        }
        let set = libc::syscall(libc::SYS_capset, &raw mut header, data.as_ptr());
        check(set as libc::c_int).map(drop)
    }
}
