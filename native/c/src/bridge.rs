//! The bridge as a process: one for the program, from the first runtime that is opened to the end of the last.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd, retry_on_intr};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde_json::json;

use crate::connection::{Connection, locked};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::locate::locate_bridge;
use crate::origin::Origin;
use crate::tasks::Tasks;

const PROTOCOL_VERSION: u32 = 1;
/// How long its end may take: its Boxes are stopped meanwhile.
const END_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_SHOWN: usize = 2000;
const READ_BYTES: usize = 64 << 10;

/// A bridge that runs. Who has it keeps it running; with the last one it ends, and is waited for.
pub struct Bridge {
    pub connection: Arc<Connection>,
    /// That reads the socket, and that runs the program's callbacks.
    threads: [Option<JoinHandle<()>>; 2],
}

/// The one that runs, as far as this process knows.
struct Running {
    origin: Origin,
    bridge: Mutex<Weak<Bridge>>,
}

static RUNNING: AtomicPtr<Running> = AtomicPtr::new(null_mut());

/// A forked child has one of its own: in its copy of the parent's, the lock may be held by a thread that it does not have.
fn running() -> &'static Running {
    let known = RUNNING.load(Ordering::Acquire);
    // SAFETY: what was put there is never let go of.
    let here = unsafe { known.as_ref() }.filter(|running| !running.origin.is_elsewhere());
    here.unwrap_or_else(|| {
        let own = Box::into_raw(Box::new(Running {
            origin: Origin::here(),
            bridge: Mutex::default(),
        }));
        match RUNNING.compare_exchange(known, own, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: as above.
            Ok(_) => unsafe { &*own },
            Err(other) => {
                // SAFETY: nobody else knows it; and as above.
                drop(unsafe { Box::from_raw(own) });
                unsafe { &*other }
            }
        }
    })
}

impl Bridge {
    /// The one that runs, or a new one.
    pub fn get() -> Result<Arc<Self>, Failure> {
        let mut running = locked(&running().bridge);
        if let Some(bridge) = running
            .upgrade()
            .filter(|bridge| !bridge.connection.is_over())
        {
            return Ok(bridge);
        }
        let bridge = Arc::new(Self::start()?);
        *running = Arc::downgrade(&bridge);
        Ok(bridge)
    }

    fn start() -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::new(
                "RpcTransport",
                &format!("the bridge to BoxLite cannot be started: {error}"),
                None,
            )
        };
        let (mut process, socket) = Process::spawn(locate_bridge()?).map_err(failed)?;
        let socket = Arc::new(socket);
        let mut source = BufReader::with_capacity(READ_BYTES, SharedSocket(socket.clone()));
        let (tasks, callbacks) = Tasks::start().map_err(failed)?;
        let connection = Arc::new(Connection::new(socket, tasks));
        if let Err(why) = process.greet(&mut source, &connection) {
            connection.close();
            process.wait();
            return Err(why);
        }
        let served = connection.clone();
        let reader = thread::Builder::new()
            .name("boxlite-bridge".into())
            .spawn(move || {
                let end = read_frames(&mut source, &served);
                served.lost(process.describe_end(end.err()));
                // A bridge that has sent what is no frame ends, too.
                served.close();
                process.wait();
                served.tasks.end();
            });
        Ok(Self {
            connection,
            threads: [Some(reader.map_err(failed)?), Some(callbacks)],
        })
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if self.connection.origin.is_elsewhere() {
            // The threads are the parent's; a child has nothing of them that could be waited for or let go of.
            for thread in &mut self.threads {
                std::mem::forget(thread.take());
            }
            return self.connection.abandon();
        }
        self.connection.close();
        let [reader, callbacks] = &mut self.threads;
        let here = thread::current().id();
        // Where one of them lets go of the last runtime, it ends by itself. The one that reads ends the other.
        let is_here = |thread: &Option<JoinHandle<()>>| {
            thread
                .as_ref()
                .is_some_and(|thread| thread.thread().id() == here)
        };
        if is_here(reader) {
            return;
        }
        let _ = reader.take().map(JoinHandle::join);
        if !is_here(callbacks) {
            let _ = callbacks.take().map(JoinHandle::join);
        }
    }
}

fn read_frames(source: &mut impl Read, connection: &Arc<Connection>) -> io::Result<()> {
    while let Some(frame) = Frame::read(source)? {
        connection.receive(frame);
    }
    Ok(())
}

/// Has one descriptor for the thread that reads and for those that write, so that a forked child knows which one to close.
struct SharedSocket(Arc<UnixStream>);

impl Read for SharedSocket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

struct Process {
    child: Child,
    command: [PathBuf; 2],
    errors: File,
}

impl Process {
    fn spawn(command: [PathBuf; 2]) -> io::Result<(Self, UnixStream)> {
        let (socket, its) = UnixStream::pair()?;
        let errors = File::from(memfd_create("boxlite-bridge", MemfdFlags::CLOEXEC)?);
        let number = its.as_raw_fd();
        let mut program = Command::new(&command[0]);
        program.arg(&command[1]).arg("--fd").arg(number.to_string());
        program
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors.try_clone()?);
        // SAFETY: between fork and exec only this system call is made.
        unsafe {
            program.pre_exec(move || {
                let its = rustix::fd::BorrowedFd::borrow_raw(number);
                Ok(fcntl_setfd(its, FdFlags::empty())?)
            })
        };
        let child = program.spawn()?;
        drop(its);
        Ok((
            Self {
                child,
                command,
                errors,
            },
            socket,
        ))
    }

    /// Both say which protocol they speak; the bridge refuses another one.
    fn greet(&self, source: &mut impl Read, connection: &Connection) -> Result<(), Failure> {
        connection.send(&json!({ "t": "hello", "protocol": PROTOCOL_VERSION, "client": "c", "pid": std::process::id() }), &[]);
        match Frame::read(source) {
            Ok(Some(frame)) if frame.head["t"] == "hello" => Ok(()),
            Ok(Some(frame)) if frame.head["t"] == "refused" => {
                Err(Failure::of(&frame.head["e"], frame.body()))
            }
            other => Err(self.describe_end(other.err())),
        }
    }

    /// Why the connection is lost, as far as that is known.
    fn describe_end(&self, error: Option<io::Error>) -> Failure {
        let mut said = [0; MAX_SHOWN];
        let size = self.errors.read_at(&mut said, 0).unwrap_or_default();
        let said = String::from_utf8_lossy(&said[..size]);
        let command = self
            .command
            .each_ref()
            .map(|part| part.to_string_lossy())
            .join(" ");
        let mut message = format!(
            "the bridge to BoxLite (process {}, {command}) has ended",
            self.child.id()
        );
        match (said.trim(), error) {
            ("", None) => message += "; open the runtime again",
            ("", Some(error)) => message += &format!(": {error}"),
            (said, _) => message += &format!(": {said}"),
        }
        Failure::new("RpcTransport", &message, Some("bridge-lost"))
    }

    /// Waits for its end; by force when that takes too long. A program may have waited for it itself.
    fn wait(&mut self) {
        let limit = Timespec {
            tv_sec: END_TIMEOUT.as_secs() as i64,
            tv_nsec: 0,
        };
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(Ok(process)) = pid.map(|pid| pidfd_open(pid, PidfdFlags::empty())) {
            if retry_on_intr(|| poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit)))
                == Ok(0)
            {
                let _ = self.child.kill();
            }
        }
        let _ = self.child.wait();
    }
}
