//! One check of a Box's health: a command in its container, with an end and with little output.

use std::future::{Future, poll_fn};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::{sleep, timeout};

use crate::container::Container;
use crate::process::{End, Process, reap_failed};
use crate::proto::HealthResult;
use crate::spawner::Spawn;
use crate::watch::watch;

/// Of the output; what is more is read and dropped.
const MAX_OUTPUT: usize = 4096;
const FAILED: i32 = -1;

/// Runs a check to its end, the limit's at the latest. The container is let go once the command runs.
pub async fn run(container: Arc<Container>, argv: Vec<Vec<u8>>, limit: Duration) -> HealthResult {
    let start_nanos = unix_nanos();
    let program = String::from_utf8_lossy(&argv[0]).into_owned();
    let (exit_code, output) = match start(container, argv).await {
        Err(message) => {
            let mut output = format!("{program}: {message}\n").into_bytes();
            output.truncate(MAX_OUTPUT);
            (FAILED, output)
        }
        Ok((process, pipe)) => attend(process, pipe, limit).await,
    };
    HealthResult {
        start_nanos,
        end_nanos: unix_nanos(),
        exit_code,
        output: output.into(),
    }
}

async fn start(
    container: Arc<Container>,
    argv: Vec<Vec<u8>>,
) -> Result<(Process, AsyncFd<OwnedFd>), String> {
    let failed = |errno: Errno| format!("could not make a pipe: {errno}");
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
    fcntl_setfl(&reader, OFlags::RDONLY | OFlags::NONBLOCK).map_err(failed)?;
    let reader = watch(reader, Interest::READABLE).map_err(|error| error.to_string())?;
    let defaults = container.defaults();
    let spawn = Spawn {
        argv,
        env: defaults.env.clone(),
        working_dir: defaults.working_dir.clone(),
        user: defaults.user.clone(),
        stdin: false,
        tty: false,
    };
    let starting = container.freezer.start().await;
    let stdio = [writer.as_fd(), writer.as_fd()];
    let spawned = container.spawner.spawn(spawn, &stdio).await;
    drop(starting);
    let pid = spawned.map_err(|status| status.message().to_owned())?.pid;
    let process = Process::adopt(pid).map_err(|errno| {
        // SAFETY: no pointers; it is our child and not reaped.
        unsafe { libc::kill(-pid, libc::SIGKILL) };
        reap_failed(pid);
        format!("could not watch the check: {errno}")
    })?;
    Ok((process, reader))
}

async fn attend(process: Process, pipe: AsyncFd<OwnedFd>, limit: Duration) -> (i32, Vec<u8>) {
    let mut output = Output {
        pipe: Some(pipe),
        kept: Vec::new(),
    };
    let mut alarm = pin!(sleep(limit));
    let end = poll_fn(|cx| {
        output.poll(cx);
        if let Poll::Ready(end) = process.poll_end(cx) {
            // What it wrote is in the pipe by now.
            output.poll(cx);
            return Poll::Ready(Some(end));
        }
        alarm.as_mut().poll(cx).map(|()| None)
    })
    .await;
    if end.is_none() {
        // A process that does not die, as of a disk that hangs, is left to the end of the container.
        process.signal_group(libc::SIGKILL);
        let _ = timeout(limit, process.ended()).await;
    }
    process.reap();
    let code = match end {
        Some(End::Exited(code)) => code as i32,
        Some(End::Signalled(signal)) => 128 + signal as i32,
        None => {
            let message = format!("the check took more than {} ms\n", limit.as_millis());
            output.kept.splice(0..0, message.into_bytes());
            output.kept.truncate(MAX_OUTPUT);
            FAILED
        }
    };
    (code, output.kept)
}

struct Output {
    /// None once it has ended.
    pipe: Option<AsyncFd<OwnedFd>>,
    kept: Vec<u8>,
}

impl Output {
    fn poll(&mut self, cx: &mut Context<'_>) {
        let mut piece = [0; MAX_OUTPUT];
        while let Some(pipe) = &self.pipe {
            let Poll::Ready(Ok(mut guard)) = pipe.poll_read_ready(cx) else {
                return;
            };
            match rustix::io::read(pipe, &mut piece) {
                Ok(0) => self.pipe = None,
                Ok(length) => {
                    let room = MAX_OUTPUT - self.kept.len();
                    self.kept.extend_from_slice(&piece[..length.min(room)]);
                }
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                Err(_) => self.pipe = None,
            }
        }
    }
}

fn unix_nanos() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as i64)
}
