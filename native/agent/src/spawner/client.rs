//! The agent's side: starts the nursery, has it fork spawners, and sends each of them one request at a time.

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
use super::nursery;
use super::request::{Answer, Refusal, Request, SetUp, Spawn, Spawned};
use crate::container::identity::{Identity, Uuid};
use crate::container::memory;
use crate::fault::{Kind, fault, from_errno};
use crate::process::reap_failed;
use crate::watch::watch;

/// The nursery before the runtime exists.
pub struct Started(OwnedFd);

pub struct Nursery {
    socket: Socket,
    /// A spawner that was forked ahead, with a container that lacks its image.
    ready: Mutex<Option<Client>>,
}

impl Nursery {
    /// Forks it. Must be called while this process has a single thread.
    pub fn fork() -> io::Result<Started> {
        let (ours, theirs) = pair()?;
        // Inherited by all spawners and the container's init process; a program that is started becomes dumpable again.
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        // SAFETY: one thread, so the child may do whatever the parent may.
        match unsafe { libc::fork() } {
            0 => {
                drop(ours);
                super::become_process(c"boxlite-nursery");
                let errno = nursery::run(theirs);
                super::end(errno)
            }
            1.. => Ok(Started(ours)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub fn new(Started(socket): Started) -> io::Result<Self> {
        Ok(Self {
            socket: Socket::new(socket)?,
            ready: Mutex::new(None),
        })
    }

    /// Has a spawner forked ahead, and a container prepared by it, unless one is there. There must be no other container then: they
    /// share their cgroup's name.
    pub async fn prepare(&self) -> Result<(), Status> {
        let mut ready = self.ready.lock().await;
        if ready.is_none() {
            *ready = Some(self.fork_one().await?);
        }
        Ok(())
    }

    /// A spawner whose container is to be set up.
    pub async fn take(&self) -> Result<Client, Status> {
        match self.ready.lock().await.take() {
            Some(client) => Ok(client),
            None => self.fork_one().await,
        }
    }

    async fn fork_one(&self) -> Result<Client, Status> {
        let failed = |errno| from_errno(errno, "could not make a socket for a spawner");
        let (ours, theirs) = pair().map_err(failed)?;
        let theirs = [theirs.as_fd()];
        let pid = self.socket.spawned(&Request::Fork, &theirs).await?.pid;
        let socket = Socket::new(ours)
            .map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
        let prepare = Request::Prepare {
            max_memory: memory::limit(),
        };
        if let Err(status) = socket.done(&prepare).await {
            Client::end(pid);
            return Err(status);
        }
        Ok(Client { pid, socket })
    }
}

/// One spawner.
pub struct Client {
    pub pid: i32,
    socket: Socket,
}

impl Client {
    /// Makes the container a whole one; gives the PID of its init process.
    pub async fn set_up(&self, set_up: SetUp) -> Result<i32, Status> {
        let request = Request::SetUp(set_up);
        Ok(self.socket.spawned(&request, &[]).await?.pid)
    }

    /// Starts a process of the container. Not to be cancelled: the process would have no owner.
    pub async fn spawn(&self, spawn: Spawn, stdio: &[BorrowedFd<'_>]) -> Result<Spawned, Status> {
        self.socket.spawned(&Request::Spawn(spawn), stdio).await
    }

    /// Gives the container another hostname, and another machine-id where there is one.
    pub async fn rename(&self, hostname: String, machine: Option<Uuid>) -> Result<(), Status> {
        let request = Request::Rename { hostname, machine };
        self.socket.done(&request).await
    }

    /// Gives the container another identity.
    pub async fn identify(&self, identity: Identity) -> Result<(), Status> {
        self.socket.done(&Request::Identify(identity)).await
    }

    /// Ends it, and with it what it holds of the container: its mount namespace is the container's.
    pub fn end(pid: i32) {
        // SAFETY: no pointers; the process is this one's child and not reaped.
        unsafe {
            libc::kill(pid, libc::SIGKILL);
            libc::waitpid(pid, std::ptr::null_mut(), libc::__WALL);
        }
    }
}

fn pair() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC;
    socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

struct Socket(Mutex<AsyncFd<OwnedFd>>);

impl Socket {
    fn new(socket: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        let watched = watch(socket, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self(Mutex::new(watched)))
    }

    async fn spawned(
        &self,
        request: &Request,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<Spawned, Status> {
        match self.ask(request, descriptors).await? {
            Answer::Spawned(spawned) => Ok(spawned),
            answer => Err(refusal(answer)),
        }
    }

    async fn done(&self, request: &Request) -> Result<(), Status> {
        match self.ask(request, &[]).await? {
            Answer::Done => Ok(()),
            answer => Err(refusal(answer)),
        }
    }

    async fn ask(
        &self,
        request: &Request,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<Answer, Status> {
        let frame = frame::seal(request.encode());
        let socket = self.0.lock().await;
        exchange(&socket, &frame, descriptors)
            .await
            .map_err(|error| lost(&error.to_string()))
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

/// What an answer means that is not the one hoped for.
fn refusal(answer: Answer) -> Status {
    let Answer::Refused {
        refusal,
        message,
        dead_pid,
    } = answer
    else {
        return lost("it answers another question");
    };
    if let Some(pid) = dead_pid {
        reap_failed(pid);
    }
    let (kind, reason) = classify(&refusal);
    fault(kind, reason, message)
}

fn lost(why: &str) -> Status {
    let message = format!("the guest's spawner does not answer: {why}");
    fault(Kind::Internal, "spawner-lost", message)
}

fn classify(refusal: &Refusal) -> (Kind, &'static str) {
    match refusal {
        Refusal::SetUp => (Kind::Storage, "set-up-failed"),
        Refusal::Personalise => (Kind::Storage, "personalise-failed"),
        Refusal::UserNotFound => (Kind::Execution, "user-not-found"),
        Refusal::GroupNotFound => (Kind::Execution, "group-not-found"),
        Refusal::BadUser => (Kind::InvalidArgument, "bad-user"),
        Refusal::BadWorkingDir => (Kind::Execution, "bad-working-dir"),
        Refusal::CommandNotFound => (Kind::Execution, "command-not-found"),
        Refusal::CommandNotExecutable => (Kind::Execution, "command-not-executable"),
        Refusal::Resources => (Kind::ResourceExhausted, "cannot-start-process"),
    }
}
