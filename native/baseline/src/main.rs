//! PID 1 of the guest that benchmarks compare a Box with: no gRPC, no container, no async runtime; one line asks, the answer follows.
//! What a Box takes longer than this is what BoxLite's own work costs, the machine and the emulator taken out.
//!
//! At start it writes `READY <seconds since the kernel's start>`. Then, one request a line (`request.rs`), one after another.
mod boot;
mod request;
mod serve;

use std::fs;
use std::io::{self, BufReader, Write};
use std::thread::sleep;
use std::time::Duration;

fn main() -> io::Result<()> {
    boot::mount_kernel_filesystems()?;
    boot::load_modules()?;
    let port = boot::open_port()?;
    let uptime = fs::read_to_string("/proc/uptime")?;
    let seconds = uptime.split(' ').next().unwrap_or_default();
    (&port).write_all(format!("READY {seconds}\n").as_bytes())?;

    let mut requests = BufReader::with_capacity(serve::CHUNK, &port);
    loop {
        // The port reads as ended while the host is not connected, and has no event that says when it is again.
        if !serve::next(&mut requests, &port)? {
            sleep(Duration::from_millis(1));
        }
    }
}
