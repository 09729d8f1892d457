//! What stands between an execution's process and the agent: pipes, or a terminal. The agent's ends do not block; the process's do, as
//! programs expect.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::{Errno, Result, fcntl_dupfd_cloexec};
use rustix::pipe::{PipeFlags, pipe_with};

use super::terminal::{self, Size, Terminal};

/// The agent's ends.
pub struct Ours {
    pub stdin: Option<OwnedFd>,
    pub stdout: OwnedFd,
    /// None with a terminal, which shows both.
    pub stderr: Option<OwnedFd>,
    pub terminal: Option<Terminal>,
}

/// The process's ends, in the order that the spawner expects; to be dropped once it has them.
pub struct Theirs(Vec<OwnedFd>);

impl Theirs {
    /// Another descriptor of the first of them.
    pub fn first(&self) -> Result<OwnedFd> {
        let first = self.0.first().ok_or(Errno::BADF)?;
        fcntl_dupfd_cloexec(first, 0)
    }

    pub fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        self.0.iter().map(AsFd::as_fd).collect()
    }
}

pub fn pipes(with_stdin: bool) -> Result<(Ours, Theirs)> {
    let output = || -> Result<(OwnedFd, OwnedFd)> {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        fcntl_setfl(&reader, OFlags::RDONLY | OFlags::NONBLOCK)?;
        Ok((reader, writer))
    };
    let (stdout, their_stdout) = output()?;
    let (stderr, their_stderr) = output()?;
    let mut theirs = vec![their_stdout, their_stderr];
    let mut stdin = None;
    if with_stdin {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        fcntl_setfl(&writer, OFlags::WRONLY | OFlags::NONBLOCK)?;
        stdin = Some(writer);
        theirs.insert(0, reader);
    }
    let ours = Ours {
        stdin,
        stdout,
        stderr: Some(stderr),
        terminal: None,
    };
    Ok((ours, Theirs(theirs)))
}

/// A terminal of the container with this root.
pub fn terminal(root: impl AsFd, size: Size, with_stdin: bool) -> Result<(Ours, Theirs)> {
    let (terminal, slave) = terminal::open(root, size)?;
    let ours = Ours {
        stdin: with_stdin.then(|| terminal.master()).transpose()?,
        stdout: terminal.master()?,
        stderr: None,
        terminal: Some(terminal),
    };
    Ok((ours, Theirs(vec![slave])))
}
