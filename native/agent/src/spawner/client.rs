//! The agent's side: starts the spawner, and sends it one request at a time.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Mutex;
use tonic::Status;

use super::frame::{self, Incoming};
use super::request::{Answer, Refusal, Request, SetUp, Spawn, Spawned};
use super::server;
use crate::fault::{Kind, fault};
use crate::process::reap_failed;
use crate::watch::watch;

/// The spawner before the runtime exists.
pub struct Started {
    socket: OwnedFd,
    pub pid: i32,
}

pub struct Client {
    pub pid: i32,
    socket: Mutex<AsyncFd<OwnedFd>>,
}

impl Client {
    /// Forks the spawner. Must be called while this process has a single thread.
    pub fn fork() -> io::Result<Started> {
        let (ours, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )?;
        // Inherited by the spawner and the container's init process; a program that is started becomes dumpable again.
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        // SAFETY: one thread, so the child may do whatever the parent may.
        match unsafe { libc::fork() } {
            0 => {
                drop(ours);
                // SAFETY: a NUL-terminated name; and SIGPIPE is set back to what programs expect to inherit.
                unsafe {
                    libc::prctl(libc::PR_SET_NAME, c"boxlite-spawner".as_ptr());
                    libc::signal(libc::SIGPIPE, libc::SIG_DFL);
                }
                let errno = server::run(&theirs);
                crate::console::error(format_args!("the spawner ends: {errno}"));
                // SAFETY: ends this process only.
                unsafe { libc::_exit(1) }
            }
            pid @ 1.. => Ok(Started { socket: ours, pid }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub fn new(started: Started) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&started.socket, true)?;
        let Started { socket, pid } = started;
        Ok(Self {
            pid,
            socket: Mutex::new(watch(socket, Interest::READABLE | Interest::WRITABLE)?),
        })
    }

    /// Makes the container; gives the PID of its init process.
    pub async fn set_up(&self, set_up: SetUp) -> Result<i32, Status> {
        Ok(self.ask(&Request::SetUp(set_up), &[]).await?.pid)
    }

    /// Starts a process of the container. Not to be cancelled: the process would have no owner.
    pub async fn spawn(&self, spawn: Spawn, stdio: &[BorrowedFd<'_>]) -> Result<Spawned, Status> {
        self.ask(&Request::Spawn(spawn), stdio).await
    }

    async fn ask(
        &self,
        request: &Request,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<Spawned, Status> {
        let frame = frame::seal(request.encode());
        let socket = self.socket.lock().await;
        let answer = exchange(&socket, &frame, descriptors)
            .await
            .map_err(|error| {
                let message = format!("the guest's spawner does not answer: {error}");
                fault(Kind::Internal, "spawner-lost", message)
            })?;
        match answer {
            Answer::Spawned(spawned) => Ok(spawned),
            Answer::Refused {
                refusal,
                message,
                dead_pid,
            } => {
                if let Some(pid) = dead_pid {
                    reap_failed(pid);
                }
                let (kind, reason) = classify(&refusal);
                Err(fault(kind, reason, message))
            }
        }
    }
}

async fn exchange(
    socket: &AsyncFd<OwnedFd>,
    frame: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<Answer> {
    let mut sent = 0;
    while sent < frame.len() {
        let mut guard = socket.writable().await?;
        let descriptors = if sent == 0 { descriptors } else { &[] };
        match frame::send(socket.as_fd(), &frame[sent..], descriptors) {
            Ok(length) => sent += length,
            Err(Errno::AGAIN) => guard.clear_ready(),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    let mut incoming = Incoming::default();
    loop {
        let mut guard = socket.readable().await?;
        match incoming.receive(socket.as_fd()) {
            Ok(Some((body, _))) => {
                // Nothing more comes until the next request.
                guard.clear_ready();
                return Answer::decode(&body).ok_or_else(|| io::ErrorKind::InvalidData.into());
            }
            Ok(None) => {}
            Err(Errno::AGAIN) => guard.clear_ready(),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn classify(refusal: &Refusal) -> (Kind, &'static str) {
    match refusal {
        Refusal::SetUp => (Kind::Storage, "set-up-failed"),
        Refusal::UserNotFound => (Kind::Execution, "user-not-found"),
        Refusal::GroupNotFound => (Kind::Execution, "group-not-found"),
        Refusal::BadUser => (Kind::InvalidArgument, "bad-user"),
        Refusal::BadWorkingDir => (Kind::Execution, "bad-working-dir"),
        Refusal::CommandNotFound => (Kind::Execution, "command-not-found"),
        Refusal::CommandNotExecutable => (Kind::Execution, "command-not-executable"),
        Refusal::Resources => (Kind::ResourceExhausted, "cannot-start-process"),
    }
}
