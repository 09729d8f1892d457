//! The container's cgroup (v2): `/box`.

use std::fs;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result};

/// For clone3; libc's constant has the type of the older calls, which it does not fit.
pub const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

const PATH: &str = "/sys/fs/cgroup/box";

/// Makes it; the descriptor is for starting processes in it.
pub fn create() -> Result<OwnedFd> {
    match rustix::fs::mkdir(PATH, Mode::from(0o755)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(PATH, flags, Mode::empty())
}

/// The number in a file that holds just one; zero without a container.
pub fn number(file: &str) -> u64 {
    read(file).trim().parse().unwrap_or(0)
}

/// The number behind a name in a file of `name number` lines; zero without a container.
pub fn named_number(file: &str, name: &str) -> u64 {
    find_named(&read(file), name).unwrap_or(0)
}

/// The processes in it, as the agent numbers them.
pub fn processes() -> Vec<i32> {
    read("cgroup.procs")
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect()
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
