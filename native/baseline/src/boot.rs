//! Brings the guest from the kernel's first process to an open port.
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::mount::{MountFlags, mount};

/// How long the port may take to appear once its driver is loaded.
const PORT_DEADLINE: Duration = Duration::from_secs(10);

pub fn mount_kernel_filesystems() -> io::Result<()> {
    for (kind, target) in [("devtmpfs", "/dev"), ("proc", "/proc"), ("sysfs", "/sys")] {
        fs::create_dir_all(target)?;
        mount(kind, target, kind, MountFlags::empty(), None)?;
    }
    Ok(())
}

/// Loads the files that `/modules/order` names, in that order. A kernel without modules has all of it built in.
pub fn load_modules() -> io::Result<()> {
    for name in fs::read_to_string("/modules/order")?.lines() {
        let file = File::open(format!("/modules/{name}"))?;
        match rustix::system::finit_module(&file, c"", 0) {
            Err(Errno::NOSYS) => return Ok(()),
            loaded => loaded?,
        }
    }
    Ok(())
}

/// Opens the machine's only virtio-serial port. It appears a moment after its driver, and can be opened another moment later.
pub fn open_port() -> io::Result<File> {
    let deadline = Instant::now() + PORT_DEADLINE;
    loop {
        match find_port()?.map(|path| OpenOptions::new().read(true).write(true).open(path)) {
            Some(Ok(port)) => return Ok(port),
            Some(Err(error)) if Instant::now() > deadline => return Err(error),
            None if Instant::now() > deadline => {
                return Err(io::Error::other("no virtio-serial port appeared"));
            }
            _ => sleep(Duration::from_millis(1)),
        }
    }
}

fn find_port() -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir("/dev")? {
        let path = entry?.path();
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("vport"))
        {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
