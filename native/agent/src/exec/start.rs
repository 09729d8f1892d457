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
use super::pipes;
use super::request::Terms;
use super::supervisor::{Parts, Supervisor};
use crate::fault::from_errno;
use crate::machine::Machine;
use crate::process::{Process, reap_failed};
use crate::proto::exec_response::Message;
use crate::proto::{ExecRequest, ExecStarted, Stdio};
use crate::spawner::Spawn;

/// What the start of a command that runs on may be reported late by.
const HEAD_START: Duration = Duration::from_millis(3);

pub struct Job {
    pub machine: Arc<Machine>,
    pub spawn: Spawn,
    pub terms: Terms,
    pub inbound: Streaming<ExecRequest>,
    pub outbox: Outbox,
    pub slot: Slot,
    pub tell: oneshot::Sender<Result<(), Status>>,
}

/// Runs an execution from its start to its end.
pub async fn run(job: Job) {
    let Job {
        machine,
        spawn,
        terms,
        inbound,
        outbox,
        slot,
        tell,
    } = job;
    match start(&machine, spawn, &terms, &outbox).await {
        Err(status) => drop(tell.send(Err(status))),
        Ok(parts) => {
            let _ = tell.send(Ok(()));
            Supervisor::new(parts, terms, inbound, outbox, slot).await;
        }
    }
}

async fn start(
    machine: &Machine,
    spawn: Spawn,
    terms: &Terms,
    outbox: &Outbox,
) -> Result<Parts, Status> {
    let no_pipes = |errno| from_errno(errno, "could not make the pipes of an execution");
    let no_watch = |error: std::io::Error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        from_errno(errno, "could not watch the pipes of an execution")
    };
    let (ours, theirs) = pipes::make(spawn.stdin).map_err(no_pipes)?;
    let credit = terms.output_credit;
    let stdout = Output::new(Stdio::Stdout, ours.stdout, credit);
    let stderr = Output::new(Stdio::Stderr, ours.stderr, credit);
    let stdin_credit = input::first_credit(machine.executions.count());
    let stdin = match ours.stdin {
        Some(pipe) => Some(Input::new(pipe, stdin_credit).map_err(no_watch)?),
        None => None,
    };
    let begun = Instant::now();
    let spawned = machine.spawner.spawn(spawn, &theirs.descriptors()).await?;
    drop(theirs);
    let process = Process::adopt(spawned.pid).map_err(|errno| {
        // SAFETY: no pointers; it is our child and not reaped.
        unsafe { libc::kill(-spawned.pid, libc::SIGKILL) };
        reap_failed(spawned.pid);
        from_errno(errno, "could not watch the process of an execution")
    })?;
    head_start(&process).await;
    outbox.push(Message::Started(ExecStarted {
        pid: spawned.inner_pid as u32,
        stdin_credit: if stdin.is_some() {
            stdin_credit as u32
        } else {
            0
        },
    }));
    Ok(Parts {
        process,
        begun,
        stdin,
        stdout,
        stderr,
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
