//! The container's network namespace: for now the loopback interface, and nothing else.

use std::fs;

use rustix::io::{Errno, Result};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

/// As Docker sets them: any process may use low ports and send pings, since nobody else shares this network.
const SETTINGS: [(&str, &str); 2] = [
    ("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"),
    ("/proc/sys/net/ipv4/ping_group_range", "0 2147483647"),
];

pub fn bring_up_loopback() -> Result<()> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?;
    // SAFETY: ifreq is plain data.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_name[..2].copy_from_slice(&[b'l' as libc::c_char, b'o' as libc::c_char]);
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    let descriptor = std::os::fd::AsRawFd::as_raw_fd(&socket);
    // SAFETY: the request has the type that this ioctl wants.
    if unsafe {
        libc::ioctl(
            descriptor,
            libc::SIOCSIFFLAGS as libc::Ioctl,
            &raw const request,
        )
    } != 0
    {
        return Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO));
    }
    for (path, value) in SETTINGS {
        // A kernel without one of them is as good.
        let _ = fs::write(path, value);
    }
    Ok(())
}
