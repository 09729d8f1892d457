//! What the kernel tells of its devices: that one came, or changed.

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::{Errno, Result};
use rustix::net::{
    AddressFamily, RecvFlags, SocketFlags, SocketType, bind, netlink, recv, socket_with,
};

/// The kernel's own messages, as opposed to those of a udev daemon.
const KERNEL_GROUP: u32 = 1;

/// A socket that is readable once something has happened since. It does not block.
pub fn subscribe() -> Result<OwnedFd> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        Some(netlink::KOBJECT_UEVENT),
    )?;
    bind(&socket, &netlink::SocketAddrNetlink::new(0, KERNEL_GROUP))?;
    Ok(socket)
}

/// Takes all messages that are there. What they say is of no interest: whoever waits looks for itself.
pub fn drain(socket: impl AsFd) -> Result<()> {
    let mut buffer = [0u8; 4096];
    loop {
        match recv(&socket, &mut buffer, RecvFlags::empty()) {
            // ENOBUFS: messages were lost, so there were some.
            Ok(_) | Err(Errno::NOBUFS | Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(()),
            Err(errno) => return Err(errno),
        }
    }
}
