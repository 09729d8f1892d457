//! One way out after another, each in a process of its own where there can be one.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{FromRawFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys;
use crate::targets::Targets;

#[derive(Clone, Copy)]
pub struct Attempt {
    pub name: &'static str,
    /// The targets that it needs; without them it is left out.
    pub targets: &'static [&'static str],
    pub act: fn(&Targets) -> io::Result<()>,
}

/// Shorter to write down.
pub const fn attempt(
    name: &'static str,
    targets: &'static [&'static str],
    act: fn(&Targets) -> io::Result<()>,
) -> Attempt {
    Attempt { name, targets, act }
}

/// Seconds; nothing here takes a tenth of it.
const DEADLINE: u32 = 30;
/// How a child says that a call was trapped: an exit code is one byte.
const EXIT_TRAPPED: i32 = 254;

/// Makes all attempts, or the one that is named by the target `only`, and reports to the descriptor `report`.
pub fn all(attempts: &[Attempt], targets: &Targets) -> io::Result<()> {
    sys::survive_traps()?;
    if targets.has("door") {
        wait_at(targets.number("door"))?;
    }
    let report = if targets.has("report") {
        targets.number("report")
    } else {
        1
    };
    // SAFETY: the caller says that it is this program's to write to.
    let mut report = unsafe { File::from_raw_fd(report) };
    let chosen = attempts.iter().filter(|attempt| {
        attempt.targets.iter().all(|name| targets.has(name))
            && (!targets.has("only") || targets.text("only") == attempt.name)
    });
    for attempt in chosen {
        let outcome = apart(attempt, targets);
        writeln!(report, "{}\t{outcome}", attempt.name)?;
    }
    Ok(())
}

/// Until the owner connects to this listening socket. It does so when all limits are in force: that of cgroups of version 1 comes while the
/// engine starts.
fn wait_at(door: RawFd) -> io::Result<()> {
    let mut wanted = libc::pollfd {
        fd: door,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry, without a time limit and a mask.
    sys::check(
        unsafe { libc::ppoll(&raw mut wanted, 1, std::ptr::null(), std::ptr::null()) }.into(),
    )
    .map(drop)
}

/// Set in a process that is there for one attempt.
static APART: AtomicBool = AtomicBool::new(false);

/// Fails by `ECHILD` in a process that has more to do: for what ends it.
pub fn be_apart() -> io::Result<()> {
    if APART.load(Ordering::Relaxed) {
        Ok(())
    } else {
        Err(sys::failure(libc::ECHILD))
    }
}

/// In a child, so that the next attempt finds all as it was; here, where no process can be made.
fn apart(attempt: &Attempt, targets: &Targets) -> String {
    // SAFETY: this process has one thread.
    match unsafe { libc::fork() } {
        -1 => said((attempt.act)(targets)),
        0 => {
            APART.store(true, Ordering::Relaxed);
            // SAFETY: plain system call.
            unsafe { libc::alarm(DEADLINE) };
            let code = match (attempt.act)(targets) {
                Ok(()) => 0,
                Err(error) => match error.raw_os_error() {
                    Some(sys::TRAPPED) => EXIT_TRAPPED,
                    errno => errno.unwrap_or(libc::EIO),
                },
            };
            // SAFETY: ends this process.
            unsafe { libc::_exit(code) }
        }
        child => {
            let mut status = 0;
            // SAFETY: `status` is valid.
            unsafe { libc::waitpid(child, &mut status, 0) };
            match status {
                _ if libc::WIFSIGNALED(status) => format!("signal {}", libc::WTERMSIG(status)),
                0 => "ok".into(),
                _ if libc::WEXITSTATUS(status) == EXIT_TRAPPED => sys::name_of(sys::TRAPPED),
                _ => sys::name_of(libc::WEXITSTATUS(status)),
            }
        }
    }
}

fn said(outcome: io::Result<()>) -> String {
    match outcome {
        Ok(()) => "ok".into(),
        Err(error) => sys::name_of(error.raw_os_error().unwrap_or(libc::EIO)),
    }
}
