//! Capabilities by name and as sets of bits, numbered as in Linux.

use rustix::io::Errno;

const NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// The highest that a kernel could know; the sets hold 64 bits.
const MAX_NUMBER: u32 = 63;
const VERSION_3: u32 = 0x2008_0522;

/// The set of the named ones; the first name that is none is the error.
pub fn parse(names: &[String]) -> Result<u64, &str> {
    names.iter().try_fold(0, |set, name| {
        match NAMES.iter().position(|known| known == name) {
            Some(number) => Ok(set | 1 << number),
            None => Err(name.as_str()),
        }
    })
}

/// Takes the rest out of the bounding set, so that no program that is started from here can have them. Cannot be undone.
pub fn limit_bounding_set(allowed: u64) -> Result<(), Errno> {
    for number in 0..=MAX_NUMBER {
        if allowed & (1 << number) != 0 {
            continue;
        }
        // SAFETY: no pointers.
        if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) } != 0 {
            // EINVAL: the kernel knows none of this number, nor any higher.
            match std::io::Error::last_os_error().raw_os_error() {
                Some(libc::EINVAL) => break,
                other => return Err(Errno::from_raw_os_error(other.unwrap_or(libc::EIO))),
            }
        }
    }
    Ok(())
}

/// Makes `allowed` the permitted and effective set of this thread. The inheritable one is left empty: what a program gets comes from
/// the bounding set, and a filled one would hand capabilities to programs with file capabilities of their own.
///
/// A plain system call, so that a child on borrowed memory may do it.
pub fn limit_to(allowed: u64) -> Result<(), Errno> {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    #[repr(C)]
    struct Half {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    let header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let half = |bits: u32| Half {
        effective: bits,
        permitted: bits,
        inheritable: 0,
    };
    let sets = [half(allowed as u32), half((allowed >> 32) as u32)];
    // SAFETY: both have the layout that version 3 of the call wants.
    if unsafe { libc::syscall(libc::SYS_capset, &raw const header, sets.as_ptr()) } == 0 {
        return Ok(());
    }
    // SAFETY: errno of this thread.
    Err(Errno::from_raw_os_error(unsafe {
        *libc::__errno_location()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_kernels_numbers() {
        let parse = |name: &str| parse(&[name.to_owned()]).map_err(str::to_owned);
        assert_eq!(parse("CAP_CHOWN"), Ok(1));
        assert_eq!(parse("CAP_SYS_ADMIN"), Ok(1 << 21));
        assert_eq!(parse("CAP_SETFCAP"), Ok(1 << 31));
        assert_eq!(parse("CAP_CHECKPOINT_RESTORE"), Ok(1 << 40));
        assert_eq!(parse("cap_chown"), Err("cap_chown".to_owned()));
    }
}
