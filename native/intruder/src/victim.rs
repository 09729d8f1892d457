//! Another VMM on the same host: a secret in its memory, one in shared memory, an open descriptor, and sockets that listen.

use std::io::{self, Read};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::ptr;

use crate::sys::check;

static SECRET: u8 = b's';

/// Says where all of it is, as targets, and ends when its owner closes its stdin.
pub fn wait() -> io::Result<()> {
    // SAFETY: the segment is attached, so it lasts as long as this process once it is removed.
    let shared = unsafe {
        let id = check(libc::shmget(libc::IPC_PRIVATE, 4096, 0o600).into())? as i32;
        check(libc::shmat(id, ptr::null(), 0) as libc::c_long)?;
        check(libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()).into())?;
        id
    };
    let own = std::process::id();
    let (name, path) = (format!("boxlite-victim-{own}"), "socket");
    let listeners = (
        TcpListener::bind("127.0.0.1:0")?,
        UnixListener::bind(path)?,
        UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?,
    );
    let (address, port) = (&raw const SECRET as usize, listeners.0.local_addr()?.port());
    println!(
        "victim={own} address={address} shm={shared} port={port} abstract={name} socket={}",
        std::env::current_dir()?.join(path).display()
    );
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
