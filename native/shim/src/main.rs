//! `boxlite-shim` becomes the VMM.
//!
//! It reads a launch plan from stdin and makes a process that gives up everything that the VMM does not need, and then executes it. That
//! process is a child of the owner, as the shim is, which ends before the VMM runs. Each has one thread.
//!
//! ```text
//! owner ── plan (JSON) ──▶ fd 0                             engine
//!       ◀── status ─────── fd 3   {"pid":N}                    fd 0, 1  /dev/null
//!                                 {"listening":true,"jail":…}  fd 2     engine log
//!                                 EOF, or a failure            others   as the plan numbers them
//! ```
//!
//! The status line says that the sockets are bound, so the owner may connect; its end without a failure says that the engine runs.

mod birth;
mod cgroup;
mod confine_paths;
mod descriptors;
mod files;
mod jail;
mod limits;
mod mounts;
mod namespaces;
mod pid_file;
mod plan;
mod privileges;
mod process;
mod root;
mod seccomp;
mod share;
mod status;
mod sys;

use std::convert::Infallible;

use crate::birth::{Outcome, Parent};
use crate::cgroup::Groups;
use crate::descriptors::Descriptors;
use crate::namespaces::Namespaces;
use crate::plan::Plan;
use crate::status::{Failure, Status};

/// How a process exits when a step failed; the failure itself is on the status pipe.
const EXIT_FAILED: i32 = 125;

fn main() {
    let status = Status::take();
    if let Err(failure) = run(&status) {
        status.failed(&failure);
        std::process::exit(EXIT_FAILED);
    }
}

/// Makes the engine's process, with as much of a jail as this host lets it have.
fn run(status: &Status) -> Result<(), Failure> {
    descriptors::close_inherited(status)?;
    let plan = Plan::read(std::io::stdin())?;
    process::follow_owner(plan.owner)?;
    process::check_owner(plan.owner)?;
    let mut groups = Groups::make(plan.cgroup.as_ref());
    let born = bear(&plan, status, &mut groups);
    if born.is_err() {
        groups.remove();
    }
    born
}

fn bear(plan: &Plan, status: &Status, groups: &mut Groups) -> Result<(), Failure> {
    let mut refused = Vec::new();
    for attempt in jail::attempts(plan) {
        let known = std::mem::take(&mut refused);
        let outcome = birth::give_birth(plan, status, attempt, groups, |parent| {
            live(plan, status, parent, attempt, known.clone())
        })?;
        match outcome {
            Outcome::Born => return Ok(()),
            Outcome::Refused(failure) => refused = [known, vec![failure]].concat(),
        }
    }
    Err(refused
        .pop()
        .unwrap_or_else(|| Failure::new("namespaces", "no attempt was allowed")))
}

/// The life of the engine's process until it is the engine. The steps in their order; later ones rely on earlier ones: what the engine finds
/// open is opened while the host's files are there, and the limits come after the files that they might forbid.
fn live(
    plan: &Plan,
    status: &Status,
    parent: &Parent,
    namespaces: Namespaces,
    mut refused: Vec<Failure>,
) -> Result<Infallible, Failure> {
    process::own_session()?;
    process::leave_keys();
    process::reset_signals()?;
    let descriptors = Descriptors::open(plan).map_err(|failure| failure.within(namespaces))?;
    process::raise_oom_score(plan.oom_score_adj)?;
    process::lower_priority(plan.nice)?;
    refused.extend(namespaces.forbid_more().err());
    jail::confine_files(plan, namespaces)?;
    limits::apply(&plan.limits)?;
    let mut in_force = jail::confine_process(plan, namespaces, refused)?;
    process::let_next_owner_in(plan.owner)?;
    process::follow_owner(plan.owner)?;
    parent.ready()?;
    jail::confine_calls(plan, &mut in_force)?;
    status.listening(&in_force)?;
    descriptors.place()?;
    Err(process::execute(plan))
}
