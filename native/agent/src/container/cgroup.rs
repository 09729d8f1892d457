//! The container's cgroup (v2): `/box`.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result};

use crate::fault::to_errno;

/// For clone3; libc's constant has the type of the older calls, which it does not fit.
pub const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

const PATH: &str = "/sys/fs/cgroup/box";

/// Where the kernel says, among other things, whether all processes have halted; it can be waited for.
pub const EVENTS: &str = "/sys/fs/cgroup/box/cgroup.events";

/// Makes it; the descriptor is for starting processes in it.
pub fn create() -> Result<OwnedFd> {
    match rustix::fs::mkdir(PATH, Mode::from(0o755)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(PATH, flags, Mode::empty())
}

/// Zero means any number.
pub fn limit_pids(max: u64) -> Result<()> {
    // A new cgroup has no limit; its predecessor's went with it.
    match max {
        0 => Ok(()),
        _ => fs::write(format!("{PATH}/pids.max"), max.to_string()).map_err(to_errno),
    }
}

/// In bytes; zero means as much as there is. What would take more is killed, by the kernel's choice among the processes in here.
pub fn limit_memory(max: u64) -> Result<()> {
    match max {
        0 => Ok(()),
        _ => fs::write(format!("{PATH}/memory.max"), max.to_string()).map_err(to_errno),
    }
}

/// Removes it, with those that the container has made in it; nothing may run in any of them.
pub fn remove() -> Result<()> {
    let mut found = vec![PathBuf::from(PATH)];
    let mut index = 0;
    while let Some(path) = found.get(index) {
        let entries = fs::read_dir(path).map_err(to_errno)?;
        let directories = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.path());
        found.extend(directories.collect::<Vec<_>>());
        index += 1;
    }
    // Children were found after their parents.
    found.iter().rev().try_for_each(rustix::fs::rmdir)
}

/// Has all its processes halt, or go on. They halt one after the other (cgroup-v2.rst, `cgroup.freeze`).
pub fn freeze(frozen: bool) -> Result<()> {
    let value = if frozen { "1" } else { "0" };
    fs::write(format!("{PATH}/cgroup.freeze"), value).map_err(to_errno)
}

/// The number in a file that holds just one; zero without a container.
pub fn number(file: &str) -> u64 {
    read(file).trim().parse().unwrap_or(0)
}

/// The number behind a name in a file of `name number` lines; zero without a container.
pub fn named_number(file: &str, name: &str) -> u64 {
    find_named(&read(file), name).unwrap_or(0)
}

/// A file of it that is to be read again and again.
pub fn open(file: &str) -> Result<File> {
    File::open(format!("{PATH}/{file}")).map_err(to_errno)
}

/// The processes in it, as the agent numbers them.
pub fn processes() -> Vec<i32> {
    read("cgroup.procs")
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect()
}

/// Whether this process is the only one in it, and none has made a cgroup below it, where others may be.
pub fn holds_only(pid: i32) -> bool {
    processes() == [pid] && find_named(&read("cgroup.stat"), "nr_descendants") == Some(0)
}

fn read(file: &str) -> String {
    fs::read_to_string(format!("{PATH}/{file}")).unwrap_or_default()
}

pub fn find_named(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once([' ', ':'])?;
        (found == name).then(|| value.split_whitespace().next()?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_numbers_by_name() {
        assert_eq!(
            find_named("usage_usec 12\nuser_usec 7\n", "user_usec"),
            Some(7)
        );
        assert_eq!(find_named("MemTotal:   512 kB\n", "MemTotal"), Some(512));
        assert_eq!(find_named("usage_usec x\n\n", "usage_usec"), None);
        assert_eq!(find_named("usage_usec 1\n", "usage"), None);
    }
}
