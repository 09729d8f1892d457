//! Resource limits (getrlimit(2)) of the engine.

use std::io;

use serde::Deserialize;

use crate::status::{Failure, Step};

/// Limits to set; what is absent stays as inherited.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Limits {
    /// Bytes of a core dump: guest memory must not land on the host's disk.
    pub core: Option<u64>,
    pub open_files: Option<u64>,
    /// Bytes of the largest file that may be written. What a guest prints on its console is bounded by it.
    pub file_bytes: Option<u64>,
}

pub fn apply(limits: &Limits) -> Result<(), Failure> {
    for (name, resource, value) in [
        ("RLIMIT_CORE", libc::RLIMIT_CORE, limits.core),
        ("RLIMIT_NOFILE", libc::RLIMIT_NOFILE, limits.open_files),
        ("RLIMIT_FSIZE", libc::RLIMIT_FSIZE, limits.file_bytes),
    ] {
        if let Some(value) = value {
            set(resource, value).step("limits", name)?;
        }
    }
    Ok(())
}

/// Sets both the soft and the hard limit, never above what the hard limit already is.
fn set(resource: libc::__rlimit_resource_t, value: u64) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid rlimit for both calls.
    unsafe {
        if libc::getrlimit(resource, &mut limit) != 0 {
            return Err(io::Error::last_os_error());
        }
        let value = value.min(limit.rlim_max);
        limit = libc::rlimit {
            rlim_cur: value,
            rlim_max: value,
        };
        if libc::setrlimit(resource, &limit) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
