//! Networks and whoever listens on this machine.

use std::io;
use std::net::{TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

use libc::{c_int, c_long};

use crate::attempt::{Attempt, attempt};
use crate::sys::{check, failure, owned};

pub const ATTEMPTS: &[Attempt] = &[
    attempt("connect to loopback (TCP)", &["port"], |on| {
        TcpStream::connect(("127.0.0.1", on.number("port"))).map(drop)
    }),
    attempt("send to loopback (UDP)", &["port"], |on| {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket
            .send_to(b"x", ("127.0.0.1", on.number("port")))
            .map(drop)
    }),
    attempt("connect to an abstract socket", &["abstract"], |on| {
        UnixStream::connect_addr(&SocketAddr::from_abstract_name(on.text("abstract"))?).map(drop)
    }),
    attempt("connect to another Box's socket", &["socket"], |on| {
        UnixStream::connect(on.text("socket")).map(drop)
    }),
    attempt("send raw packets", &[], |_| {
        let raw = socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP)?;
        let loopback = libc::sockaddr_in {
            sin_family: libc::AF_INET as u16,
            sin_port: 0,
            sin_addr: libc::in_addr {
                s_addr: u32::from_ne_bytes([127, 0, 0, 1]),
            },
            sin_zero: [0; 8],
        };
        send(&raw, &[0; 8], &loopback)
    }),
    attempt("send packets by an interface", &[], |_| {
        let packets = socket(libc::AF_PACKET, libc::SOCK_RAW, 0)?;
        // SAFETY: all of it may be zero.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        // Loopback is the first in each network namespace.
        address.sll_ifindex = 1;
        send(&packets, &[0; 64], &address)
    }),
    attempt("list addresses (netlink)", &[], |_| {
        const GET_ADDRESSES: [u8; 17] = [17, 0, 0, 0, 22, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        const DONE: u16 = 3;
        let netlink = socket(libc::AF_NETLINK, libc::SOCK_RAW, 0)?;
        let mut answer = [0u8; 4096];
        // SAFETY: both buffers are valid for their lengths.
        unsafe {
            check(libc::send(netlink.as_raw_fd(), GET_ADDRESSES.as_ptr().cast(), 17, 0) as c_long)?;
            check(libc::recv(netlink.as_raw_fd(), answer.as_mut_ptr().cast(), 4096, 0) as c_long)?;
        }
        match u16::from_ne_bytes([answer[4], answer[5]]) {
            DONE => Err(failure(libc::ENODATA)),
            _ => Ok(()),
        }
    }),
];

fn socket(family: c_int, kind: c_int, protocol: c_int) -> io::Result<OwnedFd> {
    // SAFETY: plain system call.
    owned(unsafe { libc::socket(family, kind, protocol) }.into())
}

fn send<Address>(socket: &OwnedFd, bytes: &[u8], to: &Address) -> io::Result<()> {
    let (address, length) = (std::ptr::from_ref(to).cast(), size_of::<Address>() as u32);
    // SAFETY: buffer and address are valid for their lengths.
    let sent = unsafe {
        libc::sendto(
            socket.as_raw_fd(),
            bytes.as_ptr().cast(),
            bytes.len(),
            0,
            address,
            length,
        )
    };
    check(sent as c_long).map(drop)
}
