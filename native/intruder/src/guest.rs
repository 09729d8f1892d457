//! What there is in a guest only: its disks, the agent's port, the host's share, and the first process of the container.

use std::ffi::{CStr, CString};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use crate::attempt::{Attempt, attempt};
use crate::sys::{check, failure};

const HERE: &[&str] = &["guest"];
/// The process whose parent is outside of the container.
const FIRST: libc::pid_t = 1;

pub const ATTEMPTS: &[Attempt] = &[
    attempt("read a disk of the machine", HERE, |_| {
        let node = disk_node()?;
        File::open(node.to_string_lossy().as_ref())?
            .read(&mut [0; 512])
            .map(drop)
    }),
    attempt("write a disk of the machine", HERE, |_| {
        let node = disk_node()?;
        OpenOptions::new()
            .write(true)
            .open(node.to_string_lossy().as_ref())
            .map(drop)
    }),
    attempt("mount a disk of the machine", HERE, |_| {
        let node = disk_node()?;
        [c"ext4", c"erofs"]
            .into_iter()
            .map(|kind| mount(&node, kind, c""))
            .find(Result::is_ok)
            .unwrap_or_else(|| mount(&node, c"ext4", c""))
    }),
    attempt("open the agent's port", HERE, |_| {
        let port = std::fs::read_dir("/sys/class/virtio-ports")?
            .next()
            .ok_or_else(|| failure(libc::ENOENT))??;
        let numbers = std::fs::read_to_string(port.path().join("dev"))?;
        let node = node(libc::S_IFCHR, numbers.trim().split(':'))?;
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(node.to_string_lossy().as_ref())
            .map(drop)
    }),
    attempt("mount a share of the host's (9p)", HERE, |_| {
        mount(c"boxlite", c"9p", c"trans=virtio")
    }),
    attempt("use I/O ports", HERE, |_| {
        // SAFETY: plain system call.
        check(unsafe { libc::ioperm(0x80, 1, 1) }.into()).map(drop)
    }),
    attempt("trace the container's first process", HERE, |_| {
        // SAFETY: it is not stopped by this, and let go when this process ends.
        check(unsafe { libc::ptrace(libc::PTRACE_SEIZE, FIRST, 0, 0) }).map(drop)
    }),
    attempt("open the first process's memory", HERE, |_| {
        let memory = File::open(format!("/proc/{FIRST}/mem"))?;
        let maps = std::fs::read_to_string(format!("/proc/{FIRST}/maps"))?;
        let begin = maps.split('-').next().unwrap_or("");
        let address = u64::from_str_radix(begin, 16).map_err(|_| failure(libc::EACCES))?;
        memory.read_exact_at(&mut [0], address)
    }),
    attempt("execute the first process's program anew", HERE, |_| {
        OpenOptions::new()
            .write(true)
            .open(format!("/proc/{FIRST}/exe"))
            .map(drop)
    }),
    attempt("find a process outside of the container", HERE, |_| {
        // Its parent is none in here (pid_namespaces(7)), as that of the container's own first process and of what the agent starts.
        let outside = each_process()?.any(|pid| {
            let program = std::fs::read_link(format!("/proc/{pid}/exe"));
            pid != FIRST && program.is_ok_and(|program| program.ends_with("init"))
        });
        if outside {
            Ok(())
        } else {
            Err(failure(libc::ESRCH))
        }
    }),
    attempt("see the guest's files by a process's root", HERE, |_| {
        each_process()?
            .any(|pid| std::fs::exists(format!("/proc/{pid}/root/run/boxlite")).unwrap_or(false))
            .then_some(())
            .ok_or_else(|| failure(libc::ENOENT))
    }),
    attempt("make a cgroup above its own", HERE, |_| {
        let place = "/sys/fs/cgroup/../boxlite-intruder";
        std::fs::create_dir(place)?;
        std::fs::remove_dir(place)
    }),
    attempt("raise its cgroup's limits", HERE, |_| {
        std::fs::write("/sys/fs/cgroup/pids.max", "max")
    }),
];

fn each_process() -> io::Result<impl Iterator<Item = libc::pid_t>> {
    Ok(std::fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

/// A node of the first disk that the kernel lists.
fn disk_node() -> io::Result<CString> {
    let partitions = std::fs::read_to_string("/proc/partitions")?;
    let line = partitions
        .lines()
        .nth(2)
        .ok_or_else(|| failure(libc::ENOENT))?;
    node(libc::S_IFBLK, line.split_whitespace())
}

fn node<'a>(kind: libc::mode_t, mut numbers: impl Iterator<Item = &'a str>) -> io::Result<CString> {
    let mut number = || -> io::Result<u32> {
        let text = numbers.next().ok_or_else(|| failure(libc::ENOENT))?;
        text.parse().map_err(|_| failure(libc::EINVAL))
    };
    let device = libc::makedev(number()?, number()?);
    let path = CString::new(format!("/tmp/intruder-{}", std::process::id()))?;
    // SAFETY: a C string.
    check(unsafe { libc::mknod(path.as_ptr(), kind | 0o600, device) }.into())?;
    Ok(path)
}

fn mount(source: &CStr, kind: &CStr, options: &CStr) -> io::Result<()> {
    // SAFETY: C strings.
    unsafe {
        check(
            libc::mount(
                source.as_ptr(),
                c"/tmp".as_ptr(),
                kind.as_ptr(),
                libc::MS_RDONLY,
                options.as_ptr().cast(),
            )
            .into(),
        )?;
        check(libc::umount2(c"/tmp".as_ptr(), libc::MNT_DETACH).into()).map(drop)
    }
}
