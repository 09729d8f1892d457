//! Finds out whether KVM really works, by running a guest with it.
//!
//! A `/dev/kvm` that opens proves nothing: on some hosts it makes VMs and vCPUs and then fails or hangs every ordinary guest.

mod child;
mod guest;
mod sys;
mod vm;

use std::{fs::OpenOptions, io, os::fd::AsRawFd, os::unix::fs::MetadataExt, time::Duration};

use child::{Ended, run_in_child};
use vm::{Outcome, Step};

use crate::errno;

const DEVICE: &str = "/dev/kvm";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub usable: bool,
    /// Why, whichever it is.
    pub reason: String,
}

impl Verdict {
    fn unusable(reason: impl Into<String>) -> Self {
        Self {
            usable: false,
            reason: reason.into(),
        }
    }
}

/// Runs the guest, for at most `timeout`. Blocks that long.
pub fn probe(timeout: Duration) -> Verdict {
    if !cfg!(target_arch = "x86_64") {
        return Verdict::unusable("the KVM probe has a guest for x86-64 only");
    }
    let device = match OpenOptions::new().read(true).write(true).open(DEVICE) {
        Ok(device) => device,
        Err(error) => return Verdict::unusable(cannot_open(&error)),
    };
    match run_in_child(device.as_raw_fd(), timeout, vm::run_guest) {
        Ok(Ended::WithResult(outcome)) => judge(outcome),
        Ok(Ended::Without) => Verdict::unusable("the process that ran the probe's guest died"),
        Ok(Ended::TimedOut) => Verdict::unusable(format!(
            "{DEVICE} opens, but a guest of a few instructions did not end within {} ms",
            timeout.as_millis()
        )),
        Err(error) => Verdict::unusable(format!(
            "the KVM probe could not be run: {}",
            errno::describe(&error)
        )),
    }
}

fn cannot_open(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOENT) => {
            format!(
                "there is no {DEVICE}: the processor or the host has no virtualization, or the kernel's kvm module is not loaded"
            )
        }
        Some(libc::EACCES | libc::EPERM) => match owning_group() {
            Some(group) => format!(
                "no permission to open {DEVICE}: add this user to the group {group} and log in again"
            ),
            None => format!(
                "no permission to open {DEVICE}: only root may; an administrator can give it to a group (chgrp kvm {DEVICE}; chmod 660 {DEVICE})"
            ),
        },
        _ => format!("cannot open {DEVICE}: {}", errno::describe(error)),
    }
}

fn judge(outcome: Outcome) -> Verdict {
    let failed = |what: &str| {
        let why = match outcome.errno {
            0 => format!(
                "{} (detail {:#x})",
                sys::exit_name(outcome.exit),
                outcome.detail
            ),
            number => errno::describe(&io::Error::from_raw_os_error(number)),
        };
        Verdict::unusable(format!("{DEVICE} opens, but {what}: {why}"))
    };
    match outcome.step {
        Step::Done => Verdict {
            usable: true,
            reason: "a guest ran in 64-bit mode with KVM and gave the right answer".into(),
        },
        Step::Version if outcome.errno == 0 => Verdict::unusable(format!(
            "{DEVICE} speaks version {} of its interface instead of {}",
            outcome.detail,
            sys::API_VERSION
        )),
        Step::Version => failed("it does not tell its version"),
        Step::CreateVm => failed("it makes no VM"),
        Step::Memory => failed("a VM gets no memory"),
        Step::CreateVcpu => failed("a VM gets no vCPU"),
        Step::Cpuid => failed("a vCPU takes no CPUID"),
        Step::Registers => failed("a vCPU cannot be put into 64-bit mode"),
        Step::Run => failed("running guest code fails"),
        Step::Answer
            if outcome.exit == sys::EXIT_INTERNAL_ERROR
                && outcome.detail == sys::INTERNAL_ERROR_EMULATION =>
        {
            failed(
                "it has no hardware below it: it emulates guest code, and cannot emulate all of it",
            )
        }
        Step::Answer if outcome.exit == sys::EXIT_IO => Verdict::unusable(format!(
            "{DEVICE} runs guest code, but with the wrong result ({} instead of {})",
            outcome.detail,
            guest::ANSWER
        )),
        Step::Answer => failed("guest code in 64-bit mode fails before its first output with"),
        Step::Halt => failed("guest code in 64-bit mode does not reach its end but"),
        Step::MemoryContent => Verdict::unusable(format!(
            "{DEVICE} runs guest code, but what it wrote to memory is not there"
        )),
    }
}

/// The name of the group that may open the device, or its number. `None` when no group may.
fn owning_group() -> Option<String> {
    const READ_WRITE: u32 = 0o060;
    let metadata = std::fs::metadata(DEVICE)
        .ok()
        .filter(|metadata| metadata.mode() & READ_WRITE == READ_WRITE)?;
    let gid = metadata.gid().to_string();
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let name = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == gid).then(|| name.to_owned())
    });
    Some(name.unwrap_or(gid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_ends_and_says_why() {
        let started = std::time::Instant::now();
        let verdict = probe(Duration::from_millis(2000));
        println!("{verdict:?} after {:?}", started.elapsed());
        assert!(!verdict.reason.is_empty());
        assert!(started.elapsed() < Duration::from_secs(4));
    }

    #[test]
    fn a_child_that_hangs_is_killed() {
        let ended = run_in_child(0, Duration::from_millis(50), |_| {
            loop {
                // SAFETY: waits for a signal; all are blocked but SIGKILL.
                unsafe { libc::pause() };
            }
        });
        assert!(matches!(ended, Ok(Ended::<u32>::TimedOut)));
    }
}
