//! The system calls that the engine may make (seccomp(2)), as two filters of which the stricter holds.
//!
//! The first answers calls that a guest or a library can cause without any harm meant, as if the kernel did not know or allow them. The second
//! is a list of what is allowed; any other call ends the engine by SIGSYS.

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
