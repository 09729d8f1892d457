//! Files that are not its own, and more of its own than it may have.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

use libc::c_long;

use crate::attempt::{Attempt, attempt};
use crate::sys::{check, failure, owned};
use crate::targets::Targets;

pub const ATTEMPTS: &[Attempt] = &[
    attempt("read a file of the home", &["secret"], |on| {
        read(on.text("secret"))
    }),
    attempt("read another Box's disk", &["disk"], |on| {
        read(on.text("disk"))
    }),
    attempt("write another Box's disk", &["disk"], |on| {
        write(on.text("disk"))
    }),
    attempt("write a shared image", &["image"], |_| {
        write("shared/image")
    }),
    attempt("write a shared image by its path", &["image"], |on| {
        write(on.text("image"))
    }),
    attempt("read /etc/shadow", &[], |_| read("/etc/shadow")),
    attempt("read a file by its handle", &["handle"], read_by_handle),
    attempt("read /proc of another process", &["victim"], |on| {
        read(&format!("/proc/{}/status", on.text("victim")))
    }),
    attempt("read the owner's environment", &["owner"], |on| {
        read(&format!("/proc/{}/environ", on.text("owner")))
    }),
    attempt("open the owner's descriptors", &["owner"], |on| {
        File::open(format!("/proc/{}/fd/0", on.text("owner"))).map(drop)
    }),
    attempt("read an inherited descriptor", &["secret"], |_| {
        let mut byte = [0];
        // SAFETY: the buffer has one byte.
        check(
            unsafe { libc::pread(crate::careless::LEAKED, byte.as_mut_ptr().cast(), 1, 0) }
                as c_long,
        )
        .map(drop)
    }),
    attempt("read an inherited environment", &["secret"], |_| {
        std::env::var_os(crate::careless::VARIABLE).map_or(Err(failure(libc::ENODATA)), |_| Ok(()))
    }),
    attempt("make new files", &["secret"], |_| {
        let name = "own/new";
        OpenOptions::new().write(true).create_new(true).open(name)?;
        // Where it may not be removed, it goes with the directory.
        let _ = std::fs::remove_file(name);
        Ok(())
    }),
    attempt("write a file larger than the limit", &["secret"], |_| {
        raise(libc::RLIMIT_FSIZE);
        let file = OpenOptions::new().write(true).open("own/disk")?;
        // A hole of 1 TiB before it, so nothing is filled in earnest.
        file.write_all_at(b"x", 1 << 40)?;
        file.set_len(1)
    }),
    attempt("write a core dump", &["secret"], |_| {
        raise(libc::RLIMIT_CORE);
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the structure is valid.
        check(unsafe { libc::getrlimit(libc::RLIMIT_CORE, &mut limit) }.into())?;
        if limit.rlim_max > 1 {
            Ok(())
        } else {
            Err(failure(libc::EPERM))
        }
    }),
    attempt("make its file set-user-ID", &["secret"], |_| {
        let file = File::open("own/disk")?;
        // SAFETY: plain system call.
        check(unsafe { libc::fchmod(file.as_raw_fd(), 0o4755) }.into()).map(drop)
    }),
    attempt("open /dev/mem", &[], |_| read("/dev/mem")),
    attempt("open /dev/port", &[], |_| read("/dev/port")),
    attempt("write /dev/kmsg", &[], |_| {
        OpenOptions::new().write(true).open("/dev/kmsg").map(drop)
    }),
    attempt("open /dev/kvm", &[], |_| {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/kvm")
            .map(drop)
    }),
    attempt("read /proc/kcore", &[], |_| read("/proc/kcore")),
    attempt("change the kernel's settings", &[], |_| {
        OpenOptions::new()
            .write(true)
            .open("/proc/sys/kernel/core_pattern")
            .map(drop)
    }),
    attempt("trigger SysRq", &[], |_| {
        OpenOptions::new()
            .write(true)
            .open("/proc/sysrq-trigger")
            .map(drop)
    }),
    attempt("leave its cgroup", &[], |_| open_any("cgroup.procs")),
    attempt(
        "name a program that the kernel runs (release_agent)",
        &[],
        |_| open_any("release_agent"),
    ),
    attempt("type into the owner's terminal", &[], |_| {
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open("/dev/tty")?;
        // SAFETY: the argument is one byte.
        check(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSTI, b"x") }.into()).map(drop)
    }),
];

/// As far as it goes.
fn raise(resource: libc::__rlimit_resource_t) {
    let all = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the structure is valid.
    unsafe { libc::setrlimit(resource, &all) };
}

fn read(path: &str) -> io::Result<()> {
    match File::open(path)?.read(&mut [0])? {
        // What stands in its place.
        0 => Err(failure(libc::ENODATA)),
        _ => Ok(()),
    }
}

/// Opens a file of the host's root cgroup to write to it, of whichever version there is.
fn open_any(name: &str) -> io::Result<()> {
    let mut outcome = Err(failure(libc::ENOENT));
    for place in ["", "/unified", "/memory", "/pids"] {
        let path = format!("/sys/fs/cgroup{place}/{name}");
        match OpenOptions::new().write(true).open(path) {
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {}
            opened => outcome = opened.map(drop),
        }
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn write(path: &str) -> io::Result<()> {
    OpenOptions::new().append(true).open(path)?.write_all(b"x")
}

/// As open_by_handle_at(2) has it.
#[repr(C)]
struct Handle {
    bytes: u32,
    kind: i32,
    data: [u8; 128],
}

/// In hexadecimal, the kind first.
pub fn handle_of(path: &str) -> io::Result<String> {
    let mut handle = Handle {
        bytes: 128,
        kind: 0,
        data: [0; 128],
    };
    let path = std::ffi::CString::new(path)?;
    let mut mount = 0;
    // SAFETY: the structure has room for what its first field says.
    check(unsafe {
        libc::syscall(
            libc::SYS_name_to_handle_at,
            libc::AT_FDCWD,
            path.as_ptr(),
            &raw mut handle,
            &raw mut mount,
            0,
        )
    })?;
    let data = &handle.data[..handle.bytes as usize];
    let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{:08x}{hex}", handle.kind))
}

fn read_by_handle(on: &Targets) -> io::Result<()> {
    let text = on.text("handle");
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap_or(0);
    let mut handle = Handle {
        bytes: (text.len() as u32 - 8) / 2,
        kind: i32::from_str_radix(&text[..8], 16).unwrap_or(0),
        data: [0; 128],
    };
    for at in 0..handle.bytes as usize {
        handle.data[at] = byte(8 + 2 * at);
    }
    let place = File::open("own/disk")?;
    // SAFETY: the structure is as the call wants it.
    let mut file = File::from(owned(unsafe {
        libc::syscall(
            libc::SYS_open_by_handle_at,
            place.as_raw_fd(),
            &raw const handle,
            libc::O_RDONLY,
        )
    })?);
    file.read(&mut [0]).map(drop)
}
