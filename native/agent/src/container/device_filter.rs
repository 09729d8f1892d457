//! Which devices processes of the container may use, whatever nodes they make: a BPF program on the container's cgroup.
//!
//! Allowed as by other container runtimes: the harmless character devices, terminals, and making (but not using) any node. So the
//! disks below the container's own file system are out of its reach.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use rustix::io::{Errno, Result};

const BPF_PROG_LOAD: libc::c_int = 5;
const BPF_PROG_ATTACH: libc::c_int = 8;
const PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const ATTACH_CGROUP_DEVICE: u32 = 6;

const ACCESS_MKNOD: i32 = 1;
const TYPE_CHARACTER: i32 = 2;

/// Character devices by major number and, if not all of it, minor numbers.
const ALLOWED: [(i32, &[i32]); 3] = [
    // null, zero, full, random, urandom
    (1, &[3, 5, 7, 8, 9]),
    // tty, ptmx
    (5, &[0, 2]),
    // pseudo terminals
    (136, &[]),
];

#[repr(C)]
#[derive(Clone, Copy)]
struct Instruction {
    code: u8,
    registers: u8,
    offset: i16,
    value: i32,
}

// Registers: 0 the verdict, 1 the context, 2 the kind of device, 3 the access, 4 the major and 5 the minor number.
const fn load(to: u8, offset: i16) -> Instruction {
    Instruction {
        code: 0x61,
        registers: 1 << 4 | to,
        offset,
        value: 0,
    }
}
const fn copy(to: u8, from: u8) -> Instruction {
    Instruction {
        code: 0xbf,
        registers: from << 4 | to,
        offset: 0,
        value: 0,
    }
}
const fn and(to: u8, value: i32) -> Instruction {
    Instruction {
        code: 0x57,
        registers: to,
        offset: 0,
        value,
    }
}
const fn shift_right(to: u8, value: i32) -> Instruction {
    Instruction {
        code: 0x77,
        registers: to,
        offset: 0,
        value,
    }
}
const fn set(to: u8, value: i32) -> Instruction {
    Instruction {
        code: 0xb7,
        registers: to,
        offset: 0,
        value,
    }
}
const fn skip_if_equal(register: u8, value: i32, offset: i16) -> Instruction {
    Instruction {
        code: 0x15,
        registers: register,
        offset,
        value,
    }
}
const fn skip_unless_equal(register: u8, value: i32, offset: i16) -> Instruction {
    Instruction {
        code: 0x55,
        registers: register,
        offset,
        value,
    }
}
const EXIT: Instruction = Instruction {
    code: 0x95,
    registers: 0,
    offset: 0,
    value: 0,
};

/// The verdict is set to 'allowed' first; each way out that denies sets it to 0.
fn program() -> Vec<Instruction> {
    let mut code = vec![
        load(2, 0),
        copy(3, 2),
        and(2, 0xffff),
        shift_right(3, 16),
        load(4, 4),
        load(5, 8),
        set(0, 1),
        skip_unless_equal(3, ACCESS_MKNOD, 1),
        EXIT,
        skip_if_equal(2, TYPE_CHARACTER, 2),
        set(0, 0),
        EXIT,
    ];
    for (major, minors) in ALLOWED {
        let checks = if minors.is_empty() {
            0
        } else {
            minors.len() as i16 + 1
        };
        code.push(skip_unless_equal(4, major, checks + 1));
        for (index, minor) in minors.iter().enumerate() {
            // To the exit after the remaining checks and the denial.
            code.push(skip_if_equal(5, *minor, (minors.len() - index) as i16));
        }
        if !minors.is_empty() {
            code.push(set(0, 0));
        }
        code.push(EXIT);
    }
    code.extend([set(0, 0), EXIT]);
    code
}

/// Puts the filter on a cgroup, where it stays.
pub fn attach(cgroup: &OwnedFd) -> Result<()> {
    #[repr(C)]
    #[derive(Default)]
    struct Load {
        prog_type: u32,
        insn_cnt: u32,
        insns: u64,
        license: u64,
        log_level: u32,
        log_size: u32,
        log_buf: u64,
        kern_version: u32,
        prog_flags: u32,
    }
    #[repr(C)]
    struct Attach {
        target_fd: u32,
        attach_bpf_fd: u32,
        attach_type: u32,
        attach_flags: u32,
    }
    let code = program();
    let load = Load {
        prog_type: PROG_TYPE_CGROUP_DEVICE,
        insn_cnt: code.len() as u32,
        insns: code.as_ptr() as u64,
        license: c"Apache-2.0".as_ptr() as u64,
        ..Load::default()
    };
    // SAFETY: the structure is a prefix of the kernel's, with its size; both pointers live until the call returns.
    let program = unsafe {
        let size = size_of::<Load>();
        let descriptor = check(libc::syscall(
            libc::SYS_bpf,
            BPF_PROG_LOAD,
            &raw const load,
            size,
        ))?;
        OwnedFd::from_raw_fd(descriptor as libc::c_int)
    };
    let attach = Attach {
        target_fd: cgroup.as_raw_fd() as u32,
        attach_bpf_fd: program.as_raw_fd() as u32,
        attach_type: ATTACH_CGROUP_DEVICE,
        attach_flags: 0,
    };
    let size = size_of::<Attach>();
    // SAFETY: as above.
    check(unsafe { libc::syscall(libc::SYS_bpf, BPF_PROG_ATTACH, &raw const attach, size) })
        .map(drop)
}

fn check(result: libc::c_long) -> Result<libc::c_long> {
    match result {
        0.. => Ok(result),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel would.
    fn verdict(access: u64, kind: u64, major: u64, minor: u64) -> u64 {
        let code = program();
        let context = [access << 16 | kind, major, minor];
        let mut registers = [0u64; 11];
        let mut at = 0;
        loop {
            let Instruction {
                code,
                registers: pair,
                offset,
                value,
            } = code[at];
            let (to, from) = ((pair & 15) as usize, (pair >> 4) as usize);
            at += 1;
            match code {
                0x61 => registers[to] = context[offset as usize / 4],
                0xbf => registers[to] = registers[from],
                0x57 => registers[to] &= value as u64,
                0x77 => registers[to] >>= value,
                0xb7 => registers[to] = value as u64,
                0x15 if registers[to] == value as u64 => at += offset as usize,
                0x55 if registers[to] != value as u64 => at += offset as usize,
                0x15 | 0x55 => {}
                0x95 => return registers[0],
                other => panic!("no such instruction: {other:#x}"),
            }
        }
    }

    #[test]
    fn allows_the_harmless_devices_only() {
        const READ_WRITE: u64 = 6;
        for (major, minor) in [
            (1, 3),
            (1, 5),
            (1, 7),
            (1, 8),
            (1, 9),
            (5, 0),
            (5, 2),
            (136, 0),
            (136, 77),
        ] {
            assert_eq!(verdict(READ_WRITE, 2, major, minor), 1, "{major}:{minor}");
        }
        for (major, minor) in [
            (1, 1),
            (1, 2),
            (1, 4),
            (1, 11),
            (4, 64),
            (5, 1),
            (10, 200),
            (137, 0),
            (254, 0),
        ] {
            assert_eq!(verdict(READ_WRITE, 2, major, minor), 0, "{major}:{minor}");
        }
        // Block devices: may be made, not used.
        assert_eq!(verdict(2, 1, 254, 0), 0);
        assert_eq!(verdict(2, 1, 1, 3), 0);
        assert_eq!(verdict(1, 1, 254, 0), 1);
        assert_eq!(verdict(3, 1, 254, 0), 0);
    }
}
