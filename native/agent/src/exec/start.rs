//! Starts an execution's process, and says how that went; then its supervisor takes over.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use tokio::sync::oneshot;
use tonic::{Status, Streaming};

use super::executions::Slot;
use super::input::{self, Input};
use super::outbox::Outbox;
use super::output::Output;
use super::parts::Parts;
use super::request::Terms;
use super::stdio;
use super::supervisor::Supervisor;
use crate::container::oom_kills::MemoryWatch;
use crate::container::{Container, console};
use crate::fault::from_errno;
use crate::machine::Machine;
use crate::portal::Session;
use crate::process::{Process, reap_failed};
use crate::proto::exec_response::Message;
use crate::proto::{ExecRequest, ExecStarted, Stdio, StdioClosed};
use crate::spawner::Spawn;

/// What the start of a command that runs on may be reported late by.
const HEAD_START: Duration = Duration::from_millis(3);

pub struct Job {
    pub machine: Arc<Machine>,
    pub container: Arc<Container>,
    pub spawn: Spawn,
    pub terms: Terms,
    pub inbound: Streaming<ExecRequest>,
    pub outbox: Outbox,
    pub slot: Slot,
    pub session: Session,
    pub tell: oneshot::Sender<Result<(), Status>>,
}

/// Runs an execution from its start to its end.
pub async fn run(job: Job) {
    let Job {
        machine,
        container,
        spawn,
        terms,
        inbound,
        outbox,
        slot,
        session,
        tell,
    } = job;
    let started = start(&machine, &container, spawn, &terms, &outbox, &slot).await;
    // Its end does not wait for its executions' tasks.
    drop(container);
    match started {
        Err(status) => drop(tell.send(Err(status))),
        Ok(parts) => {
            let _ = tell.send(Ok(()));
            Supervisor::new(parts, terms, inbound, outbox, slot, session).await;
        }
    }
}

async fn start(
    machine: &Machine,
    container: &Arc<Container>,
    spawn: Spawn,
    terms: &Terms,
    outbox: &Outbox,
    slot: &Slot,
) -> Result<Parts, Status> {
    let no_pipes = |errno| from_errno(errno, "could not make the pipes of an execution");
    let no_watch = |error: std::io::Error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        from_errno(errno, "could not watch the pipes of an execution")
    };
    let no_terminal = |errno| from_errno(errno, "could not make the terminal of an execution");
    let (ours, theirs) = match terms.tty {
        None => stdio::pipes(spawn.stdin).map_err(no_pipes)?,
        Some(size) => stdio::terminal(&container.root, size, spawn.stdin).map_err(no_terminal)?,
    };
    let credit = terms.output_credit;
    let has_terminal = ours.terminal.is_some();
    let stdout = match has_terminal {
        true => Output::shown(ours.stdout, credit),
        false => Output::new(Stdio::Stdout, ours.stdout, credit),
    };
    let stderr = ours
        .stderr
        .map(|pipe| Output::new(Stdio::Stderr, pipe, credit));
    let stdin_credit = input::first_credit(machine.executions.count());
    let stdin = match (ours.stdin, has_terminal) {
        (Some(pipe), false) => Some(Input::new(pipe, stdin_credit).map_err(no_watch)?),
        (Some(master), true) => Some(Input::typed(master, stdin_credit).map_err(no_watch)?),
        (None, _) => None,
    };
    if terms.keep && has_terminal {
        let slave = theirs.first().map_err(no_terminal)?;
        console::bind(container.clone(), slave).await?;
    }
    let starting = container.freezer.start().await;
    let mut memory = MemoryWatch::begin(container.oom_kills.clone());
    let begun = Instant::now();
    let spawned = container
        .spawner
        .spawn(spawn, &theirs.descriptors())
        .await?;
    drop(starting);
    drop(theirs);
    let process = Process::adopt(spawned.pid).map_err(|errno| {
        // SAFETY: no pointers; it is our child and not reaped.
        unsafe { libc::kill(-spawned.pid, libc::SIGKILL) };
        reap_failed(spawned.pid);
        from_errno(errno, "could not watch the process of an execution")
    })?;
    memory.set_pid(spawned.pid);
    head_start(&process).await;
    let pid = spawned.inner_pid as u32;
    slot.set_pid(pid);
    outbox.push(Message::Started(ExecStarted {
        pid,
        stdin_credit: stdin.as_ref().map_or(0, Input::credit),
        ..ExecStarted::default()
    }));
    if stderr.is_none() {
        outbox.push(Message::Closed(StdioClosed {
            stdio: Stdio::Stderr.into(),
        }));
    }
    Ok(Parts {
        pid,
        process,
        begun,
        memory,
        stdin,
        stdout,
        stderr,
        terminal: ours.terminal,
    })
}

/// Lets the process go first, for a moment. Most commands have ended by then, and all their news travel to the host in one write,
/// instead of one for the start, one for each output, and one for the end.
async fn head_start(process: &Process) {
    let mut moment = pin!(tokio::time::sleep(HEAD_START));
    poll_fn(|cx| match process.poll_end(cx) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => moment.as_mut().poll(cx),
    })
    .await;
}
