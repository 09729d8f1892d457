//! Calls that fail without an end to the engine.

use libc::*;

use super::Rules;
use super::calls::rule;

/// Set-user-id and set-group-id (inode(7)).
const SET_ID: [u64; 2] = [0o4000, 0o2000];
/// `O_TMPFILE` without the bit of `O_DIRECTORY`, which is not its own.
const TEMPORARY: u64 = (O_TMPFILE & !O_DIRECTORY) as u64;

/// What QEMU and its libraries ask for and can do without. What the first three do is not in their arguments, where a filter could see it; the
/// others would remove the names of sockets, and choose nodes of memory.
pub const UNKNOWN: [c_long; 5] = [
    SYS_clone3,
    SYS_openat2,
    SYS_io_uring_setup,
    SYS_unlink,
    SYS_set_mempolicy,
];

pub fn unknown() -> Rules {
    UNKNOWN.map(|number| (number, Vec::new())).into()
}

/// What no engine may do to files of the host, whoever asks it to: make one set-user-id or set-group-id. Such a file of the owner's would be a
/// way for others on the host to become the owner. And without need, make none at all: many of them would fill the host's disk.
pub fn files(new_files: bool) -> Rules {
    let with_mode = [
        (SYS_chmod, 1),
        (SYS_creat, 1),
        (SYS_fchmod, 1),
        (SYS_fchmodat, 2),
        (SYS_fchmodat2, 2),
        (SYS_mknod, 1),
        (SYS_mknodat, 2),
    ];
    let opening = [(SYS_open, 1), (SYS_openat, 2)];

    let mut rules = Rules::new();
    for (number, argument) in with_mode {
        let each = SET_ID
            .iter()
            .flat_map(|bit| rule(&[(argument, *bit, *bit)]));
        rules.insert(number, each.collect());
    }
    // The mode follows the flags, and means something only where a file is made.
    for (number, flags) in opening {
        let makes = [O_CREAT as u64, TEMPORARY];
        let each = makes.iter().flat_map(|make| {
            let forbidden: &[_] = if new_files { &SET_ID } else { &[0] };
            forbidden
                .iter()
                .flat_map(move |bit| rule(&[(flags, *make, *make), (flags + 1, *bit, *bit)]))
        });
        rules.insert(number, each.collect());
    }
    rules
}
