//! Pipes between an execution's process and the agent. The agent's ends do not block; the process's do, as programs expect.

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Result;
use rustix::pipe::{PipeFlags, pipe_with};

/// The agent's ends.
pub struct Ours {
    pub stdin: Option<OwnedFd>,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
}

/// The process's ends; to be dropped once it has them.
pub struct Theirs {
    stdin: Option<OwnedFd>,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

pub fn make(with_stdin: bool) -> Result<(Ours, Theirs)> {
    let output = || -> Result<(OwnedFd, OwnedFd)> {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        fcntl_setfl(&reader, OFlags::RDONLY | OFlags::NONBLOCK)?;
        Ok((reader, writer))
    };
    let (stdout, their_stdout) = output()?;
    let (stderr, their_stderr) = output()?;
    let (stdin, their_stdin) = match with_stdin {
        false => (None, None),
        true => {
            let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
            fcntl_setfl(&writer, OFlags::WRONLY | OFlags::NONBLOCK)?;
            (Some(writer), Some(reader))
        }
    };
    let theirs = Theirs {
        stdin: their_stdin,
        stdout: their_stdout,
        stderr: their_stderr,
    };
    Ok((
        Ours {
            stdin,
            stdout,
            stderr,
        },
        theirs,
    ))
}

impl Theirs {
    /// In the order that the spawner expects.
    pub fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        use std::os::fd::AsFd;
        let outputs = [self.stdout.as_fd(), self.stderr.as_fd()];
        self.stdin.iter().map(AsFd::as_fd).chain(outputs).collect()
    }
}
