//! The system calls that the engine may make (seccomp(2)), as two filters of which the stricter holds.
//!
//! The first answers calls that a guest or a library can cause without any harm meant, as if the kernel did not know or allow them. The second
//! is a list of what is allowed; any other call ends the engine by SIGSYS.

#[cfg(not(target_arch = "x86_64"))]
compile_error!("the lists of system calls are those of x86-64; another architecture needs its own");

mod calls;
mod refusals;

use std::collections::BTreeMap;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, SeccompRule, TargetArch};
use serde::Deserialize;

use crate::plan::Plan;
use crate::status::Failure;

const STEP: &str = "seccomp";

/// Which list of calls is meant: that of an accelerator.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Syscalls {
    Tcg,
    Kvm,
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

pub fn apply(syscalls: Syscalls, plan: &Plan) -> Result<(), Failure> {
    refuse(plan.new_files)?;
    install(
        calls::allowed(syscalls, plan.share.is_some()),
        SeccompAction::Trap,
        SeccompAction::Allow,
    )
}

/// What is refused whatever list is in force.
fn refuse(new_files: bool) -> Result<(), Failure> {
    install(
        refusals::unknown(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS as u32),
    )?;
    install(
        refusals::files(new_files),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
    )
}

fn install(rules: Rules, otherwise: SeccompAction, listed: SeccompAction) -> Result<(), Failure> {
    let failed = |error: seccompiler::Error| Failure::new(STEP, error.to_string());
    let program = compile(rules, otherwise, listed).map_err(failed)?;
    seccompiler::apply_filter(&program).map_err(|error| match error {
        seccompiler::Error::Prctl(error) | seccompiler::Error::Seccomp(error) => {
            Failure::io(STEP, "a filter", &error)
        }
        error => failed(error),
    })
}

fn compile(
    rules: Rules,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<BpfProgram, seccompiler::Error> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let filter = SeccompFilter::new(rules, otherwise, listed, architecture)?;
    Ok(BpfProgram::try_from(filter)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signal that ends a process which makes this call under the list; none when the call returns.
    fn ends_by(
        syscalls: Syscalls,
        share: bool,
        number: libc::c_long,
        arguments: [u64; 2],
    ) -> Option<i32> {
        // SAFETY: the child only makes system calls, and memory of its own.
        unsafe {
            let child = libc::fork();
            if child == 0 {
                let rules = calls::allowed(syscalls, share);
                let installed = install(rules, SeccompAction::Trap, SeccompAction::Allow);
                if installed.is_ok() {
                    libc::syscall(number, arguments[0], arguments[1], 0, 0, 0);
                }
                libc::_exit(i32::from(installed.is_err()));
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            if libc::WIFSIGNALED(status) {
                return Some(libc::WTERMSIG(status));
            }
            assert_eq!(libc::WEXITSTATUS(status), 0, "the filter was not installed");
            None
        }
    }

    #[test]
    fn allows_requests_by_what_they_are() {
        const KVM_RUN: u64 = 0xae80;
        let ioctl =
            |syscalls, share, request| ends_by(syscalls, share, libc::SYS_ioctl, [0, request]);
        for syscalls in [Syscalls::Tcg, Syscalls::Kvm] {
            assert_eq!(ioctl(syscalls, false, libc::TCGETS), None);
            for request in [
                libc::TIOCSTI,
                libc::TIOCSCTTY,
                libc::FS_IOC_SETFLAGS,
                libc::SIOCGIFADDR,
            ] {
                assert_eq!(
                    ioctl(syscalls, true, request),
                    Some(libc::SIGSYS),
                    "{request:x}"
                );
            }
        }
        assert_eq!(ioctl(Syscalls::Tcg, false, KVM_RUN), Some(libc::SIGSYS));
        assert_eq!(ioctl(Syscalls::Kvm, false, KVM_RUN), None);
        assert_eq!(
            ioctl(Syscalls::Tcg, false, libc::FS_IOC_GETVERSION),
            Some(libc::SIGSYS)
        );
        assert_eq!(ioctl(Syscalls::Tcg, true, libc::FS_IOC_GETVERSION), None);
        // The kernel reads 32 bits of a request, and so does the filter.
        assert_eq!(
            ioctl(Syscalls::Tcg, false, libc::TIOCSTI | 1 << 32),
            Some(libc::SIGSYS)
        );
    }

    #[test]
    fn allows_few_options_of_a_process() {
        let prctl =
            |option: libc::c_int| ends_by(Syscalls::Tcg, true, libc::SYS_prctl, [option as u64, 0]);
        assert_eq!(prctl(libc::PR_SET_TIMERSLACK), None);
        for option in [
            libc::PR_SET_DUMPABLE,
            libc::PR_SET_PTRACER,
            libc::PR_SET_MM,
            libc::PR_CAP_AMBIENT,
        ] {
            assert_eq!(prctl(option), Some(libc::SIGSYS), "{option}");
        }
    }
}
