//! The engine's own view of the host: its processes, mounts, network, names and users are none but its own.

use crate::status::{Failure, Step};

/// What a user and a group of the host are called in a user namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    pub user: u32,
    pub group: u32,
}

/// The users that a user namespace knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Users {
    /// The owner alone, by the names that are given.
    Owner(Names),
    /// All of the host, by their own names: for who may do anything with files, and what the guest may do with them.
    All,
}

impl Users {
    /// What is written to which file of `/proc/PID` (user_namespaces(7)), in this order.
    pub fn maps(&self) -> Vec<(&'static str, String)> {
        match self {
            Users::All => {
                let all = format!("0 0 {}", u32::MAX);
                vec![("uid_map", all.clone()), ("gid_map", all)]
            }
            Users::Owner(names) => {
                // SAFETY: plain system calls.
                let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
                vec![
                    // Without a privilege outside, groups can be mapped only where none can be dropped.
                    ("setgroups", "deny".to_owned()),
                    ("uid_map", format!("{} {uid} 1", names.user)),
                    ("gid_map", format!("{} {gid} 1", names.group)),
                ]
            }
        }
    }
}

/// The namespaces of one attempt to start the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespaces {
    pub users: Option<Users>,
    /// Mounts, processes, IPC, host name, cgroups and network: all or none.
    pub others: bool,
}

const OTHERS: libc::c_int = libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWNET;

impl Namespaces {
    pub const NONE: Namespaces = Namespaces {
        users: None,
        others: false,
    };

    /// From the best that there is to none: the kernel may know no user namespaces, or have them only for who needs none.
    pub fn attempts(users: Users) -> Vec<Namespaces> {
        let mut attempts = vec![Namespaces {
            users: Some(users),
            others: true,
        }];
        // SAFETY: plain system call.
        if unsafe { libc::geteuid() } == 0 {
            attempts.push(Namespaces {
                users: None,
                others: true,
            });
        }
        attempts.push(Namespaces::NONE);
        attempts
    }

    /// Makes these the last: a user namespace within would have all capabilities in what is made there, and so much of the kernel within reach.
    /// Only who has capabilities in this one could allow it again.
    pub fn forbid_more(self) -> Result<(), Failure> {
        const FILE: &str = "/proc/sys/user/max_user_namespaces";
        match self.users {
            // The limit is this namespace's own (namespaces(7)).
            Some(_) => std::fs::write(FILE, "0").step("namespaces", FILE),
            None => Ok(()),
        }
    }

    pub fn any(self) -> bool {
        self != Namespaces::NONE
    }

    pub fn flags(self) -> libc::c_int {
        (if self.users.is_some() {
            libc::CLONE_NEWUSER
        } else {
            0
        }) | (if self.others { OTHERS } else { 0 })
    }

    /// Those in force, by the names that owners know them by.
    pub fn names(self) -> Vec<&'static str> {
        let user = self.users.map(|_| "user");
        let others: &[_] = if self.others {
            &["mount", "pid", "ipc", "uts", "cgroup", "network"]
        } else {
            &[]
        };
        user.into_iter().chain(others.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_the_best_first_and_none_last() {
        let attempts = Namespaces::attempts(Users::All);
        assert_eq!(
            attempts.first(),
            Some(&Namespaces {
                users: Some(Users::All),
                others: true
            })
        );
        assert_eq!(attempts.last(), Some(&Namespaces::NONE));
        assert_eq!(Namespaces::NONE.flags(), 0);
        assert_eq!(attempts[0].flags(), OTHERS | libc::CLONE_NEWUSER);
    }

    #[test]
    fn maps_the_owner_by_the_name_that_is_asked_for() {
        let maps = Users::Owner(Names { user: 5, group: 6 }).maps();
        assert_eq!(maps[0], ("setgroups", "deny".to_owned()));
        assert!(maps[1].1.starts_with("5 ") && maps[1].1.ends_with(" 1"));
        assert!(maps[2].1.starts_with("6 "));
        assert_eq!(Users::All.maps()[0].1, "0 0 4294967295");
    }
}
