//! Finds the port by its name. Ports appear, and get their names, some time after their driver was loaded: the kernel tells when.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};

use crate::boot::modules::Modules;
use crate::console;
use crate::uevents;

const NAME: &str = "boxlite.portal";
const PORTS: &str = "/sys/class/virtio-ports";
/// After this long without a port the console says what is missing; the wait goes on.
const PATIENCE: Duration = Duration::from_secs(10);

/// Loads modules until the port is there, and opens it.
pub fn open(modules: &mut Modules) -> io::Result<OwnedFd> {
    let events = uevents::subscribe()?;
    let mut complained = false;
    loop {
        if let Some(port) = find() {
            let path = Path::new("/dev").join(port);
            let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
            return Ok(rustix::fs::open(path, flags, Mode::empty())?);
        }
        if modules.load_next() {
            continue;
        }
        if !wait(&events)? && !complained {
            console::error(format_args!(
                "no virtio-serial port is named {NAME}; waiting for one"
            ));
            complained = true;
        }
    }
}

/// Waits for a device event; false when none came in time.
fn wait(events: &OwnedFd) -> rustix::io::Result<bool> {
    let timeout = Timespec {
        tv_sec: PATIENCE.as_secs() as i64,
        tv_nsec: 0,
    };
    if poll(
        &mut [PollFd::from_borrowed_fd(events.as_fd(), PollFlags::IN)],
        Some(&timeout),
    )? == 0
    {
        return Ok(false);
    }
    uevents::drain(events).map(|()| true)
}

fn find() -> Option<String> {
    for entry in fs::read_dir(PORTS).ok()?.flatten() {
        let name = fs::read_to_string(entry.path().join("name")).unwrap_or_default();
        if name.trim_end() == NAME {
            return entry.file_name().into_string().ok();
        }
    }
    None
}
