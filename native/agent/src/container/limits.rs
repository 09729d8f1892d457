//! Resource limits of the container's processes, getrlimit(2).

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, setrlimit};
use tonic::Status;

use crate::fault::invalid;
use crate::proto::ResourceLimit;

/// By their numbers in Linux.
const NAMES: [&str; 16] = [
    "RLIMIT_CPU",
    "RLIMIT_FSIZE",
    "RLIMIT_DATA",
    "RLIMIT_STACK",
    "RLIMIT_CORE",
    "RLIMIT_RSS",
    "RLIMIT_NPROC",
    "RLIMIT_NOFILE",
    "RLIMIT_MEMLOCK",
    "RLIMIT_AS",
    "RLIMIT_LOCKS",
    "RLIMIT_SIGPENDING",
    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",
    "RLIMIT_RTPRIO",
    "RLIMIT_RTTIME",
];

/// As systemd and Docker have it: a low limit that old programs (with select, or closing all descriptors) bear, and room to raise it.
const OPEN_FILES: Rlimit = Rlimit {
    current: Some(1024),
    maximum: Some(524_288),
};
/// The kernel's own default depends on the memory, and is low in a small Box; the cgroup counts processes better.
const PROCESSES: Rlimit = Rlimit {
    current: None,
    maximum: None,
};

/// The greatest number means no limit, as for the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub resource: u32,
    pub soft: u64,
    pub hard: u64,
}

pub fn check(limits: &[ResourceLimit]) -> Result<Vec<Limit>, Status> {
    if limits.len() > NAMES.len() {
        return Err(invalid(format!(
            "there are only {} resource limits",
            NAMES.len()
        )));
    }
    limits
        .iter()
        .map(|ResourceLimit { name, soft, hard }| {
            let found = NAMES.iter().position(|known| known == name);
            let resource =
                found.ok_or_else(|| invalid(format!("'{name}' is no resource limit")))?;
            if soft > hard {
                return Err(invalid(format!(
                    "{name}: {soft} is above its hard limit {hard}"
                )));
            }
            Ok(Limit {
                resource: resource as u32,
                soft: *soft,
                hard: *hard,
            })
        })
        .collect()
}

/// Sets what all containers have.
pub fn apply_defaults() -> Result<(), Errno> {
    setrlimit(Resource::Nofile, OPEN_FILES)?;
    setrlimit(Resource::Nproc, PROCESSES)
}

impl Limit {
    /// A plain system call, so that a child on borrowed memory may do it.
    pub fn apply(&self) -> Result<(), Errno> {
        let limit = libc::rlimit64 {
            rlim_cur: self.soft,
            rlim_max: self.hard,
        };
        let nothing = std::ptr::null::<libc::rlimit64>();
        // SAFETY: the kernel reads the limit, and writes nothing.
        match unsafe {
            libc::syscall(
                libc::SYS_prlimit64,
                0,
                self.resource,
                &raw const limit,
                nothing,
            )
        } {
            0 => Ok(()),
            // SAFETY: errno of this thread.
            _ => Err(Errno::from_raw_os_error(unsafe {
                *libc::__errno_location()
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_kernels_numbers() {
        let parse = |name: &str, soft, hard| {
            check(&[ResourceLimit {
                name: name.into(),
                soft,
                hard,
            }])
            .map(|found| found[0].resource)
        };
        assert_eq!(parse("RLIMIT_NOFILE", 1, 2).unwrap(), libc::RLIMIT_NOFILE);
        assert_eq!(
            parse("RLIMIT_RTTIME", 1, u64::MAX).unwrap(),
            libc::RLIMIT_RTTIME
        );
        assert!(parse("NOFILE", 1, 2).is_err());
        assert!(parse("RLIMIT_NOFILE", 3, 2).is_err());
    }
}
