//! Answers one request after another.
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::request::Request;

/// The most that the driver takes in one write to a port.
pub const CHUNK: usize = 32 * 1024;

const BUSYBOX: &str = "/bin/busybox";

/// Reads a request and answers it. False when the port gave none: the host is not connected.
pub fn next(requests: &mut BufReader<&File>, port: &File) -> io::Result<bool> {
    let mut line = String::new();
    if requests.read_line(&mut line)? == 0 {
        return Ok(false);
    }
    let mut out = port;
    match Request::parse(line.trim_end_matches('\n')) {
        Some(Request::Echo) => out.write_all(line.as_bytes())?,
        Some(Request::Exec(argv)) => out.write_all(&exec(&argv)?)?,
        Some(Request::Send(bytes)) => send(bytes, port)?,
        Some(Request::Pour(argv)) => pour(&argv, port)?,
        Some(Request::Receive(bytes)) => {
            let received = io::copy(&mut requests.take(bytes), &mut io::sink())?;
            writeln!(out, "received {received}")?;
        }
        None => writeln!(out, "what is {line:?}?")?,
    }
    Ok(true)
}

/// As the standard library starts it: `posix_spawn`, with nothing between it and the program.
fn exec(argv: &[&str]) -> io::Result<Vec<u8>> {
    let mut child = Command::new(BUSYBOX)
        .args(argv)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut answer = Vec::with_capacity(256);
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_end(&mut answer)?;
    }
    let code = child.wait()?.code().unwrap_or(-1);
    writeln!(answer, "exit {code}")?;
    Ok(answer)
}

fn send(bytes: u64, mut port: &File) -> io::Result<()> {
    let chunk = [0; CHUNK];
    let mut left = bytes;
    while left > 0 {
        let now = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        port.write_all(&chunk[..now])?;
        left -= now as u64;
    }
    Ok(())
}

fn pour(argv: &[&str], port: &File) -> io::Result<()> {
    Command::new(BUSYBOX)
        .args(argv)
        .stdout(port.try_clone()?)
        .status()?;
    Ok(())
}
