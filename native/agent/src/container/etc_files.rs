//! Files of the container that are the agent's: /etc/hostname, /etc/hosts, /etc/resolv.conf, /etc/machine-id and the kernel's boot_id.
//! Made anew for each container on a small tmpfs outside of it, and bound over the image's own files. They stay open in the
//! spawner, so that a machine that gets another name or identity shows it at once.
//!
//! An image's own /etc/machine-id is kept when it is set, as podman does: who put it there wanted it. All Boxes of the image share it.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2, statat, unlinkat,
};
use rustix::io::{Errno, Result};

use super::identity::{self, Identity, Uuid};
use super::mounts;
use crate::boot::mounts::ETC;
use crate::fault::to_errno;

const HOSTNAME: &str = "etc/hostname";
const HOSTS: &str = "etc/hosts";
const RESOLV_CONF: &str = "etc/resolv.conf";
const MACHINE_ID: &str = "etc/machine-id";
/// In /proc.
const BOOT_ID: &str = "sys/kernel/random/boot_id";
/// The container may write to its /etc/hosts; a longer one is left as it is.
const MAX_HOSTS: u64 = 1 << 20;

/// The file that the error concerns, by its path in the container (or in its /proc).
type Failure = (&'static str, Errno);

/// Those that may change.
pub struct EtcFiles {
    hostname: File,
    hosts: File,
    machine_id: File,
    boot_id: File,
}

impl EtcFiles {
    /// Makes the files, for a container whose name and identity are not known yet.
    pub fn make() -> Result<Self> {
        // Without a network there is nobody to ask.
        make(RESOLV_CONF, 0o644)?;
        Ok(Self {
            hostname: make(HOSTNAME, 0o644)?,
            hosts: make(HOSTS, 0o644)?,
            machine_id: make(MACHINE_ID, 0o444)?,
            boot_id: make(BOOT_ID, 0o444)?,
        })
    }

    /// Fills them.
    pub fn write(&self, hostname: &str, identity: &Identity) -> Result<()> {
        overwrite(&self.hostname, format!("{hostname}\n"))?;
        overwrite(&self.hosts, hosts(hostname))?;
        self.identify(identity)
    }

    /// Binds those of /etc over the image's; the container may write to them unless all its root is `read_only`. Call in the container's
    /// mount namespace.
    pub fn bind(root: &OwnedFd, read_only: bool) -> std::result::Result<(), Failure> {
        let etc = mounts::directory(root, "etc").map_err(|errno| ("etc", errno))?;
        for path in [HOSTNAME, HOSTS, RESOLV_CONF] {
            attach(root, &etc, path, read_only).map_err(|errno| (path, errno))?;
        }
        if !identity::is_set(&start_of(root, MACHINE_ID)) {
            attach(root, &etc, MACHINE_ID, read_only).map_err(|errno| (MACHINE_ID, errno))?;
        }
        Ok(())
    }

    /// Binds the boot id over the kernel's. `proc` is the container's /proc.
    pub fn bind_boot_id(proc: &OwnedFd) -> std::result::Result<(), Failure> {
        let bind = || {
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let target = openat(proc, BOOT_ID, flags, Mode::empty())?;
            let tree = mounts::copy(CWD, &source(BOOT_ID))?;
            mounts::make_read_only(&tree, mounts::Depth::One)?;
            mounts::attach(tree, target)
        };
        bind().map_err(|errno| (BOOT_ID, errno))
    }

    pub fn identify_machine(&self, machine: Uuid) -> Result<()> {
        overwrite(&self.machine_id, machine.machine_line())
    }

    /// The container is called `new` now, and was called `old` before.
    pub fn rename(&self, old: &str, new: &str) -> Result<()> {
        overwrite(&self.hostname, format!("{new}\n"))?;
        let size = fstat(&self.hosts)?.st_size as u64;
        if size <= MAX_HOSTS {
            let mut text = vec![0; size as usize];
            // Shorter when the container cuts it just now.
            let length = self.hosts.read_at(&mut text, 0).map_err(to_errno)?;
            text.truncate(length);
            overwrite(&self.hosts, renamed(&text, old, new))?;
        }
        Ok(())
    }

    pub fn identify(&self, identity: &Identity) -> Result<()> {
        overwrite(&self.machine_id, identity.machine_line())?;
        overwrite(&self.boot_id, identity.boot_line())
    }
}

/// A new file: its predecessor may still be in use by what is left of another container.
fn make(of: &str, mode: u32) -> Result<File> {
    let path = source(of);
    match rustix::fs::unlink(&path) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = File::from(openat(CWD, &path, flags, Mode::from(0o600))?);
    // Whatever the umask is.
    rustix::fs::fchmod(&file, Mode::from(mode))?;
    Ok(file)
}

/// In place, since the file is bound as such. Never empty in between, for those who read it meanwhile.
fn overwrite(file: &File, content: impl AsRef<[u8]>) -> Result<()> {
    let content = content.as_ref();
    file.write_all_at(content, 0).map_err(to_errno)?;
    let length = content.len() as u64;
    if fstat(file)?.st_size as u64 > length {
        file.set_len(length).map_err(to_errno)?;
    }
    Ok(())
}

fn hosts(hostname: &str) -> String {
    format!(
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n\
         ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n127.0.1.1\t{hostname}\n"
    )
}

/// The hosts with another name for this one; lines that the container has written itself stay.
fn renamed(hosts: &[u8], old: &str, new: &str) -> Vec<u8> {
    let own = format!("127.0.1.1\t{old}\n");
    let own = own.as_bytes();
    let mut lines: Vec<&[u8]> = hosts.split_inclusive(|&byte| byte == b'\n').collect();
    let line = format!("127.0.1.1\t{new}\n");
    match lines.iter_mut().find(|line| **line == own) {
        Some(found) => *found = line.as_bytes(),
        None => lines.push(line.as_bytes()),
    }
    lines.concat()
}

fn attach(root: &OwnedFd, etc: &OwnedFd, path: &str, read_only: bool) -> Result<()> {
    let tree = mounts::copy(CWD, &source(path))?;
    if read_only {
        mounts::make_read_only(&tree, mounts::Depth::One)?;
    }
    mounts::attach(tree, target(root, etc, path)?)
}

/// Where a file of the container is written.
fn source(path: &str) -> String {
    format!("{ETC}/{}", name(path))
}

/// What to bind on: the image's file, also through a link that stays inside, or a new empty one.
fn target(root: &OwnedFd, etc: &OwnedFd, path: &str) -> Result<OwnedFd> {
    let name = name(path);
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    match openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => {}
        result => return result,
    }
    // A link to nothing gives way.
    if let Ok(stat) = statat(etc, name, AtFlags::SYMLINK_NOFOLLOW)
        && FileType::from_raw_mode(stat.st_mode).is_symlink()
    {
        unlinkat(etc, name, AtFlags::empty())?;
    }
    let create = OFlags::RDONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    openat(etc, name, create, Mode::from(0o644))
}

/// The first bytes of a regular file; of anything else none.
fn start_of(root: &OwnedFd, path: &str) -> Vec<u8> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut start = Vec::new();
    if let Ok(file) = openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT)
        && fstat(&file).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file())
    {
        // One that cannot be read counts as empty.
        let _ = File::from(file).take(64).read_to_end(&mut start);
    }
    start
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_leaves_other_lines_alone() {
        let made = hosts("old");
        assert_eq!(
            renamed(made.as_bytes(), "old", "new"),
            hosts("new").as_bytes()
        );
        let own = format!("{}10.0.0.1\told\n", hosts("old"));
        let expected = format!("{}10.0.0.1\told\n", hosts("new"));
        assert_eq!(renamed(own.as_bytes(), "old", "new"), expected.as_bytes());
    }

    #[test]
    fn a_name_that_was_taken_out_is_added() {
        assert_eq!(renamed(b"", "old", "new"), b"127.0.1.1\tnew\n");
        let longer = b"127.0.1.1\tolder\n";
        assert_eq!(
            renamed(longer, "old", "new"),
            b"127.0.1.1\tolder\n127.0.1.1\tnew\n"
        );
    }
}
