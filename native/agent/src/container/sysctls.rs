//! Settings of the kernel that the container has for itself, because they belong to its IPC or network namespace.

use std::fs;

use rustix::io::Errno;
use tonic::Status;

use crate::fault::invalid;
use crate::proto::Sysctl;

const MAX_SETTINGS: usize = 256;
const MAX_LENGTH: usize = 4096;
/// Of the IPC namespace; what is in `fs.mqueue` and `net` belongs to a namespace as a whole.
const IPC: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
];

/// By its name with dots, as sysctl(8) has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
}

pub fn check(settings: &[Sysctl]) -> Result<Vec<Setting>, Status> {
    if settings.len() > MAX_SETTINGS {
        return Err(invalid(format!("more than {MAX_SETTINGS} sysctls")));
    }
    settings
        .iter()
        .map(|Sysctl { name, value }| {
            let plain =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
            let own = IPC.contains(&&name[..])
                || name.starts_with("fs.mqueue.")
                || name.starts_with("net.");
            if !own
                || !name.bytes().all(plain)
                || name.len() > MAX_LENGTH
                || name.split('.').any(str::is_empty)
            {
                return Err(invalid(format!(
                    "the sysctl '{name}' belongs to no namespace of the container"
                )));
            }
            if value.len() > MAX_LENGTH || value.contains(['\0', '\n']) {
                return Err(invalid(format!(
                    "the value of the sysctl '{name}' is no line of text"
                )));
            }
            Ok(Setting {
                name: name.clone().into_bytes(),
                value: value.clone().into_bytes(),
            })
        })
        .collect()
}

impl Setting {
    /// Call in the container's namespaces, with the agent's /proc.
    pub fn apply(&self) -> Result<(), Errno> {
        let path = String::from_utf8_lossy(&self.name).replace('.', "/");
        fs::write(format!("/proc/sys/{path}"), &self.value)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_belongs_to_a_namespace_only() {
        let take = |name: &str| {
            check(&[Sysctl {
                name: name.into(),
                value: "1".into(),
            }])
            .is_ok()
        };
        for name in ["net.core.somaxconn", "kernel.shmmax", "fs.mqueue.msg_max"] {
            assert!(take(name), "{name}");
        }
        for name in [
            "kernel.panic",
            "vm.swappiness",
            "net..core",
            "net./../kernel/panic",
            "net",
            "",
        ] {
            assert!(!take(name), "{name}");
        }
        let value = Sysctl {
            name: "net.core.somaxconn".into(),
            value: "1\n2".into(),
        };
        assert!(check(&[value]).is_err());
    }
}
